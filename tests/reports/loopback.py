"""A server of the OpenAI protocol on loopback that behaves as a test says, and remembers what it was sent."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Sent:
    """What goes back: after ``wait`` seconds, a status with a body; or the connection is cut."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0
    reset: bool = False
    drip: bool = False  # the body comes byte by byte, for ever


def saying(text: object, wait: float = 0.0) -> Sent:
    """A proper answer."""
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
    return Sent(wrapped([choice]), wait=wait)


def wrapped(choices: object) -> bytes:
    """A completion with these choices."""
    return json.dumps({"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": choices}).encode()


@dataclass
class Loopback:
    """The server's side: ``answer`` is given a request's body and its number from 1."""

    answer: Callable[[dict, int], Sent]
    url: str = ""
    bodies: list[dict] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    busy: int = 0
    most: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def questions(self) -> list[str]:
        """The first message of each request."""
        return [body["messages"][0]["content"] for body in self.bodies]


@contextmanager
def serving(answer: Callable[[dict, int], Sent] | Sent) -> Iterator[Loopback]:
    """The server while the block runs."""
    state = Loopback(answer if callable(answer) else lambda body, number: answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *words: object) -> None:
            """Not a word."""

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with state.lock:
                state.busy += 1
                state.most = max(state.most, state.busy)
                state.bodies.append(body)
                state.headers.append({name.lower(): value for name, value in self.headers.items()})
                state.moments.append(time.monotonic())
                number = len(state.bodies)
            sent = state.answer(body, number)
            ended.wait(sent.wait)
            with state.lock:
                state.busy -= 1
            send(self, sent, ended)

    ended = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        ended.set()
        server.shutdown()
        thread.join()
        server.server_close()


def send(handler: BaseHTTPRequestHandler, sent: Sent, ended: threading.Event) -> None:
    """Send what was asked for, to a client that may have gone."""
    if sent.reset:
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()
        handler.close_connection = True
        return
    try:
        handler.send_response(sent.status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(sent.body)), **sent.headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        if not sent.drip:
            handler.wfile.write(sent.body)
        for byte in sent.body if sent.drip else b"":
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            if ended.wait(0.05):
                return
    except OSError:
        handler.close_connection = True

"""The engine that asks a server: whatever comes back is an answer or a failure of a kind, and nothing goes anywhere else."""

import logging
import subprocess
import sys
from collections import Counter

import pytest

from tests.project import ROOT
from tests.reports.loopback import Sent, saying, serving, wrapped
from workflow_scripts.lib.config.reports import ServerConfig
from workflow_scripts.lib.errors import ConfigError
from workflow_scripts.lib.reports.engines.base import Reply
from workflow_scripts.lib.reports.engines.server import Server


def ask(url, questions=("hello",), seconds=5.0, retries=0, **settings):
    """Replies in the order of the questions."""
    cfg = ServerConfig(url=url, model="m", timeout_seconds=seconds, retries=retries, **settings)
    return [reply for _, reply in sorted(Server(cfg, 10).answer([({"role": "user", "content": one},) for one in questions]))]


HTML = Sent(b"<html>404, but 200</html>", headers={"Content-Type": "text/html"})
KINDS = {
    "429": (Sent(b"{}", 429), "HTTP 429"),
    "500": (Sent(b"oh", 500), "HTTP 500"),
    "400": (Sent(b'{"error": "too long"}', 400), "HTTP 400"),
    "html": (HTML, "no completion"),
    "html_as_json": (Sent(HTML.body), "no completion"),
    "half_json": (Sent(wrapped([])[:-20]), "no completion"),
    "not_utf8": (Sent(b'{"choices": "\xff\xfe"}'), "no completion"),
    "json_list": (Sent(b"[1, 2]"), "no completion"),
    "json_text": (Sent(b'"hello"'), "no completion"),
    "no_body": (Sent(b""), "no completion"),
    "deep": (Sent(b"[" * 100_000), "no completion"),
    "endless_number": (Sent(b'{"choices": ' + b"1" * 5000 + b"}"), "no completion"),
    "choices_null": (Sent(wrapped(None)), "no choices"),
    "choices_empty": (Sent(wrapped([])), "no choices"),
    "choices_named": (Sent(wrapped({"a": 1})), "no choices"),
    "choices_named_empty": (Sent(wrapped({})), "no choices"),
    "choices_text": (Sent(wrapped("a")), "no choices"),
    "message_null": (Sent(wrapped([{"index": 0, "message": None}])), "no choices"),
    "content_null": (saying(None), "empty answer"),
    "content_number": (saying(3), "empty answer"),
    "content_blank": (saying(" \n"), "empty answer"),
    "never": (saying("late", wait=60), "timeout"),
    "reset": (Sent(reset=True), "no connection"),
    "elsewhere": (Sent(b"", 307, {"Location": "http://192.0.2.1/v1/chat/completions"}), "redirected"),
    "elsewhere_on_loopback": (Sent(b"", 302, {"Location": "/v1/other"}), "redirected"),
}


@pytest.mark.parametrize(("sent", "kind"), KINDS.values(), ids=KINDS)
def test_every_failure_has_a_kind(sent, kind):
    with serving(sent) as server:
        assert ask(server.url, seconds=0.4 if kind == "timeout" else 5.0) == [Reply(None, kind)]
        assert len(server.bodies) == 1


def test_an_answer_and_what_was_sent():
    with serving(saying("well\n")) as server:
        assert ask(server.url) == [Reply("well\n")]
    (body,), (headers,) = server.bodies, server.headers
    said = [{"role": "user", "content": "hello"}]
    assert body == {"model": "m", "messages": said, "max_tokens": 10, "temperature": 0}
    assert headers["authorization"] == "Bearer none"


def test_a_server_that_drips_is_left():
    with serving(Sent(b" " * 1000, drip=True)) as server:
        assert ask(server.url, seconds=0.4) == [Reply(None, "timeout")]


def test_a_server_that_drips_is_asked_again_and_waiting_between_attempts_is_no_timeout():
    replies = {1: Sent(b" " * 1000, drip=True), 2: Sent(b"", 503, {"Retry-After": "1.2"})}
    with serving(lambda body, number: replies.get(number, saying("well"))) as server:
        assert ask(server.url, seconds=0.4, retries=2) == [Reply("well")]


def test_nobody_listens():
    with serving(saying("")) as server:
        url = server.url
    assert ask(url) == [Reply(None, "no connection")]


def test_retry_after_is_honoured_and_back_off_grows():
    def answer(body, number):
        return {1: Sent(b"{}", 429, {"Retry-After": "1.5"}), 2: Sent(b"", 500), 3: Sent(reset=True)}.get(number, saying("well"))

    with serving(answer) as server:
        assert ask(server.url, retries=3) == [Reply("well")]
    waits = [later - earlier for earlier, later in zip(server.moments, server.moments[1:], strict=False)]
    assert waits[0] >= 1.5
    assert waits[2] > waits[1] > 0.2  # seconds: 0.75 to 1 after the second, 1.5 to 2 after the third


def test_as_many_retries_as_asked_for():
    with serving(Sent(b"", 503)) as server:
        assert ask(server.url, retries=1) == [Reply(None, "HTTP 503")]
        assert len(server.bodies) == 2


def test_concurrency_is_kept_and_used():
    with serving(saying("well", wait=0.1)) as server:
        assert ask(server.url, [str(number) for number in range(12)], concurrency=3) == [Reply("well")] * 12
        assert server.most == 3


def test_waiting_for_a_turn_is_no_timeout():
    with serving(saying("well", wait=0.3)) as server:
        assert ask(server.url, [str(number) for number in range(6)], seconds=1.0, concurrency=1) == [Reply("well")] * 6


def test_replies_come_as_they_are_ready_and_one_failure_is_one_failure():
    def answer(body, number):
        question = body["messages"][0]["content"]
        return {"slow": saying("slow", wait=1.0), "bad": Sent(b"", 400)}.get(question, saying(question))

    with serving(answer) as server:
        cfg = ServerConfig(url=server.url, model="m", retries=0)
        replies = list(Server(cfg, 10).answer([({"role": "user", "content": one},) for one in ("slow", "bad", "quick")]))
    assert replies[-1] == (0, Reply("slow"))
    assert set(replies[:2]) == {(1, Reply(None, "HTTP 400")), (2, Reply("quick"))}


def test_left_in_the_middle_it_asks_no_more():
    with serving(saying("well", wait=0.05)) as server:
        replies = Server(ServerConfig(url=server.url, model="m", concurrency=1), 10).answer([({"role": "user", "content": "a"},)] * 50)
        next(replies)
        replies.close()
        asked = len(server.bodies)
    assert asked <= 3


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://example.org/v1", "may not be sent to 'example.org', for allowed_hosts has 127.0.0.1, localhost, ::1"),
        ("http://127.0.0.1@example.org/v1", "must not hold a name or password"),
        ("http://user:secret@127.0.0.1/v1", "must not hold a name or password"),
        ("http://127.0.0.1.example.org/v1", "may not be sent to '127.0.0.1.example.org'"),
        ("http://2130706433/v1", "may not be sent to '2130706433'"),
        ("http://127.0.0.1/v1?to=elsewhere", "without ? or #"),
        ("http://127.0.0.1/v1#there", "without ? or #"),
        ("ftp://127.0.0.1/v1", "expected http"),
        ("127.0.0.1:8000/v1", "expected http"),
        ("http://[::1/v1", "not an address"),
        ("http://localhost:abc/v1", "its port no number from 1 to 65535"),
        ("http://localhost:99999/v1", "its port no number from 1 to 65535"),
        ("http://localhost:0/v1", "its port no number from 1 to 65535"),
    ],
)
def test_only_named_hosts(url, words):
    with pytest.raises(ValueError, match="url: ") as refusal:
        ServerConfig(url=url)
    assert words in str(refusal.value)
    assert "secret" not in refusal.value.errors()[0]["msg"]


def test_named_hosts_and_loopback_of_either_kind_are_allowed():
    assert ServerConfig(url="http://[::1]:9/v1")
    assert ServerConfig(url="http://localhost:65535/v1")
    assert ServerConfig(url="http://localhost/v1")
    assert ServerConfig(url="https://llm.ward.example/v1", allowed_hosts=["llm.ward.example"])


def test_texts_go_over_a_network_encrypted_unless_it_is_said():
    away = {"url": "http://llm.ward.example/v1", "allowed_hosts": ["llm.ward.example"]}
    with pytest.raises(ValueError, match=r"http to 'llm\.ward\.example' would send patients' texts unencrypted"):
        ServerConfig(**away)
    assert ServerConfig(**away, plain_http=True)


def test_the_host_is_asked_again_when_something_is_sent():
    """An address that passed once, and was changed since: nothing arrives."""
    with serving(saying("well")) as server:
        cfg = ServerConfig(url=server.url, model="m", retries=0).model_copy(update={"allowed_hosts": ["elsewhere"]})
        with pytest.raises(ConfigError, match=r"nothing is sent to '127\.0\.0\.1'"):
            list(Server(cfg, 10).answer([({"role": "user", "content": "a"},)]))
        assert not server.bodies


def test_a_proxy_of_the_environment_is_not_used(monkeypatch):
    with serving(saying("stolen")) as proxy, serving(saying("well")) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url.removesuffix("/v1"))
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        assert ask(server.url) == [Reply("well")]
        assert not proxy.bodies


def test_the_key_is_that_of_the_named_variable_and_no_other(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-other")
    monkeypatch.setenv("WARD_KEY", "sk-ward")
    with serving(saying("well")) as server:
        ask(server.url)
        ask(server.url, api_key_env="WARD_KEY")
    assert [headers["authorization"] for headers in server.headers] == ["Bearer none", "Bearer sk-ward"]
    assert not any("sk-other" in str(headers) for headers in server.headers)
    monkeypatch.delenv("WARD_KEY")
    with pytest.raises(ConfigError, match="the environment has no variable WARD_KEY"):
        ask("http://127.0.0.1/v1", api_key_env="WARD_KEY")
    with pytest.raises(ValueError, match="api_key_env") as refusal:
        ServerConfig(api_key_env="sk-1234")
    assert "sk-1234" not in str(refusal.value.errors()[0]["msg"])


def test_no_variable_of_the_environment_adds_or_changes_a_header(monkeypatch):
    headers = "X-Spy: canary\nHost: canary.example\nAuthorization: Bearer canary\nCookie: canary\nUser-Agent: canary"
    for name, value in {"CUSTOM_HEADERS": headers, "ORG_ID": "canary", "PROJECT_ID": "canary"}.items():
        monkeypatch.setenv(f"OPENAI_{name}", value)
    with serving(saying("well")) as server:
        assert ask(server.url) == [Reply("well")]
    (headers,) = server.headers
    assert set(headers) <= {
        "host",
        "authorization",
        "accept",
        "accept-encoding",
        "connection",
        "content-type",
        "content-length",
        "user-agent",
    }
    assert headers["host"] == server.url.removeprefix("http://").removesuffix("/v1")
    assert headers["authorization"] == "Bearer none"
    assert "canary" not in str(headers)


def test_what_is_said_stays_out_of_logs_whatever_the_environment_asks_for():
    code = """
import logging, sys
logging.basicConfig(level=logging.DEBUG)
from tests.reports.loopback import *
from tests.reports.test_server import ask
for sent in (saying("Canarino"), Sent(b"Canarino", 500), Sent(b"<Canarino"), Sent(b"", 307, {"Location": "http://192.0.2.1/Canarino"})):
    with serving(sent) as server:
        print(ask(server.url, ["Canarino"], retries=1)[0].failure)
"""
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True, env={"OPENAI_LOG": "debug", "OMP_NUM_THREADS": "1"})
    assert done.stdout.split("\n")[:4] == ["None", "HTTP 500", "no completion", "redirected"]
    assert "Canarino" not in done.stderr


def test_its_name_says_what_an_answer_depends_on():
    asked = (("m", None, 1), ("n", None, 1), ("m", None, 2), ("m", "2", 1))
    names = [Server(ServerConfig(model=model, revision=revision), tokens).name for model, revision, tokens in asked]
    assert Counter(names).most_common(1)[0][1] == 1
    assert logging.getLogger("openai").level == logging.WARNING

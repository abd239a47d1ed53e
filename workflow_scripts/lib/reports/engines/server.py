"""A server of the OpenAI protocol, asked through its own client. Nothing is sent to a host that the config does not name."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Generator, Sequence

import httpx2
import openai

from workflow_scripts.lib.config.reports import ServerConfig
from workflow_scripts.lib.errors import ConfigError
from workflow_scripts.lib.reports.engines.base import Conversation, Reply

TALKATIVE = ("openai", "httpx2", "httpcore2")  # loggers that tell of every request, the first even what was sent where OPENAI_LOG is set
JSON = {"Accept": "application/json", "Content-Type": "application/json"}


class OnlyTo(httpx2.AsyncHTTPTransport):
    """Sends to the config's hosts and to no other: asked at the moment of sending, whatever has been made of the address till then.

    Of headers none is sent but its own: the client would take some from the environment.
    """

    def __init__(self, cfg: ServerConfig, key: str) -> None:
        super().__init__(trust_env=False, limits=httpx2.Limits(max_connections=cfg.concurrency))
        self.seconds = cfg.timeout_seconds  # for a server that sends a byte now and then, too
        self.hosts, self.headers = cfg.allowed_hosts, {"Authorization": f"Bearer {key}", **JSON}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The host's answer; raises ConfigError for a host that the config does not name."""
        if request.url.host not in self.hosts:
            raise ConfigError(f"server.allowed_hosts: nothing is sent to '{request.url.host}'")
        own = {"Host": request.url.netloc.decode("ascii"), "Content-Length": str(len(request.content))}
        request.headers = httpx2.Headers(own | self.headers)
        try:
            async with asyncio.timeout(self.seconds):
                response = await super().handle_async_request(request)
                await response.aread()
        except TimeoutError:
            raise httpx2.ReadTimeout("an attempt took too long", request=request) from None
        return response


class Server:
    """Asks many questions at once, and each again as often as the config says; waits as long as the server asks for (Retry-After)."""

    def __init__(self, cfg: ServerConfig, max_answer_tokens: int) -> None:
        """Raises ConfigError when the variable that is to hold the key does not."""
        self.cfg, self.longest = cfg, max_answer_tokens
        weights = "" if cfg.revision is None else f" revision {cfg.revision}"
        self.name = f"openai {cfg.model}{weights}, temperature 0, {max_answer_tokens} tokens"
        self.key = "none" if cfg.api_key_env is None else os.environ.get(cfg.api_key_env)
        if not self.key:
            raise ConfigError(f"server.api_key_env: the environment has no variable {cfg.api_key_env}; set it, or leave the setting out")
        for name in TALKATIVE:
            logging.getLogger(name).setLevel(logging.WARNING)

    def answer(self, conversations: Sequence[Conversation]) -> Generator[tuple[int, Reply], None, None]:
        """See Engine."""
        with asyncio.Runner() as runner:
            arriving = self._arriving(conversations)
            try:
                while True:
                    yield runner.run(anext(arriving))
            except StopAsyncIteration:
                return
            finally:
                runner.run(arriving.aclose())

    async def _arriving(self, conversations: Sequence[Conversation]) -> AsyncIterator[tuple[int, Reply]]:
        places = asyncio.Semaphore(self.cfg.concurrency)
        transport = OnlyTo(self.cfg, self.key)
        plain = httpx2.AsyncClient(transport=transport, trust_env=False, follow_redirects=False)
        settings = {"max_retries": self.cfg.retries, "timeout": self.cfg.timeout_seconds}
        async with openai.AsyncOpenAI(base_url=self.cfg.url, api_key=self.key, http_client=plain, **settings) as client:
            asked = [asyncio.create_task(self._ask(client, places, *one)) for one in enumerate(conversations)]
            try:
                for done in asyncio.as_completed(asked):
                    yield await done
            finally:
                for task in asked:
                    task.cancel()
                await asyncio.gather(*asked, return_exceptions=True)

    async def _ask(self, client: openai.AsyncOpenAI, places: asyncio.Semaphore, place: int, said: Conversation) -> tuple[int, Reply]:
        try:
            async with places:
                answer = await client.chat.completions.create(
                    model=self.cfg.model, messages=list(said), max_tokens=self.longest, temperature=0
                )
            return place, reply_of(answer)
        except ConfigError:
            raise
        except (openai.OpenAIError, ValueError, RecursionError) as error:  # such as no JSON, or too deep
            return place, Reply(None, kind_of(error))


def reply_of(answer: object) -> Reply:
    """What a server sent with status 200, which need not be what the protocol promises."""
    if not isinstance(answer, openai.types.chat.ChatCompletion):
        return Reply(None, "no completion")
    try:
        text = answer.choices[0].message.content
    except (TypeError, LookupError, AttributeError):
        return Reply(None, "no choices")
    return Reply(text) if isinstance(text, str) and text.strip() else Reply(None, "empty answer")


def kind_of(error: Exception) -> str:
    """A failure in two words."""
    if isinstance(error, openai.APIStatusError):
        return "redirected" if 300 <= error.status_code < 400 else f"HTTP {error.status_code}"
    if isinstance(error, openai.APITimeoutError):
        return "timeout"
    if isinstance(error, openai.APIConnectionError):
        return "no connection"
    return "no completion"

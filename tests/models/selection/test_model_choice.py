"""Choosing models from the keys that are there, and showing what there is."""

import json
import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from stretto.core.errors import InputError
from stretto.models import Choice, choose_models, list_models, open_model
from stretto.models.selection.default_models import PROVIDERS

NOWHERE = {"OLLAMA_BASE_URL": "http://127.0.0.1:9"}
ALL = {name: "k" for provider in PROVIDERS for name in provider.key_names[:1]}


class Ollama(ThreadingHTTPServer):
    """Answers `/api/tags` with what the test put there."""

    body: bytes = b""
    hold: threading.Event | None = None
    asked: list[str]


@pytest.fixture
def ollama() -> Iterator[Ollama]:
    """A local server that looks like Ollama."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.asked.append(self.path)
            if server.hold:
                server.hold.wait(10)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(server.body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = Ollama(("127.0.0.1", 0), Handler)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    if server.hold:
        server.hold.set()
    server.shutdown()
    thread.join()
    server.server_close()


def _at(server: Ollama) -> dict[str, str]:
    return {"OLLAMA_BASE_URL": f"http://127.0.0.1:{server.server_port}/v1"}


@pytest.mark.parametrize("position", range(4))
def test_the_first_key_decides(position: int):
    """Anthropic, OpenAI, Google, OpenRouter: the first of them with a key is chosen, and the reason is said."""
    provider = PROVIDERS[position]
    environ = {name: "k" for later in PROVIDERS[position:] for name in later.key_names[-1:]}
    choice = choose_models(environ=environ)
    assert (choice.orchestrator, choice.worker) == (provider.orchestrator, provider.worker)
    assert choice.why == f"{provider.key_names[-1]} is set"


def test_a_key_that_is_passed_counts():
    """Saved keys count like the environment's; an empty value counts as none."""
    choice = choose_models(environ={"ANTHROPIC_API_KEY": " "}, keys={"OPENAI_API_KEY": "k"})
    assert choice.orchestrator.startswith("openai:")


def test_the_override_needs_no_key():
    """With `STRETTO_MODEL` set it is everybody's model and nothing is looked for."""
    choice = choose_models(environ=NOWHERE | {"STRETTO_MODEL": "demo"}, keys={})
    assert choice == Choice(orchestrator="demo", worker="demo", why="STRETTO_MODEL is set")


def test_a_local_ollama_is_the_last_resort(ollama: Ollama):
    """Without a key the largest installed model that can write does both jobs."""
    ollama.body = json.dumps(
        {
            "models": [
                {"name": "nomic-embed-text:latest", "size": 9e9},
                {"name": "gpt-oss:120b-cloud", "size": 9e9},
                {"name": "llama3.2:3b", "size": 2e9},
                {"name": "qwen3:14b", "size": 9e9},
                {"name": "odd", "size": "big"},
                {"size": 1},
                "odd",
            ]
        }
    ).encode()
    choice = choose_models(environ=_at(ollama), keys={})
    assert (choice.orchestrator, choice.worker) == ("ollama:qwen3:14b", "ollama:qwen3:14b")
    assert "Ollama answers" in choice.why
    assert ollama.asked == ["/api/tags"]
    [status] = [one for one in list_models(environ=_at(ollama), keys={}) if one.name == "ollama"]
    assert status.ready
    assert [model.name for model in status.models] == ["ollama:qwen3:14b", "ollama:llama3.2:3b", "ollama:odd"]
    assert status.models[0].input_per_million == 0


@pytest.mark.parametrize("body", [b'{"models": []}', b'{"models": 3}', b"[]", b"not json", b"\xff"])
def test_what_is_not_a_usable_ollama(ollama: Ollama, body: bytes):
    """A server that has no model, or is no Ollama, is not chosen."""
    ollama.body = body
    with pytest.raises(InputError):
        choose_models(environ=_at(ollama), keys={})


def test_a_server_that_is_too_slow(ollama: Ollama):
    """A server that takes its time is not waited for."""
    ollama.hold = threading.Event()
    with pytest.raises(InputError):
        choose_models(environ=_at(ollama), keys={})


def test_nothing_at_all_is_the_fix():
    """Without key and server the error is one line with the command to run."""
    with pytest.raises(InputError, match="stretto keys set anthropic") as caught:
        choose_models(environ=NOWHERE, keys={})
    assert "--model demo" in caught.value.hint
    assert "\n" not in str(caught.value)


def test_every_provider_is_listed_with_its_prices():
    """Each provider says whether it can be used, what to do if not, and what its models cost."""
    listed = list_models(environ=NOWHERE, keys={"OPENAI_API_KEY": "k"})
    assert [status.name for status in listed] == [provider.name for provider in PROVIDERS]
    ready = {status.name: status.ready for status in listed}
    assert ready == {"anthropic": False, "openai": True, "google": False, "openrouter": False, "ollama": False}
    assert listed[0].needs == "stretto keys set anthropic"
    assert listed[1].needs == ""
    assert listed[-1].needs == "ollama serve"
    for status in listed[:-1]:
        strong, cheap = status.models
        assert strong.input_per_million
        assert cheap.input_per_million
        assert strong.output_per_million
        assert cheap.output_per_million
        assert cheap.input_per_million < strong.input_per_million < Decimal(10)
        assert cheap.output_per_million < strong.output_per_million < Decimal(100)


def test_an_ollama_without_models_says_how_to_get_one(ollama: Ollama):
    """A server that has nothing installed is told apart from one that is not there."""
    ollama.body = b'{"models": []}'
    assert list_models(environ=_at(ollama))[-1].needs.startswith("ollama pull")


def test_a_price_that_is_not_known_is_not_zero(monkeypatch: pytest.MonkeyPatch):
    """A model that the price list does not have shows no price."""
    monkeypatch.setattr("stretto.models.prices.price_per_million", lambda model, provider: None)
    listed = list_models(environ=NOWHERE, keys={})
    assert listed[0].models[0].input_per_million is None


@pytest.mark.parametrize("provider", PROVIDERS[:4], ids=lambda provider: provider.name)
def test_the_chosen_models_can_be_opened(provider):
    """Every model of the catalog is one that pydantic-ai opens and the price list knows."""
    from stretto.models.prices import price_per_million

    for name in (provider.orchestrator, provider.worker):
        assert open_model(name, keys=ALL).name == name
        assert price_per_million(name.partition(":")[2], provider.name)


def test_a_price_of_nothing_known():
    """The price list says nothing about a model it does not know."""
    from stretto.models.prices import price_per_million

    assert price_per_million("my-own", "openai") is None

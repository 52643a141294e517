"""A password or a key in the address of a server is found nowhere, and reaches the server all the same."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from stretto.faces.cli import main
from tests.canary.keys import LOGIN, PLACED, nowhere
from tests.canary.server import FAULTS, Answer, Behave, Server, write_or_fail

ENCODED = "".join(f"%{byte:02X}" for byte in PLACED.encode())
FORMS = {
    "password": "http://user:{placed}@{host}",
    "user": "http://{placed}@{host}",
    "encoded": "http://user:{encoded}@{host}",
    "key": "http://{host}?key={placed}",
    "second parameter": "http://{host}?version=1&access={placed}",
    "fragment": "http://{host}#{placed}",
}
GONE = "127.0.0.1:1"
MODEL = "anthropic:claude-haiku-4-5"

Look = Callable[[], AbstractContextManager[list[str]]]


def address(form: str, host: str) -> str:
    """Return an address of this form with the secret in it."""
    return FORMS[form].format(placed=PLACED, encoded=ENCODED, host=host)


def echoing(server: Server, behave: Behave) -> None:
    """Have the server repeat what stands in the address."""
    server.behave = lambda body, key: behave(body, PLACED)


@pytest.fixture
def look(
    planted: Path,
    tmp_path: Path,
    told: InMemorySpanExporter,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> Look:
    """Return what sees that no secret is anywhere; the trace and the log have something of a run."""

    @contextmanager
    def looking() -> Iterator[list[str]]:
        with nowhere(told, caplog, capsys, tmp_path, planted) as seen:
            assert main(["run", "sell a bottle", "--model", "demo:delay=0", "--subtasks", "1", "--no-journal"]) == 0
            yield seen

    return looking


def host(server: Server) -> str:
    """Return where the server is, without the scheme."""
    return server.url.removeprefix("http://")


@pytest.mark.parametrize("form", FORMS)
def test_a_server_that_is_not_there(form: str, look: Look, monkeypatch: pytest.MonkeyPatch):
    """An address is named without its secret when nobody answers there, as an option and as a variable."""
    with look():
        assert (
            main(["run", "sell", "--model", MODEL, "--base-url", address(form, GONE), "--attempts", "1", "--json"]) == 1
        )
        monkeypatch.setenv("ANTHROPIC_BASE_URL", address(form, GONE))
        assert main(["plan", "sell", "--model", MODEL, "--attempts", "1"]) == 1


@pytest.mark.parametrize("form", FORMS)
def test_a_server_that_repeats_it(form: str, look: Look, server: Server, monkeypatch: pytest.MonkeyPatch):
    """A run, its files and a batch with failures show nothing of the address' secret, and the server gets it."""
    with look():
        echoing(server, write_or_fail)
        monkeypatch.setenv("STRETTO_BASE_URL", address(form, host(server)))
        assert main(["run", "sell a bottle", "--model", MODEL, "-o", "out.md"]) == 3
        Path("in.csv").write_text("name\nbottle\n", encoding="utf-8")
        batch = [
            "batch",
            "in.csv",
            "--task",
            "sell {name}",
            "--model",
            MODEL,
            "-o",
            "out.csv",
            "--report",
            "report.html",
        ]
        assert main(batch) == 3
        (path,) = server.paths
        assert path.partition("?")[0] == "/v1/messages"
        reached = path if "?" in FORMS[form] else " ".join(server.keys)
        assert {
            "password": LOGIN,
            "encoded": LOGIN,
            "key": f"key={PLACED}",
            "second parameter": f"access={PLACED}",
        }.get(form, "") in reached


@pytest.mark.parametrize("form", ["password", "key"])
@pytest.mark.parametrize("model", ["openai-chat:gpt-5.2", "openai:gpt-5.2"])
@pytest.mark.parametrize("fault", ["401 that repeats the key", "404", "a page", "a redirect"])
def test_an_error_that_repeats_it(
    form: str, model: str, fault: str, look: Look, server: Server, monkeypatch: pytest.MonkeyPatch
):
    """A provider's error is shown without the secret of the address, whatever the protocol."""
    with look():
        echoing(server, FAULTS[fault])
        monkeypatch.setenv("OPENAI_BASE_URL", address(form, host(server) + "/v1"))
        assert main(["run", "sell a bottle", "--model", model, "--attempts", "1"]) == 1


@pytest.mark.parametrize(
    "wrong",
    [f"ftp://user:{PLACED}@host", f"http://user:{PLACED}@host:99999", f"user:{PLACED}@host", f"http://u:a/{PLACED}@h"],
)
def test_an_address_that_is_none(wrong: str, look: Look, monkeypatch: pytest.MonkeyPatch):
    """What is no address is refused without showing the secret in it, by every way it comes."""
    with look():
        assert main(["run", "sell", "--model", MODEL, "--base-url", wrong]) == 2
        monkeypatch.setenv("STRETTO_BASE_URL", wrong)
        assert main(["run", "sell", "--model", MODEL]) == 2
        monkeypatch.delenv("STRETTO_BASE_URL")
        monkeypatch.setenv("OLLAMA_BASE_URL", wrong)
        assert main(["models"]) == 0
        assert main(["run", "sell", "--model", "ollama:llama3.2", "--attempts", "1"]) == 2


def test_an_address_in_the_settings(look: Look, planted: Path, tmp_path: Path):
    """In the user's settings file, the file alone has the secret."""
    with look():
        file = planted.parent / "config.toml"
        file.write_text(f'base_url = "{address("password", GONE)}"\n', encoding="utf-8")
        assert main(["run", "sell", "--model", MODEL, "--attempts", "1"]) == 1
        file.write_text(f'base_url = ["{address("password", GONE)}", "x"]\n', encoding="utf-8")
        assert main(["run", "sell", "--model", MODEL, "--attempts", "1"]) == 2
        file.unlink()


@pytest.mark.parametrize("form", ["password", "key"])
def test_a_run_goes_on_with_the_address_given_again(
    form: str, look: Look, server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """The journal keeps the address without its secret; resuming takes it from the environment, or says what to set."""
    with look() as seen:
        echoing(server, write_or_fail)
        whole = address(form, host(server))
        assert main(["run", "sell a bottle", "--model", MODEL, "--base-url", whole]) == 3
        seen.append(capsys.readouterr().err)
        run_id = next(line for line in seen[-1].splitlines() if line.startswith("run: "))[5:]
        assert main(["retry", run_id]) == 2
        seen.append(capsys.readouterr().err)
        assert "Set STRETTO_BASE_URL to the whole address again" in seen[-1]
        server.paths.clear()
        server.keys.clear()
        server.behave = lambda body, key: fine(body)
        monkeypatch.setenv("STRETTO_BASE_URL", whole)
        assert main(["retry", run_id]) == 0
        assert (
            (LOGIN in " ".join(server.keys)) if form == "password" else (server.paths == {f"/v1/messages?key={PLACED}"})
        )


def fine(body: dict[str, object]) -> Answer:
    """Answer as Anthropic would, with nothing but copy."""
    from tests.canary.server import message

    return message("<response>Fine copy.</response>", "x", streamed=bool(body.get("stream")))

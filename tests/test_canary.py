"""A recognisable key, planted in every place where keys live, is found nowhere else whatever happens."""

import json
import logging
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from stretto import Orchestrator
from stretto.app.keys import load_keys, set_key
from stretto.app.log_lines import LOG_VARIABLE, log_as_told
from stretto.app.observers import CONTENT_VARIABLE
from stretto.core.errors import StrettoError
from stretto.core.events import to_jsonable
from stretto.faces.cli import main
from stretto.journal import MemoryJournal
from tests.engine.stage import plan

pytestmark = pytest.mark.anyio

# They look like no provider's key, so that nothing but knowing them can keep them out.
CANARY = "canary7Qx2mZ9vLk4Tp8"
STORED = "canary3Wd6nB1yHs5Rj0"
MARKS = (CANARY.lower(), STORED.lower())

MODELS = {
    "anthropic": "anthropic:claude-haiku-4-5",
    "chat": "openai-chat:gpt-5.2",
    "responses": "openai:gpt-5.2",
}


@dataclass
class Answer:
    """What the server says to one call."""

    status: int = 200
    body: str = ""
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    hang: bool = False
    """Say nothing until the client has left."""
    cut: bool = False
    """Close the connection in the middle of the body."""


Behave = Callable[[dict[str, Any], str], Answer]
"""Given the body and the key of a call, returns the answer."""


class Server:
    """A provider on a socket that knows the key it was called with, and repeats it."""

    def __init__(self) -> None:
        self.behave: Behave = lambda body, key: Answer(status=500)
        self.keys: set[str] = set()
        self.release = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                key = self.headers.get("x-api-key") or self.headers["authorization"].removeprefix("Bearer ")
                server.keys.add(key)
                answer = server.behave(body, key)
                if answer.hang:
                    server.release.wait()
                    self.close_connection = True
                    return
                data = answer.body.encode()
                self.send_response(answer.status)
                self.send_header("content-type", answer.kind)
                self.send_header("content-length", str(len(data) + (100 if answer.cut else 0)))
                self.send_header("x-key", key)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)
                self.close_connection = answer.cut

            def log_message(self, *_: Any) -> None:
                """Stay silent."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> "Server":
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.release.set()
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    """Start the server."""
    with Server() as running:
        yield running


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """Collect every span, content included."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr("opentelemetry.trace._TRACER_PROVIDER", provider)
    monkeypatch.setenv(CONTENT_VARIABLE, "1")
    return exporter


@pytest.fixture(autouse=True)
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Server) -> Iterator[Path]:
    """Plant the keys in the environment and in the key file, and log everything to stderr."""
    monkeypatch.setenv("STRETTO_CONFIG_DIR", str(tmp_path / "config"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    for name in ("STRETTO_MODEL", "STRETTO_WORKER_MODEL", "STRETTO_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ANTHROPIC_API_KEY", CANARY)
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
    file = set_key("openrouter", STORED)
    monkeypatch.setenv(LOG_VARIABLE, "debug")
    log_as_told()
    yield file
    monkeypatch.delenv(LOG_VARIABLE)
    log_as_told()


def says(error: dict[str, Any]) -> Behave:
    """Return a server that answers an error in its protocol's form; `{key}` in it becomes the key."""

    def behave(body: dict[str, Any], key: str) -> Answer:
        status = error.get("status", 401)
        words = {name: str(value).replace("{key}", key) for name, value in error.items() if name != "status"}
        told = {"type": "error", "error": words, "echo": {"authorization": key}}
        # A pause that nobody waits for.
        return Answer(status=status, body=json.dumps(told), headers={"retry-after": "9999"} if status == 429 else {})

    return behave


def stream_error(body: dict[str, Any], key: str) -> Answer:
    """Break a stream off with an error event that has the key; anything unstreamed is a plain error."""
    if not body.get("stream"):
        return says({"status": 500, "message": "no {key}"})(body, key)
    error = {"type": "error", "error": {"type": "api_error", "message": f"lost {key}", "code": key}}
    return Answer(kind="text/event-stream", body=f"event: error\ndata: {json.dumps(error)}\n\n")


def redirect(body: dict[str, Any], key: str) -> Answer:
    """Send the client to a place whose address has the key, and where nobody is."""
    return Answer(status=307, headers={"location": f"http://127.0.0.1:1/{key}?token={key}"})


FAULTS: dict[str, Behave] = {
    "401 that repeats the key": says({"type": "authentication_error", "message": "invalid key: {key} (key {key})"}),
    "401 with the key as its code": says({"type": "{key}", "code": "{key}", "param": "{key}", "message": "{key}"}),
    "401 without a message": says({"detail": "{key}"}),
    "400": says({"status": 400, "type": "invalid_request_error", "message": "header x-api-key={key} is too long"}),
    "403": says({"status": 403, "type": "permission_error", "message": "{key} may not"}),
    "404": says({"status": 404, "type": "not_found_error", "message": "model {key} does not exist"}),
    "429 of billing": says({"status": 429, "code": "insufficient_quota", "message": "{key} has no credit"}),
    "429": says({"status": 429, "type": "rate_limit_error", "message": "too many calls with {key}"}),
    "500": says({"status": 500, "type": "api_error", "message": "crashed on {key}"}),
    "a page": lambda body, key: Answer(kind="text/html", body=f"<html><body>Hello {key}</body></html>"),
    "a page with 502": lambda body, key: Answer(status=502, kind="text/html", body=f"<html>{key}</html>"),
    "plain text with 401": lambda body, key: Answer(status=401, kind="text/plain", body=f"bad key {key}"),
    "a bare string with 401": lambda body, key: Answer(status=401, body=json.dumps(f"bad key {key}")),
    "a list with 400": lambda body, key: Answer(status=400, body=json.dumps([{"loc": ["header"], "input": key}])),
    "broken JSON": lambda body, key: Answer(body=f'{{"key": "{key}", "content": ['),
    "JSON of another shape": lambda body, key: Answer(body=json.dumps({"id": key, "model": key, "content": key})),
    "an error event": stream_error,
    "a redirect": redirect,
    "a cut": lambda body, key: Answer(status=401, body=f'{{"error": {{"message": "{key}', cut=True),
    "silence": lambda body, key: Answer(hang=True),
}


def ours(told: InMemorySpanExporter) -> list[ReadableSpan]:
    """Return the spans that stretto told of."""
    spans = told.get_finished_spans()
    return [span for span in spans if span.instrumentation_scope and span.instrumentation_scope.name == "stretto"]


@contextmanager
def nowhere(
    told: InMemorySpanExporter,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    folder: Path,
    file: Path,
) -> Iterator[list[str]]:
    """Collect what happens under it, and then see that no key is in any of it; `file` alone may have one."""
    seen: list[str] = []
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, logger="stretto")
    yield seen
    shown = capsys.readouterr()
    places = {
        "event or error": "\n".join(seen),
        "trace": "\n".join(span.to_json() for span in ours(told)),
        "log": "\n".join(f"{vars(record)} {record.getMessage()}" for record in caplog.records) + caplog.text,
        "stdout": shown.out,
        "stderr": shown.err,
    }
    for path in folder.rglob("*"):
        if path.is_file() and path != file:
            places[str(path)] = path.read_bytes().decode(errors="replace")
    assert [place for place, text in places.items() if any(mark in text.lower() for mark in MARKS)] == []
    assert STORED in file.read_text(), "the canary was not planted"
    assert places["trace"]
    assert "run_started" in places["log"]


async def watch(orchestrator: Orchestrator, journal: MemoryJournal, seen: list[str]) -> str:
    """Run a task and keep everything that a program could see of it; return how it ended."""
    async with orchestrator.stream("sell a bottle", deltas=True) as events:
        async for event in events:
            seen.append(json.dumps(to_jsonable(event)) + repr(event))
    saved = await journal.load(event.result.run_id)  # type: ignore[union-attr]
    seen += [repr(saved), repr(orchestrator), repr(orchestrator.models)]
    team = vars(orchestrator)["_team"]
    seen += [f"{member!r} {member.name} {member.account} {member.label}" for member in team.members]
    return event.result.status  # type: ignore[union-attr]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_provider_that_repeats_the_key(
    fault: str,
    model: str,
    server: Server,
    planted: Path,
    tmp_path: Path,
    told: InMemorySpanExporter,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
):
    """Whatever a provider answers, its words are shown without the key, in a run and in an error."""
    server.behave = FAULTS[fault]
    with nowhere(told, caplog, capsys, tmp_path, planted) as seen:
        journal = MemoryJournal()
        orchestrator = Orchestrator(
            model=MODELS[model], keys=load_keys(), attempts=2, backoff=0, timeout=0.3, journal=journal
        )
        # With a plan at hand the workers are asked, and not only the orchestrator.
        assert await watch(orchestrator, journal, seen) == "failed"
        try:
            await orchestrator.plan("sell a bottle")
        except StrettoError as error:
            seen += [str(error), repr(error), repr(vars(error)), "".join(traceback.format_exception(error))]
        else:
            pytest.fail("There was no error.")
    assert server.keys == {CANARY}


def write_or_fail(body: dict[str, Any], key: str) -> Answer:
    """Speak Anthropic's protocol: plan three subtasks, write two of them, refuse the other with the key."""
    prompt = json.dumps(body)
    if "<tasks>" in prompt:
        return message(plan("first", "second", "third"), key, streamed=body.get("stream", False))
    if "write second" in prompt:
        return says({"status": 400, "message": "{key} may not write that"})(body, key)
    return message("<response>Fine copy.</response>", key, streamed=body.get("stream", False))


def message(text: str, key: str, *, streamed: bool) -> Answer:
    """Return a whole answer whose ids are the key."""
    usage = {"input_tokens": 9, "output_tokens": 9}
    whole: dict[str, Any] = {"id": key, "type": "message", "role": "assistant", "model": key, "usage": usage}
    whole |= {"stop_reason": "end_turn", "stop_sequence": None}
    if not streamed:
        return Answer(body=json.dumps(whole | {"content": [{"type": "text", "text": text}]}))
    events = [
        {"type": "message_start", "message": whole | {"content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": usage},
        {"type": "message_stop"},
    ]
    lines = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
    return Answer(kind="text/event-stream", body=lines)


async def test_a_run_that_ends_in_part(
    server: Server,
    planted: Path,
    tmp_path: Path,
    told: InMemorySpanExporter,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
):
    """With results and a failure side by side, neither the results nor the books have the key."""
    server.behave = write_or_fail
    with nowhere(told, caplog, capsys, tmp_path, planted) as seen:
        journal = MemoryJournal()
        orchestrator = Orchestrator(model=MODELS["anthropic"], keys=load_keys(), backoff=0, journal=journal)
        assert await watch(orchestrator, journal, seen) == "partial"


OUTPUTS = [["--json"], [], *(["-o", f"out{suffix}"] for suffix in (".md", ".json", ".jsonl", ".csv", ".html"))]


@pytest.mark.parametrize("output", OUTPUTS, ids=" ".join)
def test_the_command_line_and_its_files(
    output: list[str],
    server: Server,
    planted: Path,
    tmp_path: Path,
    told: InMemorySpanExporter,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    """No output and no file has the key, also where tracebacks are asked for."""
    monkeypatch.setenv("STRETTO_TRACEBACK", "1")
    server.behave = write_or_fail
    with nowhere(told, caplog, capsys, tmp_path, planted):
        assert main(["run", "sell a bottle", "--model", MODELS["anthropic"], *output]) == 3
    if output[:1] == ["-o"]:
        assert Path(output[1]).stat().st_size > 0


@pytest.mark.parametrize("traced", ["0", "1"])
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["run", "sell a bottle", "--json"], 1),
        (["run", "sell a bottle"], 1),
        (["plan", "sell a bottle"], 1),
        (["run", "sell a bottle", "--dry-run"], 0),
        (["models"], 0),
        (["keys", "list"], 0),
        (["keys", "path"], 0),
        (["keys", "set", "anthropic", CANARY], 2),
        (["keys", "set", CANARY], 2),
        (["recipes", "list"], 0),
        (["run", "sell a bottle", "--model", "no-such:model"], 2),
        (["run", "sell a bottle", "--base-url", "ftp://example"], 2),
        (["run", "sell a bottle", "-o", "no/such/folder/out.md"], 2),
    ],
    ids=lambda value: " ".join(value).replace(CANARY, "KEY") if isinstance(value, list) else str(value),
)
def test_the_commands_that_fail_or_look(
    arguments: list[str],
    code: int,
    traced: str,
    server: Server,
    planted: Path,
    tmp_path: Path,
    told: InMemorySpanExporter,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    """A command that fails, and one that only looks, says nothing of a key, with and without a traceback."""
    monkeypatch.setenv("STRETTO_TRACEBACK", traced)
    server.behave = FAULTS["401 that repeats the key"]
    with nowhere(told, caplog, capsys, tmp_path, planted):
        assert main(["run", "sell a bottle", "--model", "demo:delay=0", "--subtasks", "1"]) == 0  # fills trace and log
        assert main(arguments) == code


async def test_no_sdk_adds_spans_of_its_own(server: Server, told: InMemorySpanExporter):
    """Each call is in the trace once, in words that were cleared of keys, whatever a provider's SDK would tell."""
    server.behave = write_or_fail
    await Orchestrator(model=MODELS["anthropic"], keys=load_keys(), backoff=0).run("sell a bottle")
    assert len(told.get_finished_spans()) == len(ours(told)) > 0


async def test_a_key_in_the_address_of_a_server(
    planted: Path,
    tmp_path: Path,
    told: InMemorySpanExporter,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
):
    """A base URL that has the key in it is not shown with it when the server cannot be reached."""
    with nowhere(told, caplog, capsys, tmp_path, planted) as seen:
        journal = MemoryJournal()
        orchestrator = Orchestrator(
            model=MODELS["chat"],
            base_url=f"http://user:{CANARY}@127.0.0.1:1/v1",
            keys=load_keys(),
            attempts=1,
            journal=journal,
        )
        assert await watch(orchestrator, journal, seen) == "failed"

"""A provider on a socket that knows the key it was called with, and repeats it."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.engine.stage import plan


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
        self.paths: set[str] = set()
        self.release = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                key = self.headers.get("x-api-key") or self.headers["authorization"].removeprefix("Bearer ")
                server.keys.add(key)
                server.paths.add(self.path)
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

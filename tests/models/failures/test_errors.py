"""What providers say when they fail becomes the right kind of error, with a next step and without keys."""

import asyncio
import email.utils
import json
import time

import pytest

from stretto.core.errors import ErrorKind, ModelError
from stretto.models import open_model

pytestmark = pytest.mark.anyio

KEY = "sk-ant-SECRET-0123456789"
KEYS = dict.fromkeys(("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GOOGLE_API_KEY", "OPENROUTER_API_KEY"), KEY)


async def _fail(server, protocol, make_request, streamed: bool) -> ModelError:
    model = open_model(protocol.spec, base_url=protocol.url(server), keys=KEYS)
    with pytest.raises(ModelError) as caught:
        await model.respond(make_request(), [].append if streamed else None)
    error = caught.value
    assert "\n" not in str(error)
    assert "SECRET" not in str(error)
    assert error.model == protocol.spec
    return error


@pytest.mark.parametrize(
    ("status", "kind", "retryable", "hint"),
    [
        (400, "bad_request", False, ""),
        (401, "unexplained", False, "asks for credentials"),
        (402, "billing", False, "Add credit"),
        (403, "unexplained", False, "does not say why"),
        (404, "unexplained", False, "Check the base URL. The call went to http://127.0.0.1:"),
        (405, "unexplained", False, "Check the base URL. The call went to http://127.0.0.1:"),
        (408, "server", True, "try again"),
        (409, "server", True, "try again"),
        (413, "context_window", False, "Shorten"),
        (422, "bad_request", False, ""),
        (424, "server", True, "try again"),
        (425, "server", True, "try again"),
        (429, "rate_limit", True, "fewer workers"),
        (499, "server", True, "try again"),
        (500, "server", True, "try again"),
        (502, "server", True, "try again"),
        (503, "server", True, "try again"),
        (504, "server", True, "try again"),
        (529, "overloaded", True, "try again"),
    ],
)
async def test_a_status_says_what_it_means(
    server, protocol, streamed, make_request, status: int, kind: ErrorKind, retryable: bool, hint: str
):
    """Each status has its kind, is retried or not, and says the next step, the same on every protocol.

    The body names neither a key, nor an account, nor a model: none of them is blamed.
    """
    server.say(protocol.error("It went wrong.", "some_error"), status, retry_after="7")
    error = await _fail(server, protocol, make_request, streamed)
    assert (error.kind, error.retryable, error.status, error.retry_after) == (kind, retryable, status, 7.0)
    assert hint in error.hint
    assert f"HTTP {status}: It went wrong." in str(error)


BODIES = [
    (
        "anthropic",
        429,
        {"error": {"type": "rate_limit_error", "details": {"error_code": "enforced_spend_limit_reached"}}},
    ),
    ("anthropic", 400, {"error": {"type": "invalid_request_error", "message": "Your credit balance is too low"}}),
    (
        "anthropic",
        400,
        {
            "error": {
                "type": "invalid_request_error",
                "message": "You have reached your specified workspace API usage limits.",
            }
        },
    ),
    ("anthropic", 403, {"error": {"type": "billing_error", "message": "Pay first"}}),
    ("chat", 429, {"error": {"code": "insufficient_quota", "type": "insufficient_quota"}}),
    ("responses", 429, {"error": {"code": "project_spend_limit_exceeded", "message": "Limit"}}),
    ("chat", 429, {"error": {"code": "billing_hard_limit_reached"}}),
    ("openrouter", 402, {"error": {"code": 402, "message": "Insufficient credits"}}),
    (
        "openrouter",
        402,
        {"error": {"code": 402, "message": "Too much", "metadata": {"limit_source": "openrouter_credits"}}},
    ),
    (
        "openrouter",
        403,
        {
            "error": {
                "code": 403,
                "message": "Key limit exceeded (total limit). Manage it using https://openrouter.ai/settings/keys",
            }
        },
    ),
    ("openrouter", 403, {"error": {"code": 403, "message": "Key limit exceeded (monthly limit)."}}),
    *(
        (
            "openrouter",
            403,
            {"error": {"code": 403, "message": "No", "metadata": {"limit_source": f"openrouter_{source}"}}},
        )
        for source in ("key_limit", "guardrail_budget", "workspace_budget")
    ),
    (
        "gemini",
        429,
        {
            "error": {
                "code": 429,
                "status": "RESOURCE_EXHAUSTED",
                "message": "Quota",
                "details": [{"violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}],
            }
        },
    ),
]


@pytest.mark.parametrize(("name", "status", "body"), BODIES)
async def test_money_is_told_from_the_body(server, protocols, streamed, make_request, name: str, status: int, body):
    """Quota, credit and spend limits are billing and never retried, whatever status they come with."""
    server.say(body, status, retry_after="1")
    error = await _fail(server, protocols[name], make_request, streamed)
    assert (error.kind, error.retryable, error.run_wide) == ("billing", False, True)


@pytest.mark.parametrize(
    ("name", "status", "body", "kind"),
    [
        ("chat", 503, {"error": {"code": "slow_down", "message": "Slow down"}}, "overloaded"),
        ("responses", 503, {"error": {"code": "server_is_overloaded", "message": "Busy"}}, "overloaded"),
        ("anthropic", 503, {"error": {"type": "overloaded_error", "message": "Overloaded"}}, "overloaded"),
        ("gemini", 503, {"error": {"status": "UNAVAILABLE", "message": "The model is overloaded."}}, "overloaded"),
        ("gemini", 429, {"error": {"status": "RESOURCE_EXHAUSTED", "message": "Per minute"}}, "rate_limit"),
        (
            "gemini",
            400,
            {"error": {"status": "INVALID_ARGUMENT", "details": [{"reason": "API_KEY_INVALID"}]}},
            "authentication",
        ),
        (
            "anthropic",
            400,
            {"error": {"type": "invalid_request_error", "message": "prompt is too long: 9"}},
            "context_window",
        ),
        (
            "anthropic",
            400,
            {
                "error": {
                    "type": "invalid_request_error",
                    "message": "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
                }
            },
            "context_window",
        ),
        ("chat", 400, {"error": {"code": "context_length_exceeded", "message": "Long"}}, "context_window"),
        ("chat", 500, {"error": {"type": "exceed_context_size_error", "message": "Long"}}, "context_window"),
        ("openrouter", 400, {"error": {"code": 400, "message": "maximum context length is 9"}}, "context_window"),
        (
            "gemini",
            400,
            {"error": {"status": "INVALID_ARGUMENT", "message": "The input token count (9) exceeds"}},
            "context_window",
        ),
        ("chat", 403, {"error": {"code": "model_not_found", "message": "No such model"}}, "not_found"),
        ("openrouter", 403, {"error": {"code": 403, "message": "A daily limitation of models"}}, "permission"),
        (
            "openrouter",
            402,
            {
                "error": {
                    "code": 402,
                    "message": "This request would exceed your credits given your current in-flight requests.",
                    "metadata": {
                        "reason": "in_flight_budget_exhausted",
                        "limit_source": "openrouter_in_flight_budget",
                    },
                }
            },
            "rate_limit",
        ),
        *(
            ("openrouter", status, {"error": {"code": status, "message": "Flagged", "metadata": metadata}}, "refused")
            for status, metadata in (
                (403, {"reasons": ["violence"], "flagged_input": "Write…", "provider_name": "OpenAI"}),
                (403, {"patterns": ["ignore all previous instructions"]}),
                (400, {"error_type": "content_policy_violation"}),
                (400, {"error_type": "refusal"}),
            )
        ),
    ],
)
async def test_the_body_tells_more_than_the_status(
    server, protocols, streamed, make_request, name: str, status: int, body, kind: ErrorKind
):
    """Errors that share a status are told apart by what the body says."""
    server.say(body, status)
    error = await _fail(server, protocols[name], make_request, streamed)
    assert error.kind == kind


async def test_gemini_says_in_the_body_how_long_to_wait(server, protocols, make_request):
    """The wait that Gemini puts in the body is obeyed like a header."""
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "14s"}]
    server.say({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "m", "details": details}}, 429)
    assert (await _fail(server, protocols["gemini"], make_request, False)).retry_after == 14.0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("3", 3.0), ("0", 0.0), ("1.5", 1.5), ("-2", None), ("nan", None), ("inf", None), ("soon", None), ("", None)],
)
async def test_how_long_to_wait(server, protocols, make_request, header: str, seconds: float | None):
    """`Retry-After` counts when it is a number of seconds that can be waited, and is nothing otherwise."""
    server.say(protocols["anthropic"].error("m", "rate_limit_error"), 429, retry_after=header)
    assert (await _fail(server, protocols["anthropic"], make_request, False)).retry_after == seconds


async def test_a_date_to_wait_for(server, protocols, make_request):
    """`Retry-After` may be a date: the wait is what is left until then."""
    date = email.utils.formatdate(time.time() + 3_600, usegmt=True)
    server.say(protocols["anthropic"].error("m", "rate_limit_error"), 429, retry_after=date)
    seconds = (await _fail(server, protocols["anthropic"], make_request, False)).retry_after
    assert seconds is not None
    assert 3_000 < seconds <= 3_600


@pytest.mark.parametrize("name", ["retry-after", "retry-after-ms"])
@pytest.mark.parametrize("joined", [", ", ",", "\r\n{name}: "], ids=["list", "tight list", "two headers"])
@pytest.mark.parametrize(
    ("words", "seconds"),
    [(["5", "90"], 90.0), (["90", "5"], 90.0), (["soon", "5"], 5.0), (["-1", "nan"], None), (["inf", "0", ""], 0.0)],
    ids=str,
)
async def test_of_several_waits_the_longest_counts(
    server, protocol, make_request, name: str, joined: str, words: list[str], seconds: float | None
):
    """A proxy adds a second header: the longest wait that is one is kept, and none when none is."""
    server.say(protocol.error("m", "rate_limit_error"), 429)
    server.script[0].headers[name] = joined.format(name=name).join(words)
    unit = 0.001 if name.endswith("-ms") else 1.0
    waited = (await _fail(server, protocol, make_request, False)).retry_after
    assert waited == (None if seconds is None else pytest.approx(seconds * unit))


@pytest.mark.parametrize("other", ["5", "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT"])
@pytest.mark.parametrize("first", [True, False])
async def test_a_date_among_several_waits(server, protocols, make_request, other: str, first: bool):
    """The comma inside a date parts nothing."""
    date = email.utils.formatdate(time.time() + 3_600, usegmt=True)
    server.say(protocols["anthropic"].error("m", "rate_limit_error"), 429)
    server.script[0].headers["retry-after"] = ", ".join([date, other] if first else [other, date])
    seconds = (await _fail(server, protocols["anthropic"], make_request, False)).retry_after
    assert seconds is not None
    assert 3_000 < seconds <= 3_600


async def test_a_provider_that_says_not_to_retry_is_obeyed(server, protocols, make_request):
    """`x-should-retry: false` makes an error terminal that would be retried otherwise."""
    server.say(protocols["anthropic"].error("m", "api_error"), 500, x_should_retry="false")
    assert not (await _fail(server, protocols["anthropic"], make_request, False)).retryable


@pytest.mark.parametrize("body", [{"error": 3}, {"x": [[[[[[[{"code": "billing"}]]]]]]]}, [], "plain words"])
async def test_an_error_without_explanation(server, protocols, make_request, body: object):
    """An error body of any shape is told in one line."""
    server.say(body, 418)
    error = await _fail(server, protocols["anthropic"], make_request, False)
    assert (error.kind, error.status) == ("bad_request", 418)
    assert "HTTP 418: " in str(error)


async def test_a_code_that_is_no_word(server, protocols, streamed, make_request):
    """A number or worse in place of an error's type leaves the status to tell."""
    server.say({"error": {"message": "Gone", "type": 7, "code": {"odd": 1}}}, 500)
    assert (await _fail(server, protocols["responses"], make_request, streamed)).kind == "server"


async def test_a_piece_without_its_text(server, protocols, make_request):
    """A text's piece that brings no text is not what the protocol says, and no bug of the watcher's."""
    events = protocols["anthropic"].events(["", "a"], "end_turn")
    piece = next(event for event in events if event.get("delta", {}).get("type") == "text_delta")
    del piece["delta"]["text"]
    server.stream(*events, named=True)
    assert (await _fail(server, protocols["anthropic"], make_request, True)).kind == "protocol"


async def test_an_answer_of_another_form_is_told_in_plain_words(server, protocols, make_request):
    """What is missing is named; how a library says so is not shown."""
    server.say({"result": "Hello"})
    error = await _fail(server, protocols["chat"], make_request, False)
    assert error.kind == "protocol"
    assert "is not what its protocol says (missing or odd: id, choices, model, object)" in str(error)


EVENTS = [
    ("anthropic", {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, "overloaded"),
    ("anthropic", {"type": "error", "error": {"type": "rate_limit_error", "message": "Rate"}}, "rate_limit"),
    ("anthropic", {"type": "error", "error": {"type": "api_error", "message": "Broken"}}, "server"),
    ("anthropic", {"type": "error", "error": {"type": "news_error", "message": "New"}}, "server"),
    ("chat", {"error": {"message": "Gone", "type": "server_error", "code": None}}, "server"),
    ("chat", {"error": {"message": "Gone", "type": "who_knows"}}, "server"),
    ("chat", {"error": {"message": "Gone", "type": 7, "code": ["odd"]}}, "server"),
    ("chat", {"error": {"message": "Quota", "code": "insufficient_quota"}}, "billing"),
    ("openrouter", {"error": {"message": "Upstream", "code": 502}}, "server"),
    ("openrouter", {"error": {"message": "Upstream", "code": 429}}, "rate_limit"),
    ("openrouter", {"error": {"message": "Key limit exceeded (daily limit).", "code": 403}}, "billing"),
    ("openrouter", {"error": {"message": "No", "code": 403, "metadata": {"reasons": ["violence"]}}}, "refused"),
    ("responses", {"type": "error", "code": "server_error", "message": "Gone", "sequence_number": 9}, "server"),
    ("responses", {"type": "error"}, "server"),
    ("gemini", {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}, "overloaded"),
]


@pytest.mark.parametrize("position", [0, 3], ids=["first", "midway"])
@pytest.mark.parametrize(("name", "event", "kind"), EVENTS)
async def test_an_error_inside_a_stream(
    server, protocols, make_request, name: str, event: dict[str, object], kind: ErrorKind, position: int
):
    """An error that comes inside a 200 is the error it says, whether text came before it or not."""
    reply = protocols[name].stream(["a", "b"], None)
    prefix = "event: error\n" if name in ("anthropic", "responses") else ""
    reply.chunks = [*reply.chunks[:position], f"{prefix}data: {json.dumps(event)}\n\n".encode()]
    server.script = [reply]
    error = await _fail(server, protocols[name], make_request, True)
    assert error.kind == kind
    assert "HTTP" not in str(error)


async def test_openrouter_error_in_a_finish_reason(server, protocols, streamed, make_request):
    """OpenRouter says with a 200 and `finish_reason: "error"` that the provider behind it failed."""
    router = protocols["openrouter"]
    if streamed:
        event = router.chunk({"content": ""}, "error") | {"error": {"code": 502, "message": "Provider disconnected"}}
        server.stream(router.chunk({"content": "Hal"}), event)
    else:
        body = json.loads(router.whole("Hal", "stop").chunks[0]) | {"error": {"code": 502, "message": "Gone"}}
        server.say(body)
    error = await _fail(server, router, make_request, streamed)
    assert (error.kind, error.retryable) == ("server", True)


async def test_a_failed_response_event(server, protocols, make_request):
    """`response.failed` carries the provider's error."""
    responses = protocols["responses"]
    failed = responses.response(None, None) | {"status": "failed", "error": {"code": "server_error", "message": "Gone"}}
    server.stream({"type": "response.failed", "sequence_number": 1, "response": failed}, named=True)
    assert (await _fail(server, responses, make_request, True)).kind == "server"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html><body>Welcome to the hotel</body></html>", "text/html"),
        (b'{"a": ', "application/json"),
        (b"{}", "application/json"),
        (b"[1]", "application/json"),
        (b"", "application/json"),
        (b"\xff\xfe\x00", "application/json"),
    ],
    ids=["html", "half", "empty object", "list", "nothing", "not text"],
)
async def test_what_is_not_the_providers_answer(server, protocol, streamed, make_request, body: bytes, kind: str):
    """A 200 whose body is not what the protocol says is an error that is told in a few words."""
    server.send(*([body] if body else []), kind=kind)
    error = await _fail(server, protocol, make_request, streamed)
    assert error.kind in ("protocol", "cut")
    assert error.retryable
    assert "object has no attribute" not in str(error)


async def test_a_long_web_page_is_not_shown(server, protocol, streamed, make_request):
    """A gateway's error page is named, not shown."""
    server.send(b"<html>" + b"x" * 5000 + b"</html>", status=502, kind="text/html")
    error = await _fail(server, protocol, make_request, streamed)
    assert error.kind == "server"
    assert "HTTP 502: a web page instead of an answer." in str(error)


async def test_long_messages_are_shortened_and_keys_masked(server, protocol, make_request):
    """Only one short line of what the provider says is shown, and nothing that looks like a key."""
    words = f"Incorrect API key provided: {KEY} or sk-proj-ab****yz12, AIzaSyD-0123456789abc.\n" + "more " * 200
    server.say(protocol.error(words, "invalid_api_key"), 401)
    error = await _fail(server, protocol, make_request, False)
    assert len(error.message) < 300
    assert "sk-proj" not in str(error)
    assert "AIza" not in str(error)


async def test_nobody_listens(protocol, make_request, server):
    """A port where nothing listens is a connection error that names the address."""
    listener = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    listener.close()
    await listener.wait_closed()
    with pytest.raises(ModelError) as caught:
        await open_model(protocol.spec, base_url=url, keys=KEYS).respond(make_request())
    assert caught.value.kind == "connection"
    assert caught.value.retryable
    assert url in str(caught.value)
    assert "base URL" in caught.value.hint


async def test_a_server_without_encryption(make_request):
    """A failed TLS handshake is a connection error that says so."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    listener = await asyncio.start_server(talk, "127.0.0.1", 0)
    url = f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    with pytest.raises(ModelError, match="SSL") as caught:
        await open_model("anthropic:claude-haiku-4-5", base_url=url, keys=KEYS).respond(make_request())
    assert caught.value.kind == "connection"
    listener.close()
    await listener.wait_closed()


async def test_a_wrong_key_of_another_provider(server, make_request):
    """A provider that `stretto keys` does not keep has a hint all the same."""
    server.say({"error": {"message": "Authentication fails."}}, 401)
    model = open_model("deepseek:deepseek-chat", base_url=server.url, keys={"DEEPSEEK_API_KEY": KEY})
    with pytest.raises(ModelError, match="Check the key of this provider"):
        await model.respond(make_request())


async def test_a_model_name_that_is_close(server, protocols, make_request):
    """A name that the provider does not know comes with the one that was probably meant."""
    server.say({"type": "error", "error": {"type": "not_found_error", "message": "model: claude-haiku-4-6"}}, 404)
    model = open_model("anthropic:claude-haiku-4-6", base_url=server.url, keys=KEYS)
    with pytest.raises(ModelError, match=r"Did you mean anthropic:claude-haiku-\d-\d\?"):
        await model.respond(make_request())

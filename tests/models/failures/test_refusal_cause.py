"""Who is blamed for a refusal: whom its body names, and nobody else."""

import pytest

from stretto.core.errors import ErrorKind, ModelError
from stretto.models import open_model
from tests.models.conftest import KEYS

pytestmark = pytest.mark.anyio

PAGE = b"<!DOCTYPE html>\n<html><head><title>Blocked</title></head><body>Your key limit: 5.</body></html>"
BLAME = ("key", "KEY", "account", "stretto keys", "stretto models", "another model")


@pytest.fixture(params=["anthropic", "chat", "gemini"])
def some(request: pytest.FixtureRequest, protocols) -> object:
    """Protocols whose SDKs differ in how they read an error."""
    return protocols[request.param]


async def _fail(server, protocol, make_request, streamed: bool) -> ModelError:
    model = open_model(protocol.spec, base_url=protocol.url(server), keys=KEYS)
    with pytest.raises(ModelError) as caught:
        await model.respond(make_request(), [].append if streamed else None)
    return caught.value


PAGES = [
    *((status, PAGE) for status in (400, 401, 403, 404, 405, 406, 451)),
    (403, b"\xef\xbb\xbf \n" + PAGE),
    (403, b"<?xml version='1.0'?><Error>Denied</Error>"),
]


@pytest.mark.parametrize(("status", "page"), PAGES)
async def test_a_page_blames_nobody(server, protocols, make_request, status: int, page: bytes):
    """A web page in place of an error is told as what it is, with the address, whatever words are in it."""
    await _check_page(server, protocols["chat"], make_request, False, status, page)


async def test_a_page_blames_nobody_on_any_protocol(server, protocol, streamed, make_request):
    """The same on every protocol, streamed and not."""
    await _check_page(server, protocol, make_request, streamed, 403, PAGE)


async def _check_page(server, protocol, make_request, streamed: bool, status: int, page: bytes) -> None:
    server.send(page, status=status, kind="text/html")
    error = await _fail(server, protocol, make_request, streamed)
    assert (error.kind, error.retryable, error.run_wide) == ("unexplained", False, False)
    assert f"HTTP {status}: a web page instead of an answer." in error.message
    assert f"The call went to {server.url}/" in error.hint
    assert not [word for word in BLAME if word in str(error)]


NOBODY = [
    (403, {"message": "Forbidden"}),
    (403, {"error": "Access denied"}),
    (403, {"detail": "Request blocked"}),
    (403, {"error": {"type": "forbidden", "message": "Request not allowed"}}),
    (403, {"error": {"code": "unsupported_country_region_territory", "message": "Country, region not supported"}}),
    (403, {}),
    (401, {}),
    (404, {"detail": "Not Found"}),
    (404, {"error": {"message": "Invalid URL (POST /v1/v1/chat/completions)", "type": "invalid_request_error"}}),
    (404, {"type": "error", "error": {"type": "not_found_error", "message": "Not Found"}}),
    (404, {"timestamp": "2026-12-01", "status": 404, "error": "Not Found", "path": "/x"}),
    (404, {"message": "no Route matched with those values"}),
    (404, {"error": {"message": "The file was not found."}}),
    (405, {"detail": "Method Not Allowed"}),
]


@pytest.mark.parametrize(("status", "body"), NOBODY, ids=str)
async def test_a_body_that_names_nobody_blames_nobody(server, some, make_request, status: int, body):
    """What may be about this call alone is not said to be about the key, and a wrong path is the base URL's fault."""
    server.say(body, status)
    error = await _fail(server, some, make_request, False)
    assert (error.kind, error.retryable) == ("unexplained", False)
    assert ("Check the base URL." in error.hint) == (status in (404, 405))
    assert f"The call went to {server.url}/" in error.hint
    assert not [word for word in BLAME if word in error.hint]


TEXT = [
    {"error": {"message": "Your content violates our usage policy.", "type": "permission_error"}},
    {"error": {"message": "The prompt was flagged by moderation for this model."}},
    {"error": {"code": "content_blocked", "message": "No."}},
    {"message": "Inappropriate input"},
    {"detail": "输入内容包含敏感信息"},
]


@pytest.mark.parametrize("body", TEXT, ids=str)
async def test_a_body_about_the_text_refuses_the_text(server, some, make_request, body: object):
    """A 403 about what was written is a refusal of that text: the key is not blamed, nor is anybody else stopped."""
    server.say(body, 403)
    error = await _fail(server, some, make_request, False)
    assert (error.kind, error.run_wide) == ("refused", False)
    assert error.hint == ""


ASKER: list[tuple[int, object, ErrorKind]] = [
    (401, {"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}}, "authentication"),
    (401, {"error": {"message": "No.", "type": "authentication_error"}}, "authentication"),
    (401, {"error": "Unauthorized"}, "authentication"),
    (401, {"detail": "Invalid token"}, "authentication"),
    (403, {"error": {"message": "Your API key does not have permission."}}, "permission"),
    (403, {"error": {"message": "This organization has been disabled."}}, "permission"),
    (403, {"error": {"message": "Project does not have access to model `x`."}}, "permission"),
    (404, {"error": {"message": "The model `x` does not exist."}}, "not_found"),
    (404, {"error": "model 'x' not found, try pulling it first"}, "not_found"),
]


@pytest.mark.parametrize(("status", "body", "kind"), ASKER, ids=str)
async def test_a_body_that_names_who_asks_stops_everybody(
    server, some, make_request, status: int, body: object, kind: ErrorKind
):
    """A body that names the key, the account or the model is about every call."""
    server.say(body, status)
    error = await _fail(server, some, make_request, False)
    assert (error.kind, error.run_wide) == (kind, True)


async def test_a_model_that_is_named_by_its_name_alone(server, protocols, streamed, make_request):
    """ "No endpoints found for NAME" is about the model, though the word is not there."""
    server.say({"error": {"message": "No endpoints found for anthropic/claude-haiku-4.5.", "code": 404}}, 404)
    assert (await _fail(server, protocols["openrouter"], make_request, streamed)).kind == "not_found"


async def test_a_redirect_says_where_it_points(server, protocol, streamed, make_request):
    """It is not followed, and neither a password nor a key in either address is shown."""
    status = 307 if streamed else 301
    server.say({}, status, location="https://user:hunter2@other.example/v1?key=hunter2")
    error = await _fail(server, protocol, make_request, streamed)
    assert (error.kind, error.status, error.retryable) == ("unexplained", status, False)
    assert f"HTTP {status}: a redirect to https://other.example/v1 instead of an answer." in error.message
    assert "give that address as the base URL" in error.hint
    assert "hunter2" not in str(error)


async def test_a_missing_version_is_guessed(server, protocols, make_request):
    """A base URL without /v1 is what most who ask in vain have given."""
    model = open_model("openai-chat:llama", base_url=server.url, keys=KEYS)
    server.send(b"404 page not found", status=404, kind="text/plain")
    with pytest.raises(ModelError, match="Most servers want /v1 at its end"):
        await model.respond(make_request())
    model = open_model("openai-chat:llama", base_url=server.url + "/v1/v1", keys=KEYS)
    server.send(b"404 page not found", status=404, kind="text/plain")
    with pytest.raises(ModelError, match="It has /v1 twice"):
        await model.respond(make_request())

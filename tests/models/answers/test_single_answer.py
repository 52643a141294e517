"""An answer is one, and ends as it says: what a stream or a body holds beside it adds nothing and hides nothing."""

import json

import pytest
from pydantic_ai import Agent
from pydantic_ai.models.fallback import FallbackModel
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.providers.google import GoogleProvider
from pydantic_ai.providers.openai import OpenAIProvider

from stretto.core.errors import ErrorKind, ModelError
from stretto.core.models import Finish, Model
from stretto.models import open_model

pytestmark = pytest.mark.anyio

KEYS = dict.fromkeys(("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GOOGLE_API_KEY", "OPENROUTER_API_KEY"), "sk-0123456789")
PIECES = ["Hel", "lo wor", "ld"]


def _open_on(server, protocol) -> Model:
    return open_model(protocol.spec, base_url=protocol.url(server), keys=KEYS)


async def _fail(server, protocol, make_request, *, streamed: bool) -> ModelError:
    with pytest.raises(ModelError) as caught:
        await _open_on(server, protocol).respond(make_request(), [].append if streamed else None)
    return caught.value


def _events(protocol, pieces: list[str], finish: str | None) -> list[dict[str, object]]:
    return [json.loads(chunk.split(b"data: ")[1]) for chunk in protocol.stream(pieces, finish).chunks]


@pytest.mark.parametrize("name", ["chat", "openrouter"])
@pytest.mark.parametrize("together", [False, True], ids=["apart", "together"])
async def test_a_second_choice_is_not_woven_in(server, protocols, make_request, name: str, together: bool):
    """A choice that nobody asked for adds nothing to the first, and its end is not the answer's end."""
    protocol = protocols[name]

    def choices(delta: dict[str, object], finish: str | None = None) -> list[dict[str, object]]:
        own = protocol.chunk(delta, finish)
        (choice,) = own["choices"]
        other = choice | {"index": 1, "delta": {"content": "Other"}, "finish_reason": "length"}
        both = [choice, other]
        return [own | {"choices": both[::-1]}] if together else [own | {"choices": [one]} for one in both]

    deltas = [{"content": piece} for piece in PIECES]
    events = [protocol.chunk({"content": ""}), *(event for delta in deltas for event in choices(delta))]
    server.stream(*events, *choices({}, "stop"), protocol.chunk({}) | {"choices": [], "usage": protocol.usage})
    told: list[str] = []
    reply = await _open_on(server, protocol).respond(make_request(), told.append)
    assert (reply.text, reply.finish, told) == ("".join(PIECES), "stop", PIECES)
    assert reply.usage


@pytest.mark.parametrize("name", ["chat", "openrouter"])
async def test_an_answer_that_was_cut_is_not_made_whole_by_a_later_stop(server, protocols, make_request, name: str):
    """Of two ends in one stream the one that says that something is missing counts."""
    protocol = protocols[name]
    pieces = [protocol.chunk({"content": piece}) for piece in PIECES]
    usage = protocol.chunk({}) | {"choices": [], "usage": protocol.usage}
    server.stream(*pieces, protocol.chunk({}, "length"), protocol.chunk({}, "stop"), usage)
    reply = await _open_on(server, protocol).respond(make_request(), [].append)
    assert (reply.text, reply.finish) == ("".join(PIECES), "length")


async def test_a_word_in_every_chunk_is_not_an_end(server, protocols, make_request):
    """A gateway that fills in something where others leave null is understood: the end that it says last counts."""
    protocol = protocols["chat"]
    pieces = [protocol.chunk({"content": piece}, "null") for piece in PIECES]
    server.stream(*pieces, protocol.chunk({}, "stop"), protocol.chunk({}) | {"choices": [], "usage": protocol.usage})
    reply = await _open_on(server, protocol).respond(make_request(), [].append)
    assert (reply.text, reply.finish) == ("".join(PIECES), "stop")


async def test_a_choice_without_a_number_is_the_first(server, protocols, make_request):
    """Servers that do not number their one choice are understood, and those that do so only at first."""
    reply = protocols["chat"].stream(PIECES, "stop")
    reply.chunks[1:] = [chunk.replace(b'"index": 0, ', b"") for chunk in reply.chunks[1:]]
    server.script = [reply]
    assert (await _open_on(server, protocols["chat"]).respond(make_request(), [].append)).text == "".join(PIECES)


def _completion(chat, text: str, finish: str | None) -> list[dict[str, object]]:
    begun = [chat.chunk({"role": "assistant", "content": ""}), chat.chunk({"content": text})]
    return [*begun, chat.chunk({}, finish)] if finish else begun


def _candidates(gemini, pieces: list[str], *, together: bool) -> list[dict[str, object]]:
    events: list[dict[str, object]] = []
    for piece in pieces:
        own = gemini.body(piece, None)
        (candidate,) = own["candidates"]
        other = {"index": 1, "content": {"role": "model", "parts": [{"text": "Other"}]}, "finishReason": "MAX_TOKENS"}
        both = [candidate, other]
        events += [own | {"candidates": both[::-1]}] if together else [own | {"candidates": [one]} for one in both]
    return [gemini.body("", None), *events, gemini.body("", "STOP")]


@pytest.mark.parametrize("together", [False, True], ids=["apart", "together"])
async def test_a_second_candidate_is_not_woven_in(server, protocols, make_request, together: bool):
    """Gemini's alternatives are kept apart like the choices of others."""
    gemini = protocols["gemini"]
    server.stream(*_candidates(gemini, PIECES, together=together))
    told: list[str] = []
    reply = await _open_on(server, gemini).respond(make_request(), told.append)
    assert (reply.text, reply.finish, told) == ("".join(PIECES), "stop", PIECES)


@pytest.mark.parametrize("name", ["chat", "gemini"])
async def test_of_a_whole_answers_alternatives_the_first_counts(server, protocols, make_request, name: str):
    """An unstreamed answer with a second choice is the first one's text and end."""
    protocol = protocols[name]
    body, other = (
        json.loads(protocol.whole(*message).chunks[0]) for message in (("One", protocol.stop), ("Two", protocol.length))
    )
    field = "candidates" if name == "gemini" else "choices"
    other[field][0] |= {"index": 1}
    server.say(body | {field: [*body[field], *other[field]]})
    reply = await _open_on(server, protocol).respond(make_request())
    assert (reply.text, reply.finish) == ("One", "stop")


@pytest.mark.parametrize("name", ["chat", "gemini"])
@pytest.mark.parametrize("nested", [False, True], ids=["plain", "nested"])
async def test_an_agents_answer_is_one_too(server, protocols, make_request, name: str, nested: bool):
    """Under a user's own agent, also one of several models in one, a second choice is left out as well."""
    protocol = protocols[name]
    if name == "gemini":
        model = GoogleModel("gemini-3-flash-preview", provider=GoogleProvider(api_key="AIza01234", base_url=server.url))
        server.stream(*_candidates(protocol, PIECES, together=False))
    else:
        provider = OpenAIProvider(api_key="sk-0123456789", base_url=f"{server.url}/v1")
        model = OpenAIChatModel("gpt-4.1-mini", provider=provider)
        second = {"index": 1, "delta": {"content": "Other"}, "finish_reason": None}
        pieces = [protocol.chunk({"content": piece}) for piece in PIECES]
        events = [event for own in pieces for event in (own, own | {"choices": [second]})]
        server.stream(*events, protocol.chunk({}, "stop"))
    agent = Agent(FallbackModel(WrapperModel(model)) if nested else model)
    told: list[str] = []
    async with agent:
        reply = await open_model(agent).respond(make_request(), told.append)
    assert (reply.text, told) == ("".join(PIECES), PIECES)


@pytest.mark.parametrize(
    ("word", "finish"),
    [("MAX_TOKENS", "length"), ("SAFETY", "refusal"), ("RECITATION", "refusal"), ("SPII", "refusal")],
)
@pytest.mark.parametrize("text", ["", "and on"], ids=["bare", "with text"])
async def test_geminis_cut_is_not_made_whole_by_a_later_stop(
    server, protocols, make_request, word: str, finish: Finish, text: str
):
    """What Gemini says was cut or withheld stays so, whatever comes behind it."""
    gemini = protocols["gemini"]
    server.stream(*(gemini.body(piece, None) for piece in PIECES), gemini.body("", word), gemini.body(text, "STOP"))
    reply = await _open_on(server, gemini).respond(make_request(), [].append)
    assert reply.finish == finish


async def test_geminis_failure_is_not_made_whole_by_a_later_stop(server, protocols, make_request):
    """Nor does a stop take back that the answer was given up."""
    gemini = protocols["gemini"]
    server.stream(gemini.body("Half", "OTHER"), gemini.body("", "STOP"))
    assert (await _fail(server, gemini, make_request, streamed=True)).kind == "cut"


async def test_a_stop_in_every_chunk_of_geminis_is_not_an_end(server, protocols, make_request):
    """Older models say STOP with each piece; the limit that comes at last counts."""
    gemini = protocols["gemini"]
    server.stream(*(gemini.body(piece, "STOP") for piece in PIECES), gemini.body("", "MAX_TOKENS"))
    reply = await _open_on(server, gemini).respond(make_request(), [].append)
    assert (reply.text, reply.finish) == ("".join(PIECES), "length")


@pytest.mark.parametrize(("word", "finish"), [("max_tokens", "length"), ("refusal", "refusal")])
async def test_anthropics_cut_is_not_made_whole_by_a_later_stop(
    server, protocols, make_request, word: str, finish: Finish
):
    """Of two ends of one message the one that says that something is missing counts."""
    anthropic = protocols["anthropic"]
    *events, last, stop = anthropic.events(PIECES, word)
    server.stream(*events, last, last | {"delta": {"stop_reason": "end_turn", "stop_sequence": None}}, stop, named=True)
    reply = await _open_on(server, anthropic).respond(make_request(), [].append)
    assert (reply.text, reply.finish) == ("".join(PIECES), finish)


@pytest.mark.parametrize("name", ["anthropic", "responses"])
@pytest.mark.parametrize("begun", [True, False], ids=["a new answer", "more of it"])
async def test_what_comes_behind_the_end_is_no_part_of_the_answer(
    server, protocols, make_request, name: str, begun: bool
):
    """After the event that ends an answer nothing is added to it: no text, no other end, no other usage."""
    protocol = protocols[name]
    more = _events(protocol, ["More"], protocol.length)
    server.stream(*_events(protocol, PIECES, protocol.stop), *(more if begun else more[1:-1]), named=True)
    told: list[str] = []
    reply = await _open_on(server, protocol).respond(make_request(), told.append)
    assert (reply.text, told) == ("".join(PIECES), PIECES)
    # A second end that says that something is missing is believed: the answer is asked for again, or continued.
    assert reply.finish == ("length" if name == "responses" and begun else "stop")


@pytest.mark.parametrize("name", ["anthropic", "responses"])
async def test_an_answer_begun_anew_is_not_joined_to_the_first(server, protocols, make_request, name: str):
    """Half an answer and a second one behind it are not read as one text."""
    protocol = protocols[name]
    server.stream(*_events(protocol, ["Half"], None), *_events(protocol, ["Whole"], protocol.stop), named=True)
    error = await _fail(server, protocol, make_request, streamed=True)
    assert (error.kind, error.retryable) == ("protocol", True)
    assert "begins a second answer" in str(error)


@pytest.mark.parametrize("name", ["chat", "openrouter"])
@pytest.mark.parametrize("finish", [None, "stop"])
async def test_a_completion_begun_anew_is_not_joined_to_the_first(
    server, protocols, make_request, name: str, finish: str | None
):
    """Another ID and the role again, after a gateway has asked anew: neither text is the answer."""
    first, second = (_completion(protocols[name], *message) for message in (("Half", finish), ("Whole", "stop")))
    server.stream(*first, *(event | {"id": "c2"} for event in second))
    error = await _fail(server, protocols[name], make_request, streamed=True)
    assert (error.kind, error.retryable) == ("protocol", True)
    assert "begins a second answer" in str(error)


@pytest.mark.parametrize("roles", [True, False])
async def test_an_id_of_each_chunks_own_is_no_beginning(server, protocols, make_request, roles: bool):
    """Servers that number every chunk, or say the role with each, are understood."""
    chat = protocols["chat"]
    role = {"role": "assistant"} if roles else {}
    pieces = [chat.chunk(role | {"content": piece}) | {"id": f"c{number}"} for number, piece in enumerate(PIECES)]
    usage = chat.chunk({}) | {"choices": [], "usage": chat.usage, "id": "u"}
    server.stream(*pieces, chat.chunk(role, "stop") | {"id": "c2"}, usage)
    reply = await _open_on(server, chat).respond(make_request(), [].append)
    assert (reply.text, reply.finish) == ("".join(PIECES), "stop")


@pytest.mark.parametrize("name", ["anthropic", "responses"])
async def test_a_beginning_said_twice_is_one(server, protocols, make_request, name: str):
    """A beginning that is repeated before anything was said is harmless."""
    protocol = protocols[name]
    first, *rest = _events(protocol, PIECES, protocol.stop)
    server.stream(first, first, *rest, named=True)
    reply = await _open_on(server, protocol).respond(make_request(), [].append)
    assert (reply.text, reply.finish) == ("".join(PIECES), "stop")


@pytest.mark.parametrize("told_by", ["the whole", "its item"])
async def test_an_item_that_is_incomplete_is_cut(server, protocols, streamed, make_request, told_by: str):
    """A response that says it is complete holds no whole answer while its message says that it is not."""
    responses = protocols["responses"]
    body = responses.response("Half", "completed")
    item = body["output"][0] | {"status": "incomplete"}
    if streamed:
        *events, last = _events(responses, ["Half"], "completed")
        done = {"type": "response.output_item.done", "output_index": 0, "item": item, "sequence_number": 5}
        output = [item] if told_by == "the whole" else []
        middle = [done] if told_by == "its item" else []
        server.stream(*events, *middle, last | {"response": body | {"output": output}}, named=True)
    else:
        server.say(body | {"output": [item]})
    error = await _fail(server, responses, make_request, streamed=streamed)
    assert error.kind == "cut"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"message": "Gone", "type": "server_error", "code": None}, "server"),
        ({"message": "Slow", "code": "rate_limit_exceeded"}, "rate_limit"),
        ({"message": "Pay", "code": "insufficient_quota"}, "billing"),
        ("It broke.", "server"),
        (True, "server"),
    ],
)
async def test_an_error_beside_a_whole_answer_counts(
    server, protocols, streamed, make_request, error: object, kind: ErrorKind
):
    """A Chat Completion with a choice that has stopped and an error beside it is that error."""
    chat = protocols["chat"]
    if streamed:
        server.stream(chat.chunk({"content": "Half"}), chat.chunk({}, "stop") | {"error": error})
    else:
        server.say(json.loads(chat.whole("Half", "stop").chunks[0]) | {"error": error})
    failure = await _fail(server, chat, make_request, streamed=streamed)
    assert failure.kind == kind
    assert "HTTP" not in str(failure)


async def test_an_error_in_place_of_an_answer_is_told_by_its_code(server, protocols, streamed, make_request):
    """What comes with status 200 and without a choice is asked for again only where that may help."""
    error = {"error": {"message": "Pay", "code": "insufficient_quota"}}
    if streamed:
        server.stream(error)
    else:
        server.say(error)
    failure = await _fail(server, protocols["chat"], make_request, streamed=streamed)
    assert failure.kind == "billing"


@pytest.mark.parametrize("name", ["chat", "openrouter"])
async def test_a_choices_own_error_counts(server, protocols, streamed, make_request, name: str):
    """An error inside a choice that has stopped is told like one beside it."""
    protocol = protocols[name]
    error = {"code": 502, "message": "Provider disconnected"}
    if streamed:
        last = protocol.chunk({}, "stop")
        last["choices"][0]["error"] = error
        server.stream(protocol.chunk({"content": "Half"}), last)
    else:
        body = json.loads(protocol.whole("Half", "stop").chunks[0])
        body["choices"][0]["error"] = error
        server.say(body)
    failure = await _fail(server, protocol, make_request, streamed=streamed)
    assert failure.kind == "server"
    assert "Provider disconnected" in str(failure)


async def test_a_response_that_is_complete_and_has_an_error_failed(server, protocols, make_request):
    """A stream's last event with an error in it is no answer's end, as in an answer of one piece."""
    responses = protocols["responses"]
    *events, last = _events(responses, PIECES, "completed")
    error = {"code": "server_error", "message": "Gone"}
    server.stream(*events, last | {"response": last["response"] | {"error": error}}, named=True)
    assert (await _fail(server, responses, make_request, streamed=True)).kind == "server"


async def test_a_response_that_lacks_a_piece_is_cut(server, protocols, make_request):
    """The last event repeats the whole text: where less of it came, something was lost on the way."""
    responses = protocols["responses"]
    first, *rest = _events(responses, PIECES, "completed")
    server.stream(first, *(event for event in rest if event.get("delta") != PIECES[1]), named=True)
    assert (await _fail(server, responses, make_request, streamed=True)).kind == "cut"


@pytest.mark.parametrize("text", ["", "Hello world \n"])
async def test_a_response_may_repeat_its_text_or_not(server, protocols, make_request, text: str):
    """No text in the last event, or one with other space around it, is no loss."""
    responses = protocols["responses"]
    *events, last = _events(responses, PIECES, "completed")
    server.stream(*events, last | {"response": responses.response(text, "completed")}, named=True)
    assert (await _open_on(server, responses).respond(make_request(), [].append)).text == "Hello world"


async def test_a_response_that_is_resumed_need_not_begin(server, protocols, make_request):
    """A stream without its beginning repeats at its end what was said in another."""
    responses = protocols["responses"]
    _, *events, last = _events(responses, PIECES, "completed")
    whole = last | {"response": responses.response("Before it: Hello world", "completed")}
    server.stream(*events, whole, named=True)
    assert (await _open_on(server, responses).respond(make_request(), [].append)).text == "Hello world"


async def test_a_piece_that_is_no_text_is_never_skipped(server, protocols, make_request):
    """A piece of another type fails the call; text is not lost in silence."""
    chat, anthropic = protocols["chat"], protocols["anthropic"]
    server.stream(chat.chunk({"content": "One"}), chat.chunk({"content": 5}), chat.chunk({}, "stop"))
    assert (await _fail(server, chat, make_request, streamed=True)).kind == "protocol"
    events = anthropic.events(["One"], "end_turn")
    empty = {"type": "content_block_delta", "index": 1, "delta": None}
    server.stream(*events[:-3], empty, *events[-3:], named=True)
    assert (await _fail(server, anthropic, make_request, streamed=True)).kind == "protocol"


async def test_a_character_in_two_pieces_is_one(server, protocols, make_request):
    """Gateways that count in UTF-16 part a character: its halves are joined, a lone one stays what it is."""
    chat = protocols["chat"]
    pieces = ["a\ud83d", "\ude00b\ud83d"]
    server.stream(*(chat.chunk({"content": piece}) for piece in pieces), chat.chunk({}, "stop"))
    reply = await _open_on(server, chat).respond(make_request(), [].append)
    assert reply.text == "a\U0001f600b\ud83d"


@pytest.mark.parametrize("error", [None, {}, "", {"message": None, "code": None}])
async def test_an_error_that_says_nothing_is_none(server, protocols, make_request, error: object):
    """A field for an error that is empty is no error."""
    server.say(json.loads(protocols["chat"].whole("Whole", "stop").chunks[0]) | {"error": error})
    assert (await _open_on(server, protocols["chat"]).respond(make_request())).text == "Whole"

"""What is sent is the same whether OpenAI's SDK searches the messages or not."""

import json
from typing import Any, cast

import httpx2
import pytest
from openai import AsyncOpenAI
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

from stretto.models.calls.plain_messages import send_plain_messages

pytestmark = pytest.mark.anyio

PLAIN = [{"role": "system", "content": "S"}, {"role": "user", "content": "U"}]
PARTS = [{"role": "user", "content": [{"type": "text", "text": "U"}]}]
REFUSED = httpx2.Response(400, json={})


@pytest.mark.parametrize("messages", [PLAIN, PARTS])
@pytest.mark.parametrize("extra", [None, {"more": 1}, {"messages": []}])
async def test_the_request_is_the_same(messages: list[Any], extra: object):
    """Order of fields included, and what a user adds stays."""
    bodies: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        bodies.append(request.content.decode())
        return REFUSED

    for spared in (False, True):
        client = AsyncOpenAI(
            api_key="any", max_retries=0, http_client=httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
        )
        if spared:
            send_plain_messages(OpenAIChatModel("m", provider=OpenAIProvider(openai_client=client)))
        with pytest.raises(Exception, match="400"):
            await client.chat.completions.create(model="m", messages=messages, extra_body=cast("Any", extra))
    assert bodies[0] == bodies[1]
    assert json.loads(bodies[0])["model"] == "m"

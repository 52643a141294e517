"""Says whom a refusal names as its cause: who asks, the text that was asked about, or nobody. No I/O."""

import re
from typing import Literal

from pydantic_ai import exceptions as failures

from stretto.models.failures.failure_body import flags_input, is_page, read_codes, read_message

Cause = Literal["asker", "text", "nothing"]
"""asker: the key, the account or the model, which every call shares; text: what this call alone has in it."""

# Codes that are about who asks, whatever the message says.
_ASKER_CODE = re.compile(
    r"api_?key|authentication|unauthenticated|token_|_token|credential|account|organization|deactivated"
    r"|model_not|_model|no_such_model"
)
_TEXT_CODE = re.compile(r"content|moderation|safety|inspection|sensitive|guardrail_block")
# Permission codes come with whatever the provider forbids, a text or a country too: then the message decides.
_PERMISSION_CODE = re.compile(r"permission")
_TEXT = re.compile(
    r"\b(?:content|moderat\w+|flagged|inappropriate|sensitive|harmful|unsafe|safety|violat\w+|profan\w+|offensive"
    r"|prompts?|injection)\b|内容|敏感|违规|不当",
    re.IGNORECASE,
)
# "Country, region, or territory not supported" is about neither the key nor the text.
_PLACE = re.compile(r"\b(?:countr(?:y|ies)|regions?|territor\w+|locations?|ip address(?:es)?|your ip)\b", re.IGNORECASE)
_ASKER = re.compile(
    r"\b(?:api[ _-]?keys?|x-api-key|keys?|tokens?|credentials?|unauthori[sz]ed|(?:un)?authenticat\w+|auth|bearer"
    r"|log(?:ged)? ?in|accounts?|organi[sz]ations?|projects?|subscriptions?|workspaces?|models?|deployments?)\b"
    r"|密钥|令牌|账户|账号|模型",
    re.IGNORECASE,
)
_MODEL = re.compile(r"\b(?:models?|deployments?|engines?)\b|模型", re.IGNORECASE)


def named_cause(error: failures.ModelAPIError, status: int | None, model: str) -> Cause:
    """Return whom the body of a refusal names; `model` is the name under which the model was asked for."""
    if is_page(error):
        return "nothing"
    codes = tuple(read_codes(error))
    message = read_message(error)
    if flags_input(error):
        return "text"
    if any(map(_ASKER_CODE.search, codes)):
        return "asker"
    if status in (404, 405):
        # What a wrong address answers has the same status; and where nothing is found no text was read.
        return "asker" if status == 404 and (_MODEL.search(message) or _names(model, message)) else "nothing"
    if any(map(_TEXT_CODE.search, codes)) or _TEXT.search(message):
        return "text"
    if _PLACE.search(message):
        return "nothing"
    named = _ASKER.search(message) or _names(model, message) or any(map(_PERMISSION_CODE.search, codes))
    return "asker" if named else "nothing"


def _names(model: str, message: str) -> bool:
    return len(model) > 2 and model.lower() in message.lower()

"""The protocols that the simulator speaks, one module each."""

from collections.abc import Mapping

from tests.simulator.asked import ProtocolName
from tests.simulator.http import Request
from tests.simulator.protocols.anthropic import Anthropic
from tests.simulator.protocols.base import Protocol
from tests.simulator.protocols.chat import Chat
from tests.simulator.protocols.gemini import Gemini
from tests.simulator.protocols.openrouter import OpenRouter
from tests.simulator.protocols.responses import Responses

PROTOCOLS: Mapping[ProtocolName, Protocol] = {
    protocol.name: protocol for protocol in (Anthropic(), Chat(), Responses(), Gemini(), OpenRouter())
}


def route(request: Request) -> Protocol | None:
    """Return the protocol that this request is in; None for an address that no provider has."""
    return next((protocol for protocol in PROTOCOLS.values() if protocol.serves(request)), None)

"""How a user may name a model, and what is said when it is no name."""

import pytest

from stretto.core.errors import InputError
from stretto.models import resolve_spec


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("anthropic:claude-haiku-4-5", "anthropic:claude-haiku-4-5"),
        (" Anthropic:claude-haiku-4-5\n", "anthropic:claude-haiku-4-5"),
        ("claude-sonnet-4-5", "anthropic:claude-sonnet-4-5"),
        ("claude-sonnet-4-5-20250929", "anthropic:claude-sonnet-4-5-20250929"),
        ("gpt-6-luna", "openai:gpt-6-luna"),
        ("o3-mini", "openai:o3-mini"),
        ("gemini-3-flash-preview", "google:gemini-3-flash-preview"),
        ("google/gemini-3-flash-preview", "openrouter:google/gemini-3-flash-preview"),
        ("meta-llama/llama-4:free", "openrouter:meta-llama/llama-4:free"),
        ("openrouter:meta-llama/llama-4:free", "openrouter:meta-llama/llama-4:free"),
        ("ollama:llama3.2:3b", "ollama:llama3.2:3b"),
        ("gateway/openai:gpt-6-luna", "gateway/openai:gpt-6-luna"),
        ("demo", "demo"),
        ("demo:cut", "demo:cut"),
    ],
)
def test_names_that_are_understood(written: str, meant: str):
    """Full names, bare ids of the well-known makers and OpenRouter's ids are all understood."""
    assert resolve_spec(written, {}) == meant


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("", "The model has no name."),
        ("  ", "The model has no name."),
        ("anthropic:", "half of it is missing"),
        (":claude", "half of it is missing"),
        ("claude sonnet", "white space"),
        ("llama3.2", "Unknown model 'llama3.2'. Write provider:model"),
        ("claud-sonnet-5-5", "Did you mean anthropic:claude-sonnet-5-5?"),
    ],
)
def test_names_that_are_not(written: str, message: str):
    """What cannot be a name is refused in one line with the way out."""
    with pytest.raises(InputError) as caught:
        resolve_spec(written, {})
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_environment_overrides_every_name():
    """`STRETTO_MODEL` counts before any name; set to nothing it does not count."""
    assert resolve_spec("claude-sonnet-4-5", {"STRETTO_MODEL": "demo"}) == "demo"
    assert resolve_spec("", {"STRETTO_MODEL": "gpt-6-luna"}) == "openai:gpt-6-luna"
    assert resolve_spec("demo", {"STRETTO_MODEL": " "}) == "demo"

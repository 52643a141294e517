"""The command line against a provider on a socket."""

import json

import pytest

from tests.simulator.catalogue import FAULTS
from tests.simulator.faults import Fault, Script
from tests.simulator.hosting import SimulatorThread

TASK = "Write a product description for a steel water bottle"


@pytest.fixture
def provider(monkeypatch):
    """Give a provider to which OpenAI's models and Anthropic's go."""
    with SimulatorThread(key="sk-right") as simulator:
        monkeypatch.setenv("OPENAI_BASE_URL", simulator.openai_url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-right")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", simulator.url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-right")
        yield simulator


def dollars(quote: str) -> list[float]:
    """Return the two ends of a quote's cost."""
    return [float(word.removeprefix("$")) for word in quote.split() if word.startswith("$")]


def test_a_flag_counts_before_stretto_model(stretto, provider, monkeypatch):
    """STRETTO_MODEL=demo is the environment's say, and a flag's is heard first; without a flag all runs on the demo."""
    monkeypatch.setenv("STRETTO_MODEL", "demo:delay=0")
    ended = stretto("run", TASK, "--model", "openai:gpt-5", "--dry-run")
    assert ended.err == "models: orchestrator openai:gpt-5, workers openai:gpt-5\n"
    ended = stretto("run", TASK, "--worker-model", "openai:gpt-5-mini", "--dry-run")
    assert ended.err == "models: orchestrator demo, workers openai:gpt-5-mini\n"
    assert stretto("run", TASK).code == 0
    assert provider.calls == ()


def test_a_dry_run_makes_no_call(stretto, provider):
    """--dry-run quotes calls, tokens and a range of money for the models it names, and asks none of them."""
    plain = stretto("run", TASK, "--model", "openai:gpt-5", "--subtasks", "3", "--dry-run")
    assert plain.code == 0
    assert plain.out.startswith("4 calls · about ")
    low, high = dollars(plain.out)
    assert 0 < low < high
    full = ("--synthesize", "merge", "--synthesis-model", "anthropic:claude-sonnet-4-5", "--fallback-model", "demo")
    more = stretto("run", TASK, "--model", "openai:gpt-5", "--subtasks", "3", "--dry-run", *full)
    assert "synthesis anthropic:claude-sonnet-4-5, fallback demo" in more.err
    assert more.out.startswith("5 calls · about ")
    assert dollars(more.out)[0] > low
    ended = stretto("run", TASK, "--model", "openai:gpt-5", "--dry-run", "--json")
    quote = json.loads(ended.out)
    assert (quote["calls"] > 1, quote["output_tokens"][0] > 0, quote["cost"][0]["complete"]) == (True, True, True)
    assert provider.calls == ()


def test_an_unknown_price_is_never_nothing(stretto, provider):
    """A price that is not known is called so; where a part is known, the quote says at least."""
    unknown = stretto("run", TASK, "--model", "openai:gpt-nobody-knows", "--dry-run")
    assert unknown.out.endswith(" · cost unknown\n")
    assert "$" not in unknown.out
    part = stretto(
        "run", TASK, "--model", "openai:gpt-nobody-knows", "--worker-model", "openai:gpt-5-mini", "--dry-run"
    )
    assert part.out.count("at least $") == 1
    assert len(dollars(part.out)) == 2


def test_a_dollar_budget_needs_known_prices(stretto, provider):
    """A budget in dollars for a model without a known price is refused in one line that names it and the way out."""
    ended = stretto("run", TASK, "--model", "openai:gpt-nobody-knows", "--budget-usd", "1")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.count("\n") == 1
    assert "openai:gpt-nobody-knows" in ended.err
    assert "--max-tokens-total" in ended.err


def test_a_dollar_budget_too_small_for_any_call_makes_none(stretto, provider):
    """A budget that not even the plan fits in costs nothing and says what to raise."""
    ended = stretto("run", TASK, "--model", "openai:gpt-5", "--budget-usd", "0.0001")
    assert ended.code == 1
    assert "The budget of $0.0001 does not allow another call" in ended.err
    assert "Raise budget_usd (--budget-usd)" in ended.err
    assert provider.calls == ()


@pytest.mark.parametrize(
    ("model", "variable"), [("openai:gpt-5", "OPENAI"), ("anthropic:claude-sonnet-5-5", "ANTHROPIC")]
)
def test_a_wrong_key_is_said_once_with_the_way_out(stretto, provider, monkeypatch, model, variable):
    """A key that the provider refuses costs one call, is said once with the command that mends it, and is not shown."""
    monkeypatch.setenv(f"{variable}_API_KEY", "sk-wrong-0123456789")
    ended = stretto("run", TASK, "--model", model, "-o", "out.md")
    assert (ended.code, ended.out) == (1, "")
    missing = [line for line in ended.err.splitlines() if line.startswith("missing: ")]
    assert len(missing) == 1
    assert f"stretto keys set {variable.lower()}" in missing[0]
    assert "0123456789" not in ended.err
    assert len(provider.calls) == 1


def test_the_plan_ends_with_the_quote_for_its_workers(stretto, provider):
    """After `plan` the last line on stderr says what running the plan takes: its workers and no orchestrator."""
    ended = stretto("plan", TASK, "--model", "openai:gpt-5", "--subtasks", "3")
    assert ended.code == 0
    last = ended.err.splitlines()[-1]
    assert last.startswith("running it: 3 calls · about ")
    assert 0 < dollars(last)[0] < dollars(last)[1]
    assert len(provider.calls) == 1


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("rate_limit_5", "waiting   openai:gpt-5 is busy: no further calls for 5 seconds."),
        ("quota", "stopped   no further calls to openai:gpt-5"),
    ],
)
def test_work_that_is_held_back_is_one_line(stretto, provider, fault, message):
    """A busy model and an account that cannot pay are said in one line each, the latter with how to go on."""
    provider.play_script(Script((Fault(effects=FAULTS[fault], role="worker", times=1),)))
    ended = stretto("run", TASK, "--model", "openai:gpt-5")
    held = [line for line in ended.err.splitlines() if "waiting  " in line or "stopped  " in line]
    assert len(held) == 1
    assert message in held[0]
    # Why, and how to go on, stands once: in what is missing.
    reason = "HTTP 429: You exceeded your current quota"
    assert ended.err.count(reason) == ended.err.count("Add credit or raise the spend limit") == (fault == "quota")

"""Cases of what models write, with what each must give."""

import json
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def load_cases() -> dict[str, tuple[str, object]]:
    """Return every case by name: its text, and either [type, description] pairs or the fault of the error."""
    cases: dict[str, tuple[str, object]] = {}
    for path in sorted(HERE.glob("cases_*.json")):
        for name, case in json.loads(path.read_text(encoding="utf-8")).items():
            cases[f"{path.stem.removeprefix('cases_')}-{name}"] = (case["text"], case["want"])
    return cases


CASES = load_cases()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for `case` once for every case."""
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", CASES.values(), ids=CASES.keys())


@pytest.fixture(scope="session")
def cases() -> dict[str, tuple[str, object]]:
    """Return all cases by name."""
    return CASES


@pytest.fixture(scope="session")
def texts() -> list[str]:
    """Return the texts of all cases."""
    return [text for text, _ in CASES.values()]

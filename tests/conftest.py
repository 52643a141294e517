"""What every test shares."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import certifi
import pytest
from hypothesis import HealthCheck, settings

from tests.forge import Forge, shared_forge
from tests.journal.servers import postgres

# Nothing here depends on how fast the machine is, and the same texts are tried each time.
settings.register_profile(
    "stretto", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("stretto")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator:
    """Collect no garbage among ten thousand tests, none of which is any: looking takes a quarter of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


@pytest.fixture(autouse=True, scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the runs of tests, and of the processes they start, out of the user's own journal."""
    os.environ["STRETTO_DATA_DIR"] = str(tmp_path_factory.mktemp("data"))


@pytest.fixture(autouse=True, scope="session")
def one_certificate(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Trust one authority: reading them all takes each client longer than its call, and none is looked at."""
    first, end, _ = Path(certifi.where()).read_text(encoding="utf-8").partition("-----END CERTIFICATE-----")
    file = tmp_path_factory.mktemp("certificates") / "one.pem"
    file.write_text(f"{first}{end}\n", encoding="utf-8")
    os.environ["SSL_CERT_FILE"] = str(file)


@pytest.fixture
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio, the loop that every provider's SDK runs on."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator:
    """One server for all tests that do not stop it."""
    with postgres() as server:
        yield server


@pytest.fixture(scope="session")
def forge() -> Forge:
    """Start commands as processes without the time that loading them takes."""
    return shared_forge()

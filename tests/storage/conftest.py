"""Commands in a namespace where small disks can be mounted."""

import subprocess
from collections.abc import Iterator

import pytest

from tests.forge import Forge
from tests.storage.disk import PRIVATE


@pytest.fixture(scope="module")
def private_forge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forge]:
    """Start commands where disks can be mounted that nobody else sees."""
    folder = tmp_path_factory.mktemp("disk")
    try:
        subprocess.run([*PRIVATE, "mount", "-t", "tmpfs", "tmpfs", folder], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"No small disk can be mounted here, so a full one is not tested: {error!r}")
    with Forge(PRIVATE) as forge:
        yield forge

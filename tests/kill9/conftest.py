"""What the crash tests share."""

import pytest


@pytest.fixture(scope="session")
def bytecode(tmp_path_factory):
    """Give a folder for compiled modules, which every process would else compile anew."""
    return tmp_path_factory.mktemp("bytecode")

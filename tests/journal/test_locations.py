"""Which journal a path or an address means."""

import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from platformdirs import user_data_path

from stretto.core.errors import InputError
from stretto.journal import data_folder, open_journal
from tests.journal.samples import result, worker

pytestmark = pytest.mark.anyio


def test_the_folder_is_the_users_unless_another_is_named(tmp_path):
    """STRETTO_DATA_DIR names another folder; blanks name none."""
    assert data_folder({"STRETTO_DATA_DIR": str(tmp_path)}) == tmp_path
    assert data_folder({"STRETTO_DATA_DIR": "~/kept"}) == Path.home() / "kept"
    for environ in ({}, {"STRETTO_DATA_DIR": "  "}):
        assert data_folder(environ) == user_data_path("stretto", appauthor=False)


async def test_without_a_place_it_is_in_the_users_folder(tmp_path, monkeypatch):
    """The default journal is one file in the data folder."""
    monkeypatch.setenv("STRETTO_DATA_DIR", str(tmp_path / "data"))
    async with open_journal() as journal:
        await journal.open_run("r", {})
    assert journal.place == str(tmp_path / "data" / "journal.db")
    assert [file.name for file in await anyio.to_thread.run_sync(lambda: list((tmp_path / "data").iterdir()))] == [
        "journal.db"
    ]


@pytest.mark.parametrize("form", ["{}", "sqlite:///{}", Path], ids=["text", "url", "path"])
async def test_a_file_is_named_in_several_forms(tmp_path, form):
    """A path, a path as text and an sqlite address mean the same file; odd characters are only characters."""
    file = tmp_path / "a folder?x=1#&%20" / "jörnal.db"
    async with open_journal(form.format(file) if isinstance(form, str) else form(file)) as journal:
        await journal.record("r", worker(), result())
    assert file.is_file()
    async with open_journal(file) as journal:
        assert (await journal.load("r")).outcomes == {worker(): result()}


@pytest.mark.parametrize("place", ["mysql://me:hunter2@host/db", "sqlite://", "sqlite:///", "http://x", "sqlite://a/b"])
def test_an_address_that_means_nothing_is_refused(place):
    """What cannot hold a journal is said without what may be secret in it, with what can."""
    with pytest.raises(InputError, match=r"cannot be kept at .*postgresql://") as caught:
        open_journal(place)
    assert "hunter2" not in str(caught.value)


def test_an_address_that_cannot_be_read_is_refused():
    """A broken address is not repeated, for there may be a password in it."""
    with pytest.raises(InputError, match="address cannot be read") as caught:
        open_journal("postgresql://me:hunter2@host:port/db")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_server_is_named_without_user_and_password(scheme):
    """The place that messages show is host, port and database."""
    pytest.importorskip("psycopg")
    url = f"{scheme}://me:hunter2@db.example:5433/runs?password=hunter2"
    assert open_journal(url).place == "postgresql://db.example:5433/runs"
    assert open_journal(f"{scheme}:///runs").place == "postgresql://localhost/runs"


def test_nothing_heavy_is_imported_before_a_journal_is_opened():
    """Importing stretto's journals does not import SQLAlchemy."""
    script = "import sys, stretto.journal; print([m for m in ('sqlalchemy', 'psycopg') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

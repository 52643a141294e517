"""Files: the format by the name, whole or not at all."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from stretto.core.errors import InputError, StrettoError
from stretto.core.task import Task
from stretto.export import FORMATS, check_writable, write_report


@pytest.mark.parametrize("suffix", [*FORMATS, ".HTML"])
def test_every_format_says_how_the_run_ended(report, tmp_path, suffix):
    """Whatever the format: that it is partial, what is missing, the label and the run can be read in the file."""
    file = tmp_path / f"out{suffix}"
    check_writable(file)
    assert not file.exists()
    write_report(report, file)
    page = file.read_text(encoding="utf-8")
    for said in ("artial", "The answer was empty.", "demo model, not a language model", "run-1", "Text "):
        assert said in page
    assert os.listdir(tmp_path) == [file.name]


def test_a_table_opens_as_utf_8_in_a_spreadsheet(whole, tmp_path):
    """A table begins with a byte order mark, without which spreadsheets garble Chinese; other files do not."""
    for name, mark in (("a.csv", True), ("a.md", False)):
        write_report(replace(whole, labels=("演示",)), tmp_path / name)
        data = (tmp_path / name).read_bytes()
        assert data.startswith(b"\xef\xbb\xbf") is mark
        assert "演示" in data.decode("utf-8-sig")


@pytest.mark.parametrize("name", ["out", "out.docx", ".md", "out.md.bak"])
def test_an_unknown_ending(whole, tmp_path, name):
    """A name that does not tell the format is refused with the known ones, before and when writing."""
    for refused in (lambda: check_writable(tmp_path / name), lambda: write_report(whole, tmp_path / name)):
        with pytest.raises(InputError) as caught:
            refused()
        assert str(caught.value).endswith("Known: .md, .json, .jsonl, .csv, .html.")


def test_what_was_there_is_replaced_and_keeps_its_mode(whole, tmp_path):
    """A second result takes the first one's place and its rights; a new file has those of any new file."""
    file = tmp_path / "out.md"
    old = os.umask(0o027)
    try:
        write_report(whole, file)
    finally:
        os.umask(old)
    assert file.stat().st_mode & 0o777 == 0o640
    file.chmod(0o604)
    file.write_text("old")
    write_report(whole, file)
    assert file.stat().st_mode & 0o777 == 0o604
    assert "old" not in file.read_text()


def test_a_link_stays_a_link(whole, tmp_path):
    """Writing through a symbolic link changes the file it points to."""
    (tmp_path / "real").mkdir()
    link = tmp_path / "out.md"
    link.symlink_to(tmp_path / "real" / "target.md")
    write_report(whole, link)
    assert link.is_symlink()
    assert (tmp_path / "real" / "target.md").read_text().startswith("# Result")


def test_places_that_cannot_be_written(whole, tmp_path, monkeypatch):
    """A folder, a missing folder, a file in a folder's place, a read-only file, a pipe and a device: one line each."""
    (tmp_path / "folder.md").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "fixed.md").touch()
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "device.md").symlink_to("/dev/null")
    # Root may write everything, so the system cannot be asked to refuse.
    monkeypatch.setattr(os, "access", lambda path, mode: path.name != "fixed.md")
    for name, reason in [
        ("folder.md", "it is a folder"),
        ("none/out.md", "its folder does not exist"),
        ("file/out.md", "its folder does not exist"),
        ("fixed.md", "it is read-only"),
        ("pipe.md", "it is no file but a pipe, a socket or a device"),
        ("device.md", "it is no file but a pipe, a socket or a device"),
    ]:
        with pytest.raises(InputError) as before:
            check_writable(tmp_path / name)
        assert str(before.value) == f"Cannot write {tmp_path / name}: {reason}. Choose another file with -o."
        with pytest.raises(StrettoError) as after:
            write_report(whole, tmp_path / name)
        assert not isinstance(after.value, InputError)
        assert str(after.value) == f"Cannot write {tmp_path / name}: {reason}."


def test_a_folder_that_refuses_is_found_before_the_run():
    """A folder in which the system lets nobody write is found by trying."""
    with pytest.raises(InputError, match=r"Cannot write /proc/out\.md"):
        check_writable(Path("/proc/out.md"))


def test_a_full_disk_leaves_what_was_there(whole, tmp_path, monkeypatch):
    """When writing fails half way, the old file is whole and nothing else is left."""
    file = tmp_path / "out.json"
    file.write_text("old")

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StrettoError, match="No space left on device"):
        write_report(whole, file)
    assert file.read_text() == "old"
    assert os.listdir(tmp_path) == ["out.json"]


def test_text_that_cannot_be_encoded_is_written(whole, tmp_path):
    """A lone surrogate from somewhere does not lose the file."""
    result = replace(whole.result, analysis="half \ud83d pair")
    write_report(replace(whole, result=result, task=Task.of("x")), tmp_path / "out.md")
    assert "half \ufffd pair" in (tmp_path / "out.md").read_text(encoding="utf-8")


def test_the_page_on_files_has_every_format():
    """The docs have a line for each format."""
    page = (Path(__file__).parents[2] / "docs" / "files.md").read_text(encoding="utf-8")
    assert all(f"\n| `{suffix}` |" in page for suffix in FORMATS)

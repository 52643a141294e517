"""Files beside files: those of killed processes go, those that somebody writes stay."""

import os
import threading
from contextlib import ExitStack

import pytest

from stretto.export import atomic_write, check_place, open_atomic, write_atomic


def left_behind(path, data=b"half"):
    """Leave what a process that is killed while it writes leaves."""
    temporary, descriptor = atomic_write.open_temporary(path)
    os.write(descriptor, data)
    os.close(descriptor)
    return temporary


@pytest.mark.parametrize("name", ["out.csv", "輸出 [1]*.csv", "x" * 251 + ".csv"])
@pytest.mark.parametrize("then", [check_place, lambda path: write_atomic(path, b"new")])
def test_what_a_killed_process_left_is_removed(tmp_path, name, then):
    """Whoever writes the same file next removes the rest, whatever the file's name; those of other files stay."""
    other = left_behind(tmp_path / "other.csv")
    for _ in range(2):
        left_behind(tmp_path / name)
    then(tmp_path / name)
    assert {file.name for file in tmp_path.iterdir()} - {name} == {other.name}


def test_what_somebody_writes_is_left_alone(tmp_path):
    """Two who write the same file at the same time both come to their end; the later one's stands."""
    path = tmp_path / "out.csv"
    with open_atomic(path) as first:
        first.write(b"first")
        with open_atomic(path) as second:
            second.write(b"second")
        assert path.read_bytes() == b"second"
        check_place(path)
    assert path.read_bytes() == b"first"
    assert os.listdir(tmp_path) == ["out.csv"]


def test_a_file_that_was_taken_for_abandoned_is_made_anew(tmp_path, monkeypatch):
    """Between its making and its lock a file can be removed; who made it makes another one."""
    hold, removed = atomic_write._lock, []

    def late(descriptor):
        if not removed:
            (file,) = tmp_path.iterdir()
            removed.append(file)
            file.unlink()
        hold(descriptor)

    monkeypatch.setattr(atomic_write, "_lock", late)
    write_atomic(tmp_path / "out.csv", b"new")
    assert removed
    assert os.listdir(tmp_path) == ["out.csv"]
    assert (tmp_path / "out.csv").read_bytes() == b"new"


def test_many_who_write_one_file_at_once_all_succeed(tmp_path):
    """Nobody's file is removed under his hands; what stands in the end is one of them, whole."""
    path, failed = tmp_path / "out.csv", []

    def write(number):
        try:
            for _ in range(20):
                write_atomic(path, b"%d" % number * 1000)
        except Exception as error:
            failed.append(error)

    with ExitStack() as stack:
        for number in range(8):
            thread = threading.Thread(target=write, args=(number,))
            thread.start()
            stack.callback(thread.join)
    assert not failed
    assert len(set(path.read_bytes())) == 1
    assert os.listdir(tmp_path) == ["out.csv"]

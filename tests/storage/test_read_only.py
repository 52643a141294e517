"""A journal where nothing may be written is read all the same, and nothing is paid for that it could not keep."""

from pathlib import Path

from tests.forge import Forge
from tests.storage.disk import SmallDisk, small_disk


def remount(disk: SmallDisk, how: str) -> None:
    """Mount the disk anew."""
    script = "import subprocess; subprocess.run(['mount', *sys.argv[1:]], check=True)"
    done = disk.forge.run(
        ["-o", f"remount,{how}", str(disk.folder)],
        environ={"PATH": "/bin:/sbin:/usr/bin"},
        folder=disk.work,
        script=script,
    )
    assert done.code == 0, done.err


def test_a_journal_on_read_only_media(private_forge: Forge, tmp_path: Path):
    """`runs`, `show` and `export` read it; `run` and `retry` say what is in the way before any call."""
    with small_disk(private_forge, tmp_path, "8m", kilobytes=1) as disk:
        data = disk.folder / "data"
        made = disk.stretto("run", "Describe the steel bottle", *disk.model(), data=data)
        assert made.code == 0, made.err
        (run_id,) = [line[5:] for line in made.err.splitlines() if line.startswith("run: ")]
        remount(disk, "ro")
        calls = len(disk.simulator.calls)
        assert run_id in disk.stretto("runs", data=data).out
        shown = disk.stretto("show", run_id, data=data)
        assert (shown.code, shown.out.count("by angle")) == (0, made.out.count("by angle"))
        assert disk.stretto("export", run_id, "-o", str(disk.work / "out.md"), data=data).code == 0
        for order in (["run", "Describe it", *disk.model()], ["rerun", run_id, "--subtask", "1"], ["delete", run_id]):
            refused = disk.stretto(*order, data=data)
            assert refused.code == 1
            assert f"error: The journal {data / 'journal.db'} may not be written" in refused.err
        assert len(disk.simulator.calls) == calls
        named = disk.stretto("run", "Describe it", *disk.model(), "--journal", str(data / "journal.db"), data=data)
        assert "Name another file with --journal" in named.err
        remount(disk, "rw")
        assert disk.files() == ["data"]

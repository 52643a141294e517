"""Commands in processes that load nothing: each is forked from one that has loaded it all, and can be killed like any.

Loading takes ten times as long as what most tests want to see of a command.
"""

import atexit
import gc
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO, NoReturn, Self

_ROOT = Path(__file__).parents[1]
_LOADED = (
    "openai.resources.chat",
    "psycopg",
    "pydantic_ai.models.openai",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite",
    "stretto.batch.queue",
    "stretto.faces.cli.commands.batches.run",
    "stretto.faces.cli.sessions.batch_session",
    "stretto.faces.cli.input.batch_inputs",
    "stretto.faces.cli.input.run_inputs",
    "stretto.faces.cli.commands.runs.resume",
    "stretto.faces.cli.sessions.resume_session",
    "stretto.faces.cli.commands.run",
    "stretto.faces.cli.commands.batches.worker",
    "stretto.journal.sql.postgres",
    "stretto.journal.sql.sqlite",
    "stretto.models.demo.model",
)


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


class Process:
    """A command that was started, on whatever streams it was given."""

    def __init__(self, keeper: socket.socket) -> None:
        self._keeper = keeper.makefile("rb")
        self._pid = int(self._keeper.readline())
        self._code: int | None = None

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal; a process that has ended gets none."""
        if self._code is None:
            os.kill(self._pid, number)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.send_signal(signal.SIGKILL)

    def wait(self) -> int:
        """Return its exit code once it has ended, a signal's as -number."""
        if self._code is None:
            self._code = int(self._keeper.readline())
            self._keeper.close()
        return self._code


class Command(Process):
    """A command whose output can be read."""

    def __init__(self, keeper: socket.socket, out: IO[bytes], err: IO[bytes]) -> None:
        super().__init__(keeper)
        self.out = out
        self.err = err

    def finish(self) -> Ended:
        """Return what else it says, once it has ended."""
        with self.out, self.err, ThreadPoolExecutor(1) as other:
            err = other.submit(self.err.read)
            out = self.out.read()
            return Ended(code=self.wait(), out=out.decode(), err=err.result().decode())


class Forge:
    """Starts commands; `with Forge() as forge: forge.start(["run", …])`."""

    def __init__(self, prefix: Sequence[str] = ()) -> None:
        """`prefix` is a command that runs another one, such as one in a namespace: there all commands are then."""
        self._prefix = prefix

    def __enter__(self) -> Self:
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            # What is measured of a process that is forked and killed would be measured wrongly.
            environ = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
            self._process = subprocess.Popen(
                [*self._prefix, sys.executable, "-m", "tests.forge", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
                env=environ,
                cwd=_ROOT,
            )
        self._orders = mine
        return self

    def __exit__(self, *_: object) -> None:
        self._orders.close()
        self._process.wait()

    def start(
        self,
        arguments: Sequence[str],
        *,
        environ: Mapping[str, str],
        folder: Path,
        script: str = "",
        stdin: int | None = None,
    ) -> Command:
        """Start `stretto` with these arguments in a folder, or a script that has them."""
        (out, their_out), (err, their_err) = os.pipe(), os.pipe()
        with self._order(arguments, environ, folder, script, their_out, their_err, stdin) as keeper:
            os.close(their_out)
            os.close(their_err)
            return Command(keeper, os.fdopen(out, "rb"), os.fdopen(err, "rb"))

    def start_on(
        self, terminal: int, arguments: Sequence[str], *, environ: Mapping[str, str], folder: Path, stdout: int
    ) -> Process:
        """Start `stretto` with stdin and stderr on a terminal, and stdout there or elsewhere."""
        with self._order(arguments, environ, folder, "", stdout, terminal, terminal) as keeper:
            return Process(keeper)

    def _order(
        self,
        arguments: Sequence[str],
        environ: Mapping[str, str],
        folder: Path,
        script: str,
        out: int,
        err: int,
        stdin: int | None,
    ) -> socket.socket:
        order = pickle.dumps((list(arguments), dict(environ), str(folder), script))
        mine, theirs = socket.socketpair()
        with theirs:
            given = [theirs.fileno(), out, err, *([] if stdin is None else [stdin])]
            socket.send_fds(self._orders, [order], given)
        return mine

    def run(self, arguments: Sequence[str], *, environ: Mapping[str, str], folder: Path, script: str = "") -> Ended:
        """Run a command to its end."""
        return self.start(arguments, environ=environ, folder=folder, script=script).finish()


@cache
def shared_forge() -> Forge:
    """Return the forge of this process, which is started when it is first needed."""
    forge = Forge().__enter__()
    atexit.register(forge.__exit__)
    return forge


def _serve(orders: socket.socket) -> None:
    """Start what is ordered; returns in each process that is to become a command, and in none other."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the keepers
    while True:
        order, descriptors, _, _ = socket.recv_fds(orders, 1 << 20, 4)
        if not order:
            os._exit(0)
        keeper, *streams = descriptors
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            pid = os.fork()
            if pid == 0:
                break
            orders.close()
            for stream in streams:
                os.close(stream)
            _keep(pid, keeper)
        for descriptor in descriptors:
            os.close(descriptor)
    for stream, number in zip(streams, (1, 2, 0), strict=False):
        os.dup2(stream, number)
    for descriptor in descriptors:
        os.close(descriptor)
    orders.close()
    # New ones: a stream remembers what kind of file it was opened for.
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - open to the very end
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115
    arguments, environ, folder, script = pickle.loads(order)
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(folder)
    sys.argv = ["stretto", *arguments]
    exec(script or "from stretto.faces.cli import main; sys.exit(main())", {"sys": sys})


def _keep(pid: int, told: int) -> NoReturn:
    """Say which process it is and how it ended; until that was read, no other process gets its number."""
    with suppress(OSError):  # Nobody listens any more.
        os.write(told, f"{pid}\n".encode())
        ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        assert ended
        code = ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status
        os.write(told, f"{code}\n".encode())
        os.read(told, 1)
    os.waitpid(pid, 0)
    os._exit(0)


if __name__ == "__main__":
    for name in _LOADED:
        import_module(name)
    assert threading.active_count() == 1
    gc.freeze()
    _serve(socket.socket(fileno=int(sys.argv[1])))

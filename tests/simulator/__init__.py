"""A simulated provider: real HTTP on loopback, four protocols, deterministic timing, faults by script."""

from tests.simulator.answers import Answer, Answers
from tests.simulator.asked import Asked, Role
from tests.simulator.bucket import Bucket
from tests.simulator.catalogue import FAULTS
from tests.simulator.faults import (
    ByteOrderMark,
    Cut,
    Drip,
    Effect,
    Error,
    ErrorKind,
    Fault,
    Hold,
    Html,
    HttpDate,
    IgnoredStream,
    Malformed,
    Moment,
    Noise,
    Pause,
    Raw,
    Rewrite,
    Say,
    Script,
    SecondChoice,
    Silence,
    SplitCharacters,
    StreamError,
)
from tests.simulator.hosting import SimulatorProcess, SimulatorThread
from tests.simulator.log import CallRecord
from tests.simulator.server import Simulator
from tests.simulator.settings import Settings
from tests.simulator.timing import INSTANT, REALISTIC, Timing
from tests.simulator.unreachable import UNRESOLVABLE_URL, refusing_url

__all__ = [
    "FAULTS",
    "INSTANT",
    "REALISTIC",
    "UNRESOLVABLE_URL",
    "Answer",
    "Answers",
    "Asked",
    "Bucket",
    "ByteOrderMark",
    "CallRecord",
    "Cut",
    "Drip",
    "Effect",
    "Error",
    "ErrorKind",
    "Fault",
    "Hold",
    "Html",
    "HttpDate",
    "IgnoredStream",
    "Malformed",
    "Moment",
    "Noise",
    "Pause",
    "Raw",
    "Rewrite",
    "Role",
    "Say",
    "Script",
    "SecondChoice",
    "Settings",
    "Silence",
    "Simulator",
    "SimulatorProcess",
    "SimulatorThread",
    "SplitCharacters",
    "StreamError",
    "Timing",
    "refusing_url",
]

"""A simulator runs in a thread and in a process of its own, and outlives a client that is killed."""

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.simulator import FAULTS, Fault, Hold, Script, SimulatorProcess, SimulatorThread
from tests.simulator_tests.clients import request_for

CLIENT = """
import json, sys, urllib.request
url, request = sys.argv[1], json.loads(sys.argv[2])
for text in ("one <response>", "two <response>"):
    request["body"]["messages"][0]["content"] = text
    data = json.dumps(request["body"]).encode()
    urllib.request.urlopen(urllib.request.Request(url + request["path"], data, request["headers"])).read()
"""


def post(url: str, text: str = "<response>") -> tuple[int, bytes]:
    """Ask for a text and return status and body."""
    path, headers, body = request_for("chat", text, streamed=False)
    request = urllib.request.Request(f"{url}{path}", json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_a_thread_serves_tests_without_a_loop() -> None:
    """In a thread the simulator answers, logs, and plays another script."""
    with SimulatorThread() as sim:
        assert sim.openai_url == f"{sim.url}/v1"
        assert sim.tls_url.startswith("https://")
        assert post(sim.url)[0] == 200
        sim.play_script(Script((Fault(effects=FAULTS["server"]),)))
        assert post(sim.url)[0] == 500
        assert [call.end for call in sim.calls] == ["delivered", "refused"]
        assert sim.summary()["peak"] == 1
    assert len(sim.calls) == 2


def test_a_thread_that_cannot_start_says_why() -> None:
    """A port that is taken is an error where the simulator is opened."""
    with SimulatorThread() as sim:
        port = int(sim.url.rpartition(":")[2])
        with pytest.raises(OSError, match="address already in use"), SimulatorThread(port=port):
            pass


def test_a_killed_client_leaves_a_log_that_tells_what_was_finished() -> None:
    """After kill -9 of a client the log knows its finished call, its open one is abandoned, and a repetition shows."""
    script = Script((Fault(effects=(Hold(name="gate"),), text="two"),))
    path, headers, body = request_for("chat", streamed=False)
    request = json.dumps({"path": path, "headers": headers, "body": body})
    with SimulatorThread(script=script) as sim:
        with subprocess.Popen([sys.executable, "-c", CLIENT, sim.url, request]) as client:
            sim.until(lambda calls: len(calls) == 2 and calls[1].fault)
            client.send_signal(signal.SIGKILL)
        sim.until(lambda calls: calls[1].end != "open")
        assert [call.end for call in sim.calls] == ["delivered", "abandoned"]
        sim.release("gate")
        post(sim.url, "two <response>")
        assert sim.repeated() == ()
        post(sim.url, "one <response>")
        assert sim.repeated() == (sim.calls[0].digest,)


def test_a_process_is_driven_over_http(tmp_path: Path) -> None:
    """`python -m tests.simulator` serves with what its command line says, and is read and driven over HTTP."""
    script, log = tmp_path / "script.json", tmp_path / "calls.jsonl"
    script.write_text('[{"fault": "overloaded", "times": 1}]')
    options = ["--speed", "inf", "--seed", "7", "--subtasks", "2", "--key", "key", "--words", "5", "5"]
    with SimulatorProcess(*options, "--script", str(script), "--log", str(log)) as sim:
        assert [post(sim.url, "<tasks>")[0] for _ in range(2)] == [503, 200]
        assert post(sim.url, "<tasks>")[1].count(b"<type>") == 2
        sim.play_script([{"fault": "server", "times": 1}])
        assert post(sim.url)[0] == 500
        sim.release("gate")
        summary = sim.summary()
        assert summary["ends"] == {"refused": 2, "delivered": 2}
        assert len(summary["repeated"]) == 1
    assert json.loads(log.read_text().splitlines()[-1])["number"] == 4


def test_a_process_with_a_rate_refuses_past_it() -> None:
    """--rate and --burst set a bucket."""
    with SimulatorProcess("--speed", "inf", "--rate", "0.001", "--burst", "1") as sim:
        assert [post(sim.url)[0] for _ in range(2)] == [200, 429]


def test_a_process_that_cannot_start_says_so(capfd: pytest.CaptureFixture[str]) -> None:
    """A wrong option ends the process with a line that says what is wrong, and opening it raises."""
    with pytest.raises(RuntimeError, match="did not start"), SimulatorProcess("--script", "missing.json"):
        pass
    assert "missing.json" in capfd.readouterr().err

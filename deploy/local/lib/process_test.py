"""What process.sh promises of the processes that it starts."""

import os
import pathlib
import signal
import subprocess
import time

import pytest

LIB = pathlib.Path(__file__).resolve().parent


def is_running(pid):
    """A zombie has ended: it only waits for a parent that asks how."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


@pytest.fixture
def bash(tmp_path):
    """Runs a script with process.sh at hand and its state in a folder of its own; answers what it
    printed. Whatever still runs in the end is killed."""

    def run(script, status=0):
        done = subprocess.run(
            ["bash", "-c", 'set -euo pipefail; source "$1/output.sh"; source "$1/process.sh"; '
             f'state_dir=$2; {script}', "test", LIB, tmp_path],
            capture_output=True, text=True, timeout=60)
        assert done.returncode == status, done.stderr
        return done.stdout.strip() if status == 0 else done.stderr

    yield run
    for pid_file in tmp_path.glob("run/*.pid"):
        try:
            os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)
        except ProcessLookupError:
            pass


def test_a_process_outlives_the_script_and_is_found_again(bash):
    bash("process_start sleeper f1 / sleep 60")
    pid = int(bash("process_pid sleeper"))
    assert os.getsid(pid) == pid
    assert bash("process_fingerprint sleeper") == "f1"


def test_a_stopped_process_is_gone(bash):
    bash("process_start sleeper f1 / sleep 60")
    pid = int(bash("process_pid sleeper"))
    bash("process_stop sleeper")
    assert not is_running(pid)
    assert bash("process_pid sleeper") == ""


def test_another_process_with_the_same_pid_is_not_taken_for_it_nor_stopped(bash, tmp_path):
    stranger = subprocess.Popen(["sleep", "60"])
    (tmp_path / "run").mkdir()
    (tmp_path / "run/sleeper.pid").write_text(f"{stranger.pid} 1 f1\n")
    assert bash("process_pid sleeper") == ""
    bash("process_stop sleeper")
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_process_that_ends_before_it_is_ready_is_told_with_what_it_said_this_time(bash):
    bash("process_start failing f1 / echo earlier; sleep 0.2")
    error = bash("process_start failing f1 / bash -c 'echo now; exit 3'; "
                 "process_must_become_ready failing 10 false", status=1)
    assert "| now" in error and "earlier" not in error
    assert "error: failing ended instead of becoming ready" in error


def test_a_process_that_is_never_ready_is_given_up(bash):
    error = bash("process_start sleeper f1 / sleep 60; "
                 "process_must_become_ready sleeper 1 false", status=1)
    assert "error: sleeper was not ready after 1 s" in error


def test_what_a_script_started_is_stopped_last_first(bash, tmp_path):
    bash("for name in one two; do process_start $name f / sleep 60; done; process_stop_started; "
         "process_pid one; process_pid two")
    assert not list(tmp_path.glob("run/*.pid"))


def test_an_environment_that_is_given_is_all_that_a_process_has(bash, tmp_path):
    bash("export SEEN=1; process_environment=(PATH=\"$PATH\" 'SECRET=a b=c'); "
         "process_start one f / sh -c 'env; exec sleep 60'; process_environment=(); "
         "process_start two f / sh -c 'env; exec sleep 60'")

    def environment(name, sign):
        deadline = time.monotonic() + 10
        while sign not in (text := (tmp_path / f"logs/{name}.log").read_text()):
            assert time.monotonic() < deadline
        return text

    assert "SEEN=" not in environment("one", "SECRET=a b=c\n")
    assert "SECRET=" not in environment("two", "SEEN=1\n")


def test_output_goes_to_the_log_of_the_process(bash, tmp_path):
    bash("process_start talker f / echo hello")
    deadline = time.monotonic() + 10
    while (tmp_path / "logs/talker.log").read_text() != "hello\n":
        assert time.monotonic() < deadline

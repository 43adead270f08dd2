"""A program never outlives the crm that runs it, however that ends, and never holds its lock."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.harness.crm import Crm

DEAL = "xgcej9p8"
SLOW = "#!/bin/sh\nsleep 300 &\necho $$ $! > ../pids.new\nmv ../pids.new ../pids\nwait\n"
"""A program with a child of its own, which tells both their numbers."""
SIGNALS = {"SIGKILL": -9, "SIGTERM": -15, "SIGHUP": -1, "SIGINT": 130}
WAYS = {
    "a program of a rule": ["win", DEAL],
    "a hook before a change": ["note", DEAL, "-m", "x"],
    "a hook after a change": ["note", DEAL, "-m", "x"],
    "a command that sends": ["due", "--mail", "--send", "./slow.sh"],
}


@pytest.fixture(autouse=True)
def nothing_left(tmp_path: Path) -> Iterator[None]:
    """End what a test that failed has left running: these processes, by their numbers."""
    yield
    numbers = tmp_path / "pids"
    for pid in map(int, numbers.read_text().split() if numbers.exists() else []):
        if is_alive(pid):
            os.kill(pid, signal.SIGKILL)


def prepare(crm: Crm, way: str) -> None:
    place = {"a hook before a change": "pre-change", "a hook after a change": "post-change"}.get(way)
    path = crm.data / "hooks" / place if place else crm.root / "slow.sh"
    path.parent.mkdir(exist_ok=True)
    path.write_text(SLOW)
    path.chmod(0o755)
    if way == "a program of a rule":
        rule = "rules:\n  - {id: slow, on: won, run: {program: ./slow.sh, timeout: 200}}\n"
        config = crm.data / "crm.yaml"
        config.write_text(config.read_text().replace("rules:\n", rule, 1))
    crm.environment["XDG_STATE_HOME"] = str(crm.root.parent / "state")
    crm("trust", "--yes")


def started(crm: Crm, arguments: list[str]) -> "subprocess.Popen[bytes]":
    return crm.start(*arguments, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=False)


def told(crm: Crm) -> list[int]:
    """The numbers of the program and of its child, as soon as they are told."""
    path = crm.root.parent / "pids"
    return [int(each) for each in (until(path.exists) and path.read_text()).split()]


def until(condition: object, patience: float = 20) -> bool:
    deadline = time.monotonic() + patience
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return True


def is_alive(pid: int) -> bool:
    """Does this process still run? One that is dead and not yet waited for does not."""
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(shown.stdout.strip()) and not shown.stdout.strip().startswith("Z")


def watchers(crm: Crm) -> Iterator[str]:
    """The watchers of this workspace: they stand where its commands do."""
    shown = subprocess.run(["ps", "-eo", "pid=,args="], capture_output=True, text=True, check=True)
    for line in shown.stdout.splitlines():
        pid = line.split()[0]
        with suppress(OSError):  # it has ended meanwhile
            if "read -r group" in line and os.readlink(f"/proc/{pid}/cwd") == str(crm.root):
                yield line


ENDS = [
    *(("SIGKILL", way) for way in WAYS),
    *((name, way) for name in ("SIGTERM", "SIGHUP", "SIGINT") for way in list(WAYS)[:2]),
]


@pytest.mark.parametrize(("name", "way"), ENDS)
def test_a_program_ends_with_the_crm_that_runs_it(crm: Crm, name: str, way: str) -> None:
    prepare(crm, way)
    running = started(crm, WAYS[way])
    pids = told(crm)
    assert len(pids) == 2
    assert all(map(is_alive, pids))
    running.send_signal(signal.Signals[name])
    _, said = running.communicate(timeout=20)
    assert running.returncode == SIGNALS[name], said
    assert b"Traceback" not in said
    until(lambda: not any(map(is_alive, pids)))
    for hook in crm.data.glob("hooks/*"):
        hook.unlink()
    crm("note", DEAL, "-m", "y", CRM_LOCK_TIMEOUT="0.5")
    assert crm("check").out == ""


def test_a_program_that_runs_too_long_ends_with_its_children(crm: Crm) -> None:
    prepare(crm, "a program of a rule")
    config = crm.data / "crm.yaml"
    config.write_text(config.read_text().replace("timeout: 200", "timeout: 1"))
    crm("trust", "--yes")
    assert "stopped after 1 s" in crm("win", DEAL, code=7).err
    until(lambda: not any(map(is_alive, told(crm))))


def test_what_a_program_leaves_behind_ends_with_it(crm: Crm) -> None:
    prepare(crm, "a program of a rule")
    (crm.root / "slow.sh").write_text(SLOW.replace("wait\n", "exit 0\n"))
    crm("trust", "--yes")
    crm("win", DEAL)
    until(lambda: not any(map(is_alive, told(crm))))


def test_no_watcher_is_left(crm: Crm) -> None:
    prepare(crm, "a program of a rule")
    for script in ("exit 3\n", "kill -9 $$\n", "no shebang"):
        (crm.root / "slow.sh").write_text(f"#!/bin/sh\n{script}" if script != "no shebang" else script)
        crm("trust", "--yes")
        crm("win", DEAL, code=7)
        crm("reopen", DEAL)
    until(lambda: not list(watchers(crm)))


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="there is no /proc here")
@pytest.mark.parametrize("way", WAYS)
def test_a_program_inherits_no_descriptor(crm: Crm, way: str) -> None:
    prepare(crm, way)
    running = started(crm, WAYS[way])
    pids = told(crm)
    for pid in pids:
        held = {int(each.name): os.readlink(each) for each in Path(f"/proc/{pid}/fd").iterdir()}
        named = {number: path for number, path in held.items() if number > 2}
        assert all(path.endswith((".sh", "-change")) for path in named.values()), named  # the script itself
        assert held[1] == "/dev/null"
        assert not any(
            path.startswith(("pipe:", "socket:", str(crm.data / "")))
            for number, path in held.items()
            if number < 3
        )
    running.kill()
    running.communicate()
    until(lambda: not any(map(is_alive, pids)))

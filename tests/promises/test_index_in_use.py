"""Promise 5 while people work: the index is removed, replaced, cut off and scribbled over, and its builders are killed."""

import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

from tests.harness import figures
from tests.harness.crm import Crm
from tests.harness.office import STOP, Writer, open_office, read
from tests.harness.processes import fork_process
from tests.harness.workspaces import Workspace

SECONDS = float(os.environ.get("CRM_TRY_SECONDS", "20")) / 2
SEED = int(os.environ.get("CRM_TRY_SEED", random.SystemRandom().randrange(10**6)))
WRITERS, READERS = 4, 3
NAMES = ("index.sqlite3", "index.seen")
ASKED = (
    ("list", "is:any", "-o", "jsonl"),
    ("contact", "list", "-o", "jsonl"),
    ("activity", "list", "state:any", "-o", "jsonl"),
    ("report", "pipeline", "-o", "json"),
)
Damage = Callable[[Path, random.Random], None]


def put(place: Path, content: bytes) -> None:
    """Put a file in the place of another."""
    draft = place.with_name(f"{place.name}.put")
    draft.write_bytes(content)
    draft.rename(place)


def remove(place: Path, chance: random.Random) -> None:
    """The database, its seal, or both are removed."""
    for name in chance.sample(NAMES, chance.choice((1, 2))):
        (place / name).unlink(missing_ok=True)


def remove_all(place: Path, chance: random.Random) -> None:
    """All that is derived from the records is removed."""
    shutil.rmtree(place, ignore_errors=True)


def bring_back(place: Path, chance: random.Random) -> None:
    """The database, its seal, or both are of another moment: older, or newer than what is there now."""
    for name in chance.sample(NAMES, chance.choice((1, 2))):
        kept = place.parent.parent.parent / f"kept-{name}"
        now = (place / name).read_bytes()
        put(place / name, kept.read_bytes() if kept.exists() else now)
        kept.write_bytes(now)


def bring_another_version(place: Path, chance: random.Random) -> None:
    """The seal is of another version of crm."""
    content = (place / NAMES[1]).read_bytes()
    put(place / NAMES[1], content.replace(b"crm-index ", chance.choice((b"crm-index 9", b"crm-index 0")), 1))


def scribble(place: Path, chance: random.Random) -> None:
    """Some bytes of the database or the seal are others."""
    name = chance.choice(NAMES)
    content = bytearray((place / name).read_bytes())
    for _ in range(chance.randrange(1, 200)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    put(place / name, bytes(content))


def cut_off(place: Path, chance: random.Random) -> None:
    """The database is cut off where it is, under the hands of whoever reads it."""
    size = (place / NAMES[0]).stat().st_size
    os.truncate(place / NAMES[0], chance.randrange(size + 1))


DAMAGES: tuple[Damage, ...] = (remove, remove_all, bring_back, bring_another_version, scribble, cut_off)


def damage(workspace: Workspace, seconds: float) -> int:
    """Damage the index again and again; print how often."""
    signal.alarm(int(seconds) + 120)
    chance, done, end = random.Random(f"{SEED} damage"), 0, time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(chance.uniform(0, 0.15))
        try:
            chance.choice(DAMAGES)(workspace.derived, chance)
        except (FileNotFoundError, ValueError):  # there is none now, or it is empty
            continue
        done += 1
    print(done)
    return 0


def answers(crm: Crm) -> list[str]:
    """What is asked of the index."""
    return [crm(*each).out for each in ASKED]


def test_answers_are_right_whatever_happens_to_the_index(workspace: Workspace) -> None:
    print(f"CRM_TRY_SEED={SEED} CRM_TRY_SECONDS={SECONDS * 2}")
    deals = open_office(workspace, WRITERS)
    workspace("list")
    staff = [Writer(workspace, number, deals, SEED) for number in range(WRITERS)]
    writers = [fork_process(lambda each=each: each.work(SECONDS)) for each in staff]  # type: ignore[misc]
    readers = [fork_process(lambda n=n: read(workspace, deals, [], SEED + n)) for n in range(READERS)]  # type: ignore[misc]
    vandal = fork_process(lambda: damage(workspace, SECONDS)).wait()
    assert (vandal.code, vandal.err) == (0, ""), vandal.err
    for each in writers:
        ended = each.wait()
        assert (ended.code, ended.err) == (0, ""), ended.err
        assert "Traceback" not in ended.out, ended.out[ended.out.rindex("Error") - 1500 :][:3000]
        figures.count("commands run", ended.out.count("\n"))
    (workspace.root / STOP).touch()
    for each in readers:
        ended = each.wait()
        assert (ended.code, ended.err) == (0, ""), ended.err
        figures.count("commands run", int(ended.out))
    assert int(vandal.out) > 5
    figures.count("indexes damaged", int(vandal.out))
    found = answers(workspace)
    shutil.rmtree(workspace.derived)
    assert answers(workspace) == found
    assert workspace.is_clean()

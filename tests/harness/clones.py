"""Two clones of a workspace on which people work at the same time, and what merging their files gives."""

import random
import shutil
from pathlib import Path
from typing import NamedTuple

from crmcli.store.git.merge_contents import merge_contents
from tests.harness import figures
from tests.harness.crm import Crm

Files = dict[str, bytes]
ACTIVITIES = ("pat31e4a", "vd36ne4e", "m80w7wkx")
DEALS = ("xgcej9p8", "p4rr1d0x", "teqcvdqh")
WORK = (  # what people do to a deal, with its id for {0}, a number for {1}, the id of an activity for {2}
    "note {0} -m note-{1}",
    "tag {0} --add t{1}",
    "tag {0} --add pab",
    "activity add {0} --type call --summary activity-{1} --due {1}d",
    "done {2} --outcome reached",
    "activity snooze {2} --by {1}d",
    "activity cancel {2} --reason gone",
    "set {0} priority=3",
    "set {0} description=line-{1}",
    "set {0} budget={1}000",
    "set {0} referral.by=hc40xjg9",
    "questionnaire answer {0} marque=M{1}",
    "questionnaire answer {0} budget={1}000",
    "set {0} expected_close=2027-01-{1:02d}",
    "set {0} owner=paul",
    "move {0} --to negotiation --force",
    "move {0} --to quoted --force",
    "win {0} --force",
    "lose {0} --reason price",
    "reopen {0}",
    "tick",
    "email queue {0} -t relance-devis",
    "contact create Person-{1} --email p{1}@example.org",
    "create Deal-{1} --contact Person-{1}",
    "contact set pierre-richard phones=+3361234567{1}",
    "contact note pierre-richard -m note-{1}",
)


class Merge(NamedTuple):
    """The files of two clones merged, and the fields in conflict by path."""

    files: Files
    conflicts: dict[str, tuple[str, ...]]


def clone(crm: Crm, name: str, user: str, now: str) -> Crm:
    """Another clone of a workspace, for another person."""
    copied = Crm(Path(shutil.copytree(crm.root, crm.root.parent / name)))
    copied.environment |= {"CRM_USER": user, "CRM_NOW": now}
    return copied


def work(crm: Crm, chance: random.Random, commands: int) -> list[str]:
    """Run random commands, some of which may be refused; return those that were done."""
    done = []
    for number in range(commands):
        line = chance.choice(WORK).format(
            chance.choice(DEALS), chance.randrange(1, 9), chance.choice(ACTIVITIES)
        )
        hour = f"2026-11-24T{9 + number:02d}:{chance.randrange(60):02d}:{chance.randrange(2):02d}"
        ended = crm.run(*line.split(), CRM_NOW=hour)
        assert "Traceback" not in ended.err, ended.err
        done += [line] if ended.code == 0 else []
    return done


def merge_files(base: Files, ours: Files, theirs: Files) -> Merge:
    """All files of two clones merged, without git: a removed file stays if the other side changed it."""
    merged: Files = {}
    conflicts = {}
    for path in sorted({*ours, *theirs}):
        before, left, right = (side.get(path) for side in (base, ours, theirs))
        if left is None or right is None:
            kept = left if right is None else right
            if kept is not None and kept != before:
                merged[path] = kept
        else:
            figures.count("files merged")
            each = merge_contents(path, before, left, right)
            merged[path] = each.content
            if each.conflicts:
                conflicts[path] = each.conflicts
    return Merge(merged, conflicts)

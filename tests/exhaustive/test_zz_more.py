"""Two people work on their clones at the same time: whatever they do, merging keeps all of it."""

import random
from collections import Counter
from typing import Any

import pytest

from crmcli.store.codec.parser import parse_yaml
from tests.harness.clones import Files, clone, merge_files, work
from tests.harness.crm import Crm

ALWAYS_KEPT = ("activities", "messages", "rewards", "files")


def parts(files: Files) -> Counter[str]:
    """Ids of everything that a merge must not lose: parts of records, notes, tags."""
    found: Counter[str] = Counter()
    for path, content in files.items():
        if not path.startswith(("pipeline_data/opportunities/", "pipeline_data/contacts/")):
            continue
        tree: dict[str, Any] = parse_yaml(content.decode())
        for key in ALWAYS_KEPT:
            found.update(f"{path} {key} {part['id']}" for part in tree.get(key, ()))
        found.update(f"{path} tag {tag}" for tag in tree.get("tags", ()))
        found.update(
            f"{path} note {each['id']}" for each in tree.get("history", ()) if each["event"] == "note"
        )
    return found


@pytest.mark.parametrize("seed", range(112, 260))
def test_a_merge_keeps_everything_whoever_merges(crm: Crm, seed: int) -> None:
    chance = random.Random(seed)
    base = crm.records()
    other = clone(crm, "other", "paul", "2026-11-24T09:30")
    said = [work(side, chance, 6) for side in (crm, other)]
    ours, theirs = crm.records(), other.records()
    merged, conflicts = merge_files(base, ours, theirs)
    mirrored = merge_files(base, theirs, ours)
    assert conflicts == mirrored.conflicts, said
    fine = {path for path in merged if path not in conflicts}
    for path in fine:
        assert merged[path] == mirrored.files[path], (path, said)
    for path in fine:
        before = Counter(dict.fromkeys(parts({p: c for p, c in base.items() if p == path}), 1))
        left, right, both = (
            parts({path: files[path]} if path in files else {}) for files in (ours, theirs, merged)
        )
        lost = [
            id
            for id in left | right
            if id not in both and not (id in before and not (left[id] and right[id]))
        ]
        assert not lost, (path, said)
        assert max(both.values(), default=1) == 1, (path, said)
    again = merge_files(merged, merged, merged)
    assert again.files == merged
    for side in (ours, theirs):
        once_more = merge_files(side, merged, side)
        assert {path: once_more.files[path] for path in fine} == {path: merged[path] for path in fine}, said
    for path in fine:
        crm.root.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
        crm.root.joinpath(path).write_bytes(merged[path])
    for path in base.keys() | ours.keys():
        if path not in merged:
            crm.root.joinpath(path).unlink(missing_ok=True)
    if not conflicts:
        lines = crm.run("check").out.splitlines()
        assert [each for each in lines if "is the same person as" not in each] == [], said

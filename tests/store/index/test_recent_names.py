"""Records are found by the index without listing their files, unless one may have come or gone."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcli.store.index.file_stats import File, drop_common_ends
from tests.harness.crm import Crm

RICHARD = "xgcej9p8"


def copied_beside(crm: Crm) -> Path:
    place = crm.file(RICHARD)
    return Path(shutil.copy(place, place.with_name(f"copy--{RICHARD}.yaml")))


def copied_and_set_back(crm: Crm) -> Path:
    """As rsync and tar leave a directory: with the time that it had elsewhere."""
    folder = crm.file(RICHARD).parent
    before = folder.stat()
    copy = copied_beside(crm)
    os.utime(folder, ns=(before.st_atime_ns, before.st_mtime_ns))
    return copy


@pytest.mark.parametrize("reference", [RICHARD, "its path"])
@pytest.mark.parametrize("copy_file", [copied_beside, copied_and_set_back])
def test_a_copy_that_came_since_the_index_was_made_is_noticed(
    crm: Crm, copy_file: Callable[[Crm], Path], reference: str
) -> None:
    crm("list")
    copy = copy_file(crm)
    if reference == RICHARD:
        assert "2 records match" in crm.refused("note", RICHARD, "-m", "Rappeler", code=4)
    else:
        assert f"{RICHARD} is the id of two files" in crm.refused("note", str(copy), "-m", "Rappeler", code=5)


def test_a_copy_in_a_folder_that_was_not_there_is_noticed(crm: Crm) -> None:
    people = crm.data / "contacts"
    aside = crm.root.parent / "people"
    people.rename(aside)
    crm("list")
    shutil.copytree(aside, people)
    assert crm("contact", "show", "f8dz9xw4", "-o", "json").code == 0


@pytest.mark.parametrize("gone", ["moved", "deleted"])
def test_a_file_that_has_gone_is_not_found_where_it_was(crm: Crm, gone: str) -> None:
    crm("list")
    place = crm.file(RICHARD)
    if gone == "moved":
        (place.parent / "archive").mkdir()
        place.rename(place.parent / "archive" / place.name)
        assert crm("note", RICHARD, "-m", "Rappeler").code == 0
    else:
        place.unlink()
        assert "no opportunity" in crm.refused("note", RICHARD, "-m", "Rappeler", code=3)


def test_an_id_changed_by_hand_is_found_as_it_is_now(crm: Crm) -> None:
    crm("list")
    place = crm.file(RICHARD)
    place.write_text(place.read_text("utf-8").replace(RICHARD, "k7f3q9mx", 1), "utf-8")
    assert '"id": "k7f3q9mx"' in crm("show", "k7f3q9mx", "-o", "json").out


FILES = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), *[st.integers(0, 2)] * 4), unique_by=lambda file: file[0]
)


@given(FILES, FILES)
def test_nothing_that_differs_is_dropped(one: list[File], other: list[File]) -> None:
    left, right = drop_common_ends(one, other)
    assert set(left) - set(right) == set(one) - set(other)
    assert set(right) - set(left) == set(other) - set(one)


def test_an_activity_that_was_moved_to_another_file_by_hand_is_found_there(crm: Crm) -> None:
    activity, whose = "pat31e4a", crm.file(RICHARD)
    other = crm("create", "Ramonage", "-o", "ids").out.strip()
    crm("activity", "add", other, "--type", "call", "--due", "2d")
    there = crm("activity", "list", f"id:{other}", "-o", "ids").out.strip()
    crm("list")
    for place, old, new in ((whose, activity, "zzzzzzz9"), (crm.file(other), there, activity)):
        place.write_text(place.read_text("utf-8").replace(old, new), "utf-8")
    assert other in crm("done", activity).out


def test_ids_of_activities_come_in_the_order_of_their_documents(crm: Crm) -> None:
    for terms in ((), ("state:done",), ("sort:-due", "limit:3")):
        lines = crm("activity", "list", *terms, "-o", "jsonl").out.splitlines()
        assert crm("activity", "list", *terms, "-o", "ids").out.split() == [
            json.loads(each)["id"] for each in lines
        ]

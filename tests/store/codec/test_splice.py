"""Editing a file that a person wrote, in place."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.values.places import Place
from crmcli.domain.values.values import Plain, Value
from crmcli.store.codec.comments import find_comments
from crmcli.store.codec.nodes import compose_nodes, resolve_alias
from crmcli.store.codec.parser import parse_yaml
from crmcli.store.codec.spans import Spans
from crmcli.store.codec.splice import CannotEdit, splice_tree
from tests.store.codec.difficult import FILES
from tests.store.codec.trees import Hand, Line, plains, texts, trees

leaves = st.one_of(texts, plains.filter(lambda plain: plain.text != ""))
seeds = st.integers(0, 2**32)


def changed(tree: dict[str, Value], dice: random.Random, donor: dict[str, Value]) -> Any:
    """The tree with one to three random changes; what is put in comes from the donor."""
    tree = copy.deepcopy(tree)
    for _ in range(dice.randint(1, 3)):
        change_once(tree, dice, list(donor.values()) or ["new"])
    return tree


def change_once(tree: dict[str, Value], dice: random.Random, gifts: list[Value]) -> None:
    place: Any = dice.choice(list(collections_in(tree)))
    spots = list(place) if isinstance(place, dict) else list(range(len(place)))
    action = dice.choice(["put", "put", "add", "remove"])
    gift = copy.deepcopy(dice.choice(gifts))
    if action == "add" or not spots:
        add(place, dice, gift)
    elif action == "put":
        place[dice.choice(spots)] = gift
    else:
        del place[dice.choice(spots)]


def add(place: Any, dice: random.Random, gift: Value) -> None:
    if isinstance(place, list):
        place.insert(dice.randint(0, len(place)), gift)
        return
    entries = list(place.items())
    entries.insert(dice.randint(0, len(entries)), (f"new {dice.randrange(100)}", gift))
    place.clear()
    place.update(entries)


def collections_in(value: Any) -> Any:
    if isinstance(value, (dict, list)):
        yield value
        for item in value.values() if isinstance(value, dict) else value:
            yield from collections_in(item)


def untouched(lines: list[Line], old: dict[str, Value], new: dict[str, Value]) -> list[str]:
    """The lines that stand under no changed key."""
    same = {key for key in old if key in new and old[key] == new[key]}
    return [line.text for line in lines if line.owner is None or line.owner in same]


def is_subsequence(part: list[str], whole: list[str]) -> bool:
    remaining = iter(whole)
    return all(line in remaining for line in part)


@given(trees(leaves), trees(leaves), seeds)
def test_any_edit_of_any_file_gives_the_new_value_and_leaves_all_other_lines(
    tree: dict[str, Value], donor: dict[str, Value], seed: int
) -> None:
    hand = Hand(seed)
    source, lines = hand.writes(tree)
    assert parse_yaml(source) == tree
    new = changed(tree, random.Random(seed), donor)
    result = splice_tree(source, new)
    assert parse_yaml(result) == new
    if any(key in new for key in tree):
        shown = [line.rstrip("\r") for line in result.removeprefix("\ufeff").split("\n")]
        assert is_subsequence([*untouched(lines, tree, new)], shown)


@given(trees(leaves), seeds)
def test_an_unchanged_value_leaves_the_file_as_it_is(tree: dict[str, Value], seed: int) -> None:
    source, _ = Hand(seed).writes(tree)
    assert splice_tree(source, tree) == source


def extents(source: str) -> dict[str, tuple[int, int]]:
    """From where and up to where the lines of each top-level key stand."""
    root = compose_nodes(source)
    assert root is not None
    spans = Spans(source)
    keys = [resolve_alias(key).value for key, _ in root.value]
    return {
        key: (spans.line_start(start), spans.line_end(end))
        for key, (start, end) in zip(keys, spans.entries(root), strict=True)
    }


def around(source: str, changed_keys: set[str]) -> str:
    """The source without the lines of these top-level keys."""
    removed = sorted(extent for key, extent in extents(source).items() if key in changed_keys)
    starts = [0, *(end for _, end in removed)]
    ends = [*(start for start, _ in removed), len(source)]
    return "".join(source[start:end] for start, end in zip(starts, ends, strict=True))


@given(st.sampled_from(FILES), trees(leaves), seeds)
def test_any_edit_of_a_difficult_file_is_made_or_refused_and_loses_no_comment_of_another_key(
    source: str, donor: dict[str, Value], seed: int
) -> None:
    old = parse_yaml(source)
    new = changed(old, random.Random(seed), donor)
    try:
        result = splice_tree(source, new)
    except CannotEdit:
        return
    assert parse_yaml(result) == new
    changed_keys = {key for key in old if key not in new or old[key] != new[key]}
    if changed_keys != set(old) and "{a: 1, b: [x, z]" not in source:
        assert is_subsequence(shown(around(source, changed_keys)), shown(result))


def shown(source: str) -> list[str]:
    """The lines with something on them; a text that was last, without newline, may gain a `-`."""
    lines = source.replace("\ufeff", "").replace("|-", "|").splitlines()
    return [line for line in lines if line.strip()]


@given(st.sampled_from([file for file in FILES if "&" not in file]), seeds)
def test_history_can_be_appended_to_and_scalars_changed_in_any_file(source: str, seed: int) -> None:
    new = parse_yaml(source)
    dice = random.Random(seed)
    place, key = dice.choice(list(scalars_in(new)))
    place[key] = dice.choice(["won", "NO", "it's: so", "a\nb\n", Plain("12")])
    new.setdefault("history", [])
    if isinstance(new["history"], list):
        new["history"].append({"at": Plain("2026-11-24T08:00:00Z"), "event": "note", "text": "a\nb\n"})
    result = splice_tree(source, new)
    assert parse_yaml(result) == new
    assert set(find_comments(source)) <= set(find_comments(result))


def scalars_in(tree: dict[str, Value]) -> Any:
    """Every scalar but ids, by the collection that holds it and its key or position."""
    for place in collections_in(tree):
        for key, value in list(place.items() if isinstance(place, dict) else enumerate(place)):
            if not isinstance(value, (dict, list)) and key not in ("id", "d"):
                yield place, key


def edited(source: str, **changes: Value) -> str:
    """The source with these top-level keys set."""
    return splice_tree(source, {**parse_yaml(source), **changes})


def without(source: str, *keys: str) -> str:
    return splice_tree(source, {key: value for key, value in parse_yaml(source).items() if key not in keys})


def refusal_of(source: str, **changes: Value) -> CannotEdit:
    with pytest.raises(CannotEdit) as caught:
        edited(source, **changes)
    return caught.value


def test_a_changed_scalar_keeps_its_alignment_and_the_comment_behind_it() -> None:
    assert edited("title:   x   # mine\n", title="y: z") == "title:   'y: z'   # mine\n"


def test_a_scalar_that_becomes_lines_keeps_its_comment_on_the_first() -> None:
    assert edited("# h\na: x  # c\nb: y\n", a="1\n2\n") == "# h\na: |  # c\n  1\n  2\nb: y\n"


def test_lines_that_become_one_keep_the_comment_of_their_header() -> None:
    assert edited("a: |  # c\n  1\n  2\n\nb: y\n", a="one") == "a: one  # c\n\nb: y\n"


def test_a_scalar_that_becomes_a_list_keeps_its_comment_at_the_key() -> None:
    assert edited("a: x  # c\n", a=["p", "NO"]) == "a:  # c\n  - p\n  - 'NO'\n"


def test_a_value_below_its_key_is_replaced_where_it_stands() -> None:
    assert edited("a: # one\n  # two\n  x # three\n", a="z") == "a: # one\n  # two\n  z # three\n"


def test_a_key_without_a_value_gets_one() -> None:
    assert edited("a:  # c\nb: y\n", a="x") == "a: x  # c\nb: y\n"


def test_a_value_that_becomes_empty_leaves_nothing_but_its_key() -> None:
    assert edited("a: x # c\nb: 1\n", a=Plain("")) == "a: # c\nb: 1\n"


def test_a_plain_scalar_and_the_same_text_are_two_values() -> None:
    assert edited("a: 12 # c\n", a="12") == "a: '12' # c\n"
    assert edited("a: '12' # c\n", a=Plain("12")) == "a: 12 # c\n"


def test_list_items_stay_at_the_column_where_the_file_has_them() -> None:
    source = "tags:\n- b  # bee\n\n# about c\n- c\nowner: m\n"
    assert edited(source, tags=["a", "b", "c", "d"]) == (
        "tags:\n- a\n- b  # bee\n\n# about c\n- c\n- d\nowner: m\n"
    )


def test_a_removed_item_takes_its_own_comment_and_leaves_the_one_of_the_next() -> None:
    source = "tags:\n- b  # bee\n\n# about c\n- c\nowner: m\n"
    assert edited(source, tags=["c"]) == "tags:\n\n# about c\n- c\nowner: m\n"


def test_a_list_that_becomes_empty_says_so_at_its_key() -> None:
    assert edited("tags:\n- b  # bee\nowner: m\n", tags=[]) == "tags: []\nowner: m\n"


def test_a_removed_key_takes_all_its_lines() -> None:
    source = "a: 1\ntags:\n- b\n- c # x\n# about owner\nowner: m\n"
    assert without(source, "tags") == "a: 1\n# about owner\nowner: m\n"


def test_new_keys_go_after_the_one_that_precedes_them() -> None:
    source = "# head\ntitle: x  # t\n\nowner: m\n"
    new: dict[str, Value] = {"id": "k", "title": "x", "stage": "s", "tags": ["p"], "owner": "m"}
    assert splice_tree(source, new) == ("# head\nid: k\ntitle: x  # t\nstage: s\ntags:\n  - p\n\nowner: m\n")


def test_new_parts_are_indented_as_the_file_is() -> None:
    source = "a:\n    b:\n        c: d\n"
    assert edited(source, a={"b": {"c": "d", "e": {"f": ["g"]}}}) == (
        "a:\n    b:\n        c: d\n        e:\n            f:\n                - g\n"
    )


def test_items_are_found_again_by_their_id() -> None:
    source = "acts:\n-   id: aa\n    # mine\n    type: call  # c\n-   id: bb\n    type: mail\n"
    acts: list[Value] = [
        {"id": "zz", "type": "x"},
        {"id": "aa", "type": "todo"},
        {"id": "cc", "note": "1\n2\n"},
    ]
    assert edited(source, acts=acts) == (
        "acts:\n- id: zz\n  type: x\n-   id: aa\n    # mine\n    type: todo  # c\n"
        "- id: cc\n  note: |\n    1\n    2\n"
    )


def test_the_first_key_of_an_item_can_go() -> None:
    source = "acts:\n-   id: aa\n    type: call # c\n"
    assert edited(source, acts=[{"id": "aa"}]) == "acts:\n-   id: aa\n"
    source = "acts:\n- a: b\n  c: d # c\n"
    assert edited(source, acts=[{"c": "d"}]) == "acts:\n- c: d # c\n"


def test_a_comment_below_the_first_key_of_an_item_stays_when_that_key_goes() -> None:
    source = "acts:\n- a: b\n  # on c\n  c: d\n"
    assert edited(source, acts=[{"c": "d"}]) == "acts:\n-\n  # on c\n  c: d\n"


def test_flow_collections_are_edited_in_flow_style() -> None:
    source = 'f: {a: 1, b: \'two\', c: "3"}   # flow\nl: [x,  "y" ]\n'
    fields: dict[str, Value] = {"a": "p, q", "c": "3", "d": ["r", {"s": "t"}]}
    assert edited(source, f=fields, l=["y", "NO"]) == (
        "f: {a: 'p, q', c: \"3\", d: [r, {s: t}]}   # flow\nl: [\"y\", 'NO' ]\n"
    )


def test_a_flow_key_without_a_value_gets_one() -> None:
    assert edited("f: {a, b: , c: d}\n", f={"a": "x", "b": "z", "c": "d"}) == "f: {a: x, b: z, c: d}\n"


def test_a_comment_deeper_than_an_item_belongs_to_it_and_new_items_go_below() -> None:
    source = "tags:\n- a\n  # on a\n# on b\n- b\n"
    assert edited(source, tags=["a", "1\n2\n", "b"]) == ("tags:\n- a\n  # on a\n- |\n  1\n  2\n# on b\n- b\n")


def test_a_comment_that_a_block_of_text_would_take_in_makes_it_one_line() -> None:
    assert edited("a: x\n    # deep\nb: z\n", a="1\n2\n") == 'a: "1\\n2\\n"\n    # deep\nb: z\n'


def test_comments_between_the_parts_of_a_flow_list_stay_when_a_part_goes() -> None:
    source = "l: [\n  p, # pee\n  # about q\n  q, # queue\n  r # are\n]\n"
    assert edited(source, l=["q", "r"]) == "l: [\n  # about q\n  q, # queue\n  r # are\n]\n"
    assert edited(source, l=["p", "q"]) == ("l: [\n  p, # pee\n  # about q\n  q, # queue\n   # are\n]\n")


def test_a_changed_item_without_an_id_keeps_its_comment_whatever_it_becomes() -> None:
    assert edited("l:\n  - a # c\n  - b\n", l=[Plain("1"), "b"]) == "l:\n  - 1 # c\n  - b\n"


def test_comments_in_a_list_that_becomes_empty_keep_their_lines() -> None:
    assert edited("tags:\n  # mine\n  - a\n", tags=[]) == "tags: []\n  # mine\n"
    source = "tags: # ours\r\n  - a # goes\r\n  # of b\r\n  - b\r\n  # last\r\nx: 1\r\n"
    assert edited(source, tags=[], x=Plain("1")) == ("tags: [] # ours\r\n  # of b\r\n  # last\r\nx: 1\r\n")


def test_an_empty_list_can_be_appended_to() -> None:
    assert edited("tags: []   # none\na: x\n", tags=["p"]) == "tags:   # none\n  - p\na: x\n"


def test_what_cannot_stand_in_a_flow_list_is_refused() -> None:
    assert refusal_of("l: [a]   # c\n", l=["a", Plain("")]).place is None


def test_windows_line_ends_and_byte_order_mark_stay() -> None:
    source = "\ufeffa: 1\r\nb: x\r\n"
    new: dict[str, Value] = {"b": "x", "c": "1\n2\n"}
    assert splice_tree(source, new) == "\ufeffb: x\r\nc: |\r\n  1\r\n  2\r\n"


def test_a_missing_final_newline_stays_missing() -> None:
    assert edited("a: x # c\nb: y", b="z", c="w") == "a: x # c\nb: z\nc: w"


def test_a_block_at_the_end_without_newline_does_not_gain_one() -> None:
    assert edited("a: |\n  x", b="z") == "a: |-\n  x\nb: z\n"


def test_document_marks_stay() -> None:
    assert edited("---\na: x\n...\n", a="w", b="z") == "---\na: w\nb: z\n...\n"


def test_a_file_of_comments_only_keeps_them_above_the_first_keys() -> None:
    assert edited("# only\n", a="x") == "# only\na: x\n"


def test_the_comment_behind_an_empty_mapping_stays() -> None:
    assert edited("{} # c\n", a="x") == "a: x # c\n"


def test_unknown_keys_quoting_and_order_stay() -> None:
    source = "zzz: \"q\"\n'a': 'b'\nid: k\n"
    assert edited(source, id="l") == "zzz: \"q\"\n'a': 'b'\nid: l\n"


def test_the_order_of_keys_is_no_change() -> None:
    source = "b: 1   # c\na: 2\n"
    assert splice_tree(source, dict(reversed(parse_yaml(source).items()))) == source


@pytest.mark.parametrize(
    ("changes", "line"),
    [({"a": "y"}, 2), ({"b": {"d": "e"}}, 4), ({"c": "f"}, 6), ({"l": ["p"]}, 8)],
)
def test_what_is_shared_by_an_anchor_is_not_edited(changes: dict[str, Value], line: int) -> None:
    source = "# h\na: &x v\n\nb: &y\n  d: *x\nc: *y\nl:\n- *x\n- p\nfree: 1\n"
    assert (refusal_of(source, **changes).place or Place(0)).line == line
    assert edited(source, free="z") == source.replace("free: 1", "free: z")


def test_a_key_that_holds_an_anchor_is_not_removed() -> None:
    with pytest.raises(CannotEdit):
        without("a:\n  b: &x v\nc: d # c\n", "a")


def test_a_key_written_with_a_question_mark_is_not_edited() -> None:
    assert refusal_of("? a\n: b\nc: d\n", a="e").reason == "the key is written with a `?`"
    assert edited("? a\n: b\nc: d\n", c="e") == "? a\n: b\nc: e\n"

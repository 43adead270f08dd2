"""Editing a file that a person wrote, in place."""

from __future__ import annotations

import copy
import random
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmcli.domain.values import Plain, Value
from crmcli.store.yaml.emitter import emit
from crmcli.store.yaml.parser import parse
from crmcli.store.yaml.splice import CannotEdit, splice
from tests.store.yaml.trees import Hand, Line, plains, texts, trees

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
@settings(deadline=None, max_examples=300)
def test_any_edit_of_any_file_gives_the_new_value_and_leaves_all_other_lines(
    tree: dict[str, Value], donor: dict[str, Value], seed: int
) -> None:
    hand = Hand(seed)
    source, lines = hand.writes(tree)
    assert parse(source) == tree
    new = changed(tree, random.Random(seed), donor)
    result = splice(source, new)
    assert parse(result) == new
    if any(key in new for key in tree):
        shown = [line.rstrip("\r") for line in result.removeprefix("\ufeff").split("\n")]
        assert is_subsequence([*untouched(lines, tree, new)], shown) or emit(tree) == source


@given(trees(leaves), seeds)
@settings(deadline=None, max_examples=100)
def test_an_unchanged_value_leaves_the_file_as_it_is(tree: dict[str, Value], seed: int) -> None:
    source, _ = Hand(seed).writes(tree)
    assert splice(source, tree) == source


@given(trees(leaves), trees(leaves))
@settings(deadline=None, max_examples=100)
def test_a_canonical_file_is_simply_emitted_again(
    old: dict[str, Value], new: dict[str, Value]
) -> None:
    assert splice(emit(old), new) == emit(new)

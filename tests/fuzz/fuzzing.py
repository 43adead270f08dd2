"""Fuzzing for a fixed time: inputs that failed in the past come first, then what chance makes from a seed.

`CRM_FUZZ_SECONDS` is the time for each fuzzer. A failure tells the seed of its input: with `CRM_FUZZ_SEED` set to it,
that input is the first one that is made.
"""

import os
import random
import secrets
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from crmcli.domain.values.errors import CrmError
from tests.harness import figures

T = TypeVar("T")
SECONDS = float(os.environ.get("CRM_FUZZ_SECONDS", "10"))
SOON = 10.0  # seconds for one input, however long a machine that does other things makes it


def try_inputs(
    make: Callable[[random.Random], T], attempt: Callable[[T], Any], kept: Iterable[T] = ()
) -> None:
    """Attempt each kept input, then inputs made by chance until the time is over."""
    for given in kept:
        try_input(attempt, given, "kept")
    run, number = read_seed()
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        seed = f"{run}:{number}"
        try_input(attempt, make(random.Random(seed)), seed)
        number += 1


def read_seed() -> tuple[int, int]:
    """The seed of this run, and the number of its first input."""
    run, _, number = os.environ.get("CRM_FUZZ_SEED", "").partition(":")
    return int(run or secrets.randbits(32)), int(number or 0)


def try_input(attempt: Callable[[T], Any], given: T, seed: str) -> None:
    """Attempt one input; a failure says which it was."""
    figures.count("inputs fuzzed")
    began = time.monotonic()
    try:
        attempt(given)
        took = time.monotonic() - began
        assert took < SOON, f"took {took:.1f} s"
    except BaseException as error:
        error.add_note(f"CRM_FUZZ_SEED={seed}, the input: {given!r:.4000}")
        raise


def find_refusal(function: Callable[..., Any], *given: Any) -> str | None:
    """What a function says where it refuses what it is given; None where it takes it."""
    try:
        function(*given)
    except CrmError as error:
        return str(error)
    return None


def is_readable(refusal: str | None) -> bool:
    """Is a refusal a message for people? None is no refusal."""
    return refusal is None or 0 < len(refusal) < 3000

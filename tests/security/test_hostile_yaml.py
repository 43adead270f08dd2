"""A record that is made to be read for long is refused soon, and everything else goes on."""

import time

import pytest

from tests.harness.crm import Crm

SIZE = 200_000
SOON = 10.0  # seconds for a list and a check, both of which take less than one without the file
BOMBS = {
    "[": "title: " + "[" * SIZE,
    "{": "title: " + "{" * SIZE,
    "[]": "title: " + "[" * SIZE + "]" * SIZE,
    "{a:": "title: " + "{a: " * (SIZE // 4),
    "- - -": "- " * (SIZE // 2),
    "? ? ?": "? " * (SIZE // 2),
    "a: a: a:": "a: " * (SIZE // 3),
    "quote and brackets": 'title: "' + "[" * SIZE,
    "deep indentation": "\n".join(" " * n + "a:" for n in range(600)),
    "anchors": "title: x\n" + "".join(f"k{n}: &a{n} x\n" for n in range(SIZE // 20)),
    "aliases of aliases": "a: &a [x, x]\n" + "".join(f"k{n}: &k{n} [*{'a' if n == 0 else f'k{n - 1}'}, *{'a' if n == 0 else f'k{n - 1}'}]\n" for n in range(60)),
    "exclamation marks": "title: " + "!" * SIZE,
    "ampersands": "title: " + "&" * SIZE,
    "colons": "title: " + ":" * SIZE,
    "hashes": "#" * SIZE + "\n" + "title: x",
    "one long line": "title: " + "x " * (SIZE * 5),
}  # fmt: skip


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_a_bomb_costs_little_time_and_no_other_record(crm: Crm, text: str) -> None:
    crm("list", "-q")
    (crm.data / "opportunities" / "2026" / "bombe.yaml").write_text(text + "\n", "utf-8")
    began = time.monotonic()
    listed = crm("list", "-o", "ids")
    assert len(listed.out.split()) >= 17
    crm("list", "-q")
    assert time.monotonic() - began < SOON
    began = time.monotonic()
    checked = crm.run("check")
    assert "Traceback" not in checked.err
    assert time.monotonic() - began < SOON


def test_a_mail_full_of_brackets_is_read(crm: Crm) -> None:
    lines = "".join(f"    {'[' * 50}{'{' * 50} ligne {n}\n" for n in range(500))
    place = crm.data / "opportunities" / "2026" / "crochets.yaml"
    place.write_text(f"title: Crochets\ndescription: |\n{lines}", "utf-8")
    assert "Crochets" in crm("list", "crochets", "-o", "csv").out

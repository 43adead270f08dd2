"""docs/security.md names tests: each of them is there."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "security.md"
NAMED = re.compile(r"`(?P<file>[a-z_/]+\.py)?::(?P<test>test_\w+)`")


def test_each_test_that_the_page_names_is_there() -> None:
    file, missing, count = "", [], 0
    for found in NAMED.finditer(PAGE.read_text("utf-8")):
        file = found["file"] or file
        count += 1
        if f"def {found['test']}(" not in (TESTS / file).read_text("utf-8"):
            missing.append(found[0])
    assert missing == []
    assert count > 100


def test_the_table_has_a_hundred_attacks_and_each_row_names_a_test() -> None:
    table = PAGE.read_text("utf-8").partition("## Tested attacks")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) >= 100
    assert [row for row in rows if not re.search(r"`[a-z_/]*(\.py)?(::\w+)?` \|$", row)] == []

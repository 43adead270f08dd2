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
    assert count > 40

"""Finding the comments of a text."""

import re

import pytest

from crmcli.store.codec.comments import find_comments
from tests.store.codec.difficult import FILES


@pytest.mark.parametrize("source", FILES)
def test_every_comment_of_a_file_is_found_in_its_order(source: str) -> None:
    assert find_comments(source) == re.findall(r"# c\d+", source)


def test_what_looks_like_a_comment_inside_a_text_is_none() -> None:
    assert find_comments("a: |  # one\n  # text\n # two\nb: '# text'\nc: x#text\n") == ["# one", "# two"]

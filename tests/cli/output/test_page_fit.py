"""Pages at a terminal: no word is broken, none is lost."""

from hypothesis import given
from hypothesis import strategies as st

from crmcli.cli.output.page_fit import fit_line
from crmcli.cli.output.text_width import text_width

WORDS = st.text("aé薪🔥\u00a0·-", min_size=1, max_size=12)
LINES = st.lists(st.tuples(st.sampled_from([" ", "  ", "    "]), WORDS), max_size=12)


@given(st.lists(LINES, min_size=1, max_size=4), st.integers(10, 60))
def test_every_word_of_a_page_stays_whole_and_in_its_order(
    drawn: list[list[tuple[str, str]]], width: int
) -> None:
    page = "\n".join("".join(gap + word for gap, word in line) for line in drawn)
    fitted = "\n".join(fit_line(line, width) for line in page.split("\n"))
    assert words_of(fitted) == words_of(page)
    assert all(text_width(line) <= width or len(words_of(line)) <= 2 for line in fitted.split("\n"))


def words_of(text: str) -> list[str]:
    return [each for each in text.replace("\n", " ").split(" ") if each]

"""What is shown of a mail: its own words, on pairs written after what mail programs send."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.incoming.own_words import own_words, trim_message
from tests.harness.places import MAILS


def read_pairs() -> dict[str, tuple[str, str]]:
    text = (MAILS.parent / "replies" / "pairs.txt").read_text(encoding="utf-8")
    pairs = {}
    for block in text.split("##### ")[1:]:
        name, _, rest = block.partition("\n")
        whole, _, shown = rest.partition("\n===== shown\n")
        pairs[name] = (whole.strip("\n"), shown.strip("\n"))
    return pairs


PAIRS = read_pairs()


@pytest.mark.parametrize("name", PAIRS)
def test_quotations_and_signatures_are_left_out_and_answers_kept(name: str) -> None:
    text, shown = PAIRS[name]
    assert trim_message(text) == shown


PIECES = st.sampled_from(
    ["> a", "a", "", "-- ", "De : a", "Envoyé : b", "À : c", "Le 1 a écrit :", "Sent from my x", "____"]
)


@given(st.lists(PIECES | st.text(max_size=20), max_size=30))
def test_of_any_text_something_is_shown_and_nothing_is_invented(lines: list[str]) -> None:
    text = "\n".join(lines)
    shown = trim_message(text)
    assert bool(shown.strip()) == bool(text.strip())
    assert set(shown.split("\n")) <= {*text.split("\n"), ""}
    assert len(own_words(text)) <= len(text)

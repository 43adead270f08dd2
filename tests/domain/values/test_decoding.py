"""Bytes of others: what is UTF-8 is UTF-8, and one wrong byte garbles nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.values.decoding import decode_lines, decode_text

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)
LABELS = st.sampled_from([None, "utf-8", "us-ascii", "iso-8859-1", "ISO-8859-1", "windows-1252", "x-unknown"])
FRENCH = st.lists(
    st.sampled_from(["été", "ÇA", "cœur", "8 000 €", "« à »", "l’âtre", "oui"]), max_size=9
).map(" ".join)


@given(TEXT, LABELS)
def test_what_is_utf8_is_utf8_whatever_its_label(text: str, label: str | None) -> None:
    text = text.removeprefix("\ufeff")
    assert decode_lines(text.encode(), label)[:2] == (text, ())


@given(FRENCH, LABELS)
def test_a_file_of_windows_is_read_whole(text: str, label: str | None) -> None:
    assert decode_lines(f"é {text}".encode("cp1252"), label)[:2] == (f"é {text}", ())


@given(st.binary(max_size=200), st.none() | st.text(max_size=12) | LABELS)
def test_nothing_fails_and_the_result_can_be_written(content: bytes, label: str | None) -> None:
    decode_text(content, label).encode("utf-8")


@given(st.text("aéœ€ \n", min_size=1), st.text("aéœ€ \n", min_size=1))
def test_one_wrong_byte_is_read_as_windows_1252_and_its_line_is_named(before: str, after: str) -> None:
    before, after = f"é{before}", f"{after}é"
    content = before.encode() + b" \xe9 " + after.encode()
    assert decode_lines(content)[:2] == (f"{before} é {after}", (before.count("\n") + 1,))


@pytest.mark.parametrize(
    ("content", "label", "text"),
    [
        ("Poêle".encode(), "us-ascii", "Poêle"),
        ("Poêle".encode(), "iso-8859-1", "Poêle"),
        ("8 000 €".encode("cp1252"), "iso-8859-1", "8 000 €"),
        ("Poêle".encode("cp1252"), None, "Poêle"),
        ("Poêle".encode("utf-16"), None, "Poêle"),
        ("Привет".encode("koi8-r"), "koi8-r", "Привет"),
        ("Poêle".encode("cp1252"), "no such charset", "Poêle"),
        ("Poêle".encode("cp1252"), "utf-8", "Poêle"),
        (b"\x81", None, "\ufffd"),
    ],
)
def test_real_labels(content: bytes, label: str | None, text: str) -> None:
    assert decode_text(content, label) == text

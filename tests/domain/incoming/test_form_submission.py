"""Web forms as they are sent: bodies of every kind, and the text from which they are read again."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.incoming.form_bodies import BodyError, decode_body
from crmcli.domain.incoming.form_submission import clean_lines, read_entries, write_entries

keys = st.text("abcdefghijé _", min_size=1, max_size=12).map(str.strip).filter(bool)
values = st.text(max_size=80).map(clean_lines).filter(bool)


@given(st.lists(st.tuples(keys, values), max_size=6))
def test_entries_are_read_as_they_were_written(entries: list[tuple[str, str]]) -> None:
    tidy = [(" ".join(key.split()), text) for key, text in entries]
    assert read_entries(write_entries(tidy)) == tidy


@given(st.lists(st.tuples(st.text(min_size=1, max_size=9), st.text(max_size=30)), min_size=1, max_size=9))
def test_a_urlencoded_body_is_read_as_it_was_sent(pairs: list[tuple[str, str]]) -> None:
    plain = [
        (key.encode("utf-8", "replace").decode(), text.encode("utf-8", "replace").decode())
        for key, text in pairs
    ]
    decoded = decode_body("application/x-www-form-urlencoded", urlencode(plain).encode())
    assert len(decoded) == len(plain)


@given(
    st.binary(max_size=300),
    st.sampled_from(["", "application/json", "multipart/form-data; boundary=b", "a/b"]),
)
def test_any_body_is_read_or_refused(body: bytes, kind: str) -> None:
    try:
        pairs = decode_body(kind, body)
    except BodyError:
        return
    assert all(name.encode() and text.encode() is not None for name, text in pairs if name)


def test_a_multipart_body_is_read_and_its_files_are_left_out() -> None:
    body = (
        '--b\r\nContent-Disposition: form-data; name="nom"\r\n\r\nLéa\r\nB\r\n'
        '--b\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\nxx\r\n'
        '--b\r\nContent-Disposition: form-data; name="ville"\r\n\r\nVannes\r\n--b--\r\n'
    ).encode()
    assert decode_body('multipart/form-data; boundary="b"', body) == [("nom", "Léa\nB"), ("ville", "Vannes")]


@pytest.mark.parametrize("body", ["nom=L%C3%A9a", "nom=L%E9a", "nom=Léa"])
def test_accents_are_read_in_the_encoding_of_the_page(body: str) -> None:
    assert decode_body("application/x-www-form-urlencoded", body.encode()) == [("nom", "Léa")]

"""Which calls of `crm ingest` are those of a mail program is known before the command line is parsed."""

import pytest

from crmcli.cli.completion.parameter_lookup import read_parameters
from crmcli.cli.mail_delivery import WITH_VALUE, list_words


def test_the_options_with_a_value_are_those_of_the_command() -> None:
    declared = {name for each in read_parameters("ingest") if each.takes_value for name in each.names}
    assert set(WITH_VALUE) == declared


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ingest", ["ingest"]),
        ("-C /srv/crm ingest -o json -", ["ingest", "-"]),
        ("ingest --output=json file.eml", ["ingest", "file.eml"]),
        ("ingest --no-such-option file.eml", ["ingest", "file.eml"]),
        ("--errors json ingest --form contact --format form", ["ingest"]),
    ],
)
def test_words_are_neither_options_nor_their_values(line: str, words: list[str]) -> None:
    assert list_words(line.split()) == words

"""Streams and arguments as shells, cron and mail servers really hand them over."""

import pytest

from tests.harness.crm import Crm


def shell(crm: Crm, line: str, **environment: str) -> tuple[int, str]:
    """Exit code and stderr of a shell line in which `crm` is the program."""
    done = crm.run_line(line, **environment)
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("crm list > /dev/full", 1, "output: No space left on device"),
        ("crm ingest < demande.eml > /dev/full", 0, ""),
        ("crm list >&-", 0, ""),
        ("crm list <&-", 0, ""),
        ("crm ingest <&-", 0, ""),
        ("crm ingest --verbose <&-", 0, "standard input is empty"),
        ("crm create $'a\\xff'", 2, "argument 2: is not UTF-8"),
        ("printf 'ok\\n\\xff' | crm note xgcej9p8 -m -", 2, "standard input:2: is not UTF-8"),
        ("printf '{\"no\": 1}' | crm tag - --add x", 2, "standard input: no id in"),
    ],
)
def test_an_odd_stream_is_one_line_at_the_most(crm: Crm, line: str, code: int, message: str) -> None:
    (crm.root / "demande.eml").write_text("From: a@example.org\nSubject: Devis\n\nBonjour")
    ended, said = shell(crm, line)
    assert ended == code
    assert message in said
    assert said.count("\n") <= 1


@pytest.mark.parametrize("locale", ["C", "POSIX", "fr_FR.ISO-8859-1", "nonsense"])
def test_what_is_printed_is_utf_8_in_every_locale(crm: Crm, locale: str) -> None:
    assert "Poêle à granulés pour une longère" in crm("list", "is:lead", LC_ALL=locale, PYTHONUTF8="0").out


def test_a_workspace_may_lie_anywhere(crm: Crm) -> None:
    odd = crm.root.parent / "deux mots\net ligne"
    crm.root.rename(odd)
    crm.root = odd
    crm.environment["CRM_WORKSPACE"] = str(odd)
    crm("move", "xgcej9p8", "--to", "negotiation")
    assert crm("check").out == ""

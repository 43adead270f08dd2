"""`crm digest`: what happened in a period, each period once."""

import json
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from tests.harness.crm import Crm

RICHARD, LEROY = "xgcej9p8", "jb9cp4xc"


def by_owner(crm: Crm, *words: str) -> dict[str | None, dict[str, Any]]:
    return {row["id"]: row for row in json.loads(crm("digest", *words, "-o", "json").out)}


def test_what_was_won_lost_moved_and_paid_yesterday_is_told_by_owner(crm: Crm) -> None:
    before = by_owner(crm, "--since", "2026-11-24", "--now", "2026-11-25")
    assert before["marie"]["until"] == "2026-11-24"
    crm("win", RICHARD)
    crm("create", "Poêle", "--revenue", "100", "-o", "ids")
    after = by_owner(crm, "--since", "2026-11-24", "--now", "2026-11-25")
    assert after["marie"]["won"] == before["marie"]["won"] + 1
    assert after["marie"]["won_revenue"] == before["marie"]["won_revenue"] + 8000
    assert sum(row["created"] for row in after.values()) == sum(row["created"] for row in before.values()) + 1
    assert not by_owner(crm, "--since", "1d", "--now", "2026-11-26")["marie"]["won"]  # on the day after


def test_rewards_paid_are_told_in_their_period(crm: Crm) -> None:
    [due] = [
        row["id"] for row in json.loads(crm("reward", "list", "-o", "json").out) if row["state"] == "due"
    ][:1]
    crm("reward", "pay", due)
    assert sum(row["paid"] for row in by_owner(crm, "--since", "1d", "--now", "2026-11-25").values()) == 100


def test_each_period_is_told_once_and_a_rehearsal_does_not_count(crm: Crm) -> None:
    crm("digest", "--since", "last", "--dry-run")
    first = by_owner(crm, "--since", "last")
    assert (first["marie"]["since"], first["marie"]["until"]) == ("2026-11-17", "2026-11-23")
    assert by_owner(crm, "--since", "last") == {}
    later = by_owner(crm, "--since", "last", "--now", "2026-11-27")
    assert (later["marie"]["since"], later["marie"]["until"]) == ("2026-11-24", "2026-11-26")


def test_who_looks_at_the_digest_takes_nothing_from_the_mails(crm: Crm) -> None:
    crm("digest", "--since", "last")
    crm("digest", "--since", "last", "--mail")
    assert len(mails_of(crm)) == 3
    assert by_owner(crm, "--since", "last") == {}


def test_a_query_has_a_digest_of_its_own_and_the_mail_tells_it(crm: Crm) -> None:
    before = count_mails(crm)
    crm("digest", "--since", "last", "owner:marie")
    assert by_owner(crm, "--since", "last") != {}
    crm("digest", "--since", "last", "--mail", "owner:marie", "title:b&b")
    for mail in mails_of(crm).values():
        assert "Affaires de la requête owner:marie 'title:b&b'\r\n" in content(mail, "plain")
        assert "crm digest --since 2026-11-17 owner:marie 'title:b&b'" in content(mail, "plain")
        assert "title:b&amp;b" in content(mail, "html")
        assert "Toutes les affaires" not in content(mail, "plain")
    crm("digest", "--since", "last", "--mail", "owner:marie", "title:b&b")
    assert count_mails(crm) == before + 3
    crm("digest", "--since", "last", "--mail")
    assert count_mails(crm) == before + 6


def count_mails(crm: Crm) -> int:
    """How many mails wait in the outbox."""
    return len(list((crm.data / "outbox").glob("*.eml")))


def mails_of(crm: Crm) -> dict[str, EmailMessage]:
    """The digests that wait in the outbox, by the address that they go to."""
    found = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in (crm.data / "outbox").glob("*.eml")
    ]
    return {
        str(each["To"]).partition("<")[2].rstrip(">"): each
        for each in found
        if each["X-Crm-Report"] == "digest"
    }


def content(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def test_each_user_gets_a_mail_about_their_deals_and_all_deals(crm: Crm) -> None:
    crm("win", RICHARD)  # of marie, 8000
    crm("digest", "--since", "last", "--mail", "--now", "2026-11-25")
    mails = mails_of(crm)
    assert len(mails) == 3
    for mail in mails.values():
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["Subject"].startswith("1 gagnée, 0 perdue")
        assert "8 000,00 €" in content(mail, "html").replace("\xa0", " ").replace("\u202f", " ")
    own = {to: content(mail, "plain").partition("Toutes les affaires")[0] for to, mail in mails.items()}
    won = {
        to: [line.split()[2] for line in text.splitlines() if "Gagnées" in line] for to, text in own.items()
    }
    assert won["marie@atre-granules.example"] == ["1,"]
    assert won["paul@atre-granules.example"] == ["0"]
    crm("digest", "--since", "last", "--mail", "--now", "2026-11-25")
    assert {str(mail["Message-ID"]) for mail in mails_of(crm).values()} == {
        str(mail["Message-ID"]) for mail in mails.values()
    }


def test_the_templates_of_the_mail_are_of_the_workspace(crm: Crm) -> None:
    folder = crm.root / "templates" / "report"
    (folder / "digest.txt.j2").write_text(
        "Subject: Bilan {{ company.name }}\n\n{{ all[0].created }} en tout\n"
    )
    (folder / "digest.html.j2").write_text("<p>{{ owners|length }} vendeurs, {{ owners[0].label }}</p>")
    crm("digest", "--since", "7d", "--mail")
    for mail in mails_of(crm).values():
        assert (
            content(mail, "plain").strip()
            == f"{sum(row['created'] for row in by_owner(crm).values())} en tout"
        )
        assert "3 vendeurs" in content(mail, "html")
    (folder / "digest.html.j2").unlink()
    assert "digest.html.j2: does not exist" in crm.refused("digest", "--mail", code=3)
    crm("digest")  # without a mail, no template is needed


def test_a_period_that_has_not_begun_is_refused(crm: Crm) -> None:
    assert "a digest goes up to yesterday" in crm.refused("digest", "--since", "today", code=2)
    assert "soon" in crm.refused("digest", "--since", "soon", code=2)

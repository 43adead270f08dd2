"""What arrives: copies, variants, several messages at once; exit codes and silence for mail programs."""

import json
import mailbox
import os
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.harness.crm import Crm

NAMES = ("Anne", "Bruno", "Chloe", "Denis")


def letter(name: str = "Anne", number: int = 1, **headers: str) -> bytes:
    """A message that asks for a stove."""
    message = EmailMessage()
    values = {
        "From": f"{name} <client{number}@example.org>",
        "To": "devis@atre-granules.example",
        "Date": "Mon, 23 Nov 2026 10:00:00 +0100",
        "Subject": f"Poêle {number}",
        "Message-ID": f"<{name}-{number}@example.org>",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    for header, value in values.items():
        if value:
            message[header] = value
    message.set_content(f"Bonjour,\n\nUn poêle pour {name}.\n")
    return message.as_bytes()


def filed(crm: Crm, content: bytes, *words: str) -> dict[str, Any]:
    [result] = json.loads(crm("ingest", "-o", "json", *words, stdin=content).out)
    return dict(result)


def kept(crm: Crm) -> list[bytes]:
    """The bytes of all messages that are kept."""
    return [
        path.read_bytes() for folder in ("mail", "quarantine") for path in (crm.data / folder).rglob("*.eml")
    ]


def texts(crm: Crm, id: str) -> list[dict[str, Any]]:
    return list(json.loads(crm("show", id, "-o", "json").out)["messages"])


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_message_fetched_again_is_known_whatever_was_added_on_its_way(bare: Crm, end: str) -> None:
    first = filed(bare, letter())
    again = letter(Received="from a by b", X_Spam_Status="No", List_Footer="x").replace(b"\n", end.encode())
    assert filed(bare, again)["outcome"] == "known"
    assert len(kept(bare)) == 1
    assert len(texts(bare, first["id"])) == 1


def test_one_in_quarantine_fetched_again_adds_no_copy(bare: Crm) -> None:
    news = letter(List_Id="<nouvelles.example.org>")
    assert filed(bare, news)["outcome"] == "aside"
    assert filed(bare, b"Received: from x\n" + news)["outcome"] == "known"
    assert len(kept(bare)) == 1


def with_attachment(content: bytes, data: bytes) -> bytes:
    from email import message_from_bytes, policy

    message = message_from_bytes(content, policy=policy.default)
    message.add_attachment(data, maintype="image", subtype="jpeg", filename="photo.jpg")
    message.set_boundary("b1")
    return message.as_bytes()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (with_attachment(letter(), b"1" * 99), with_attachment(letter(), b"2" * 99)),
        (letter() + b"x" * 9000 + b"1", letter() + b"x" * 9000 + b"2"),
    ],
    ids=["attachment", "far down the text"],
)
def test_the_same_message_with_another_body_is_a_variant_on_the_same_record(
    bare: Crm, one: bytes, other: bytes
) -> None:
    first = filed(bare, one)
    history = json.loads(bare("show", first["id"], "-o", "json").out)["history"]
    second = filed(bare, other)
    assert (second["outcome"], second["id"]) == ("variant", first["id"])
    shown = json.loads(bare("show", first["id"], "-o", "json").out)
    assert (len(shown["messages"]), shown["history"]) == (2, history)
    assert shown["messages"][1]["variant_of"] == shown["messages"][0]["id"]
    assert {one, other} <= set(kept(bare))
    assert filed(bare, other)["outcome"] == "known"


def test_a_message_id_that_a_script_repeats_makes_no_message_the_same(bare: Crm) -> None:
    one = letter("Anne", Message_ID="<constant@site>")
    other = letter("Bruno", Message_ID="<constant@site>")
    later = letter("Anne", Message_ID="<constant@site>", Date="Tue, 24 Nov 2026 08:00:00 +0100")
    made = [filed(bare, each) for each in (one, other, later)]
    assert [each["outcome"] for each in made] == ["new"] * 3
    assert len({each["id"] for each in made}) == 3


def test_photos_without_id_date_and_text_are_all_kept(bare: Crm) -> None:
    bare_letter = letter(Message_ID="", Date="", Subject="")
    photos = [with_attachment(bare_letter, str(number).encode() * 50) for number in range(3)]
    assert "known" not in [filed(bare, each)["outcome"] for each in photos]
    assert set(photos) <= set(kept(bare))


def a_maildir(folder: Path, contents: list[bytes]) -> Path:
    made = mailbox.Maildir(folder)
    for content in contents:
        made.add(content)
    return folder


def an_mbox(file: Path, contents: list[bytes]) -> Path:
    made = mailbox.mbox(file)
    for content in contents:
        made.add(content)
    made.close()
    return file


LETTERS = [letter(name, number) for number, name in enumerate(NAMES)]


def contents_of(place: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in (place, *place.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("source", ["maildir", "mbox", "mbox on stdin", "directory"])
def test_many_messages_are_filed_at_once_and_again_are_known(bare: Crm, source: str) -> None:
    place = bare.root.parent / "courrier"
    if source == "maildir":
        a_maildir(place, LETTERS)
    elif source == "directory":
        place.mkdir()
        for number, each in enumerate(LETTERS):
            (place / f"{number}.eml").write_bytes(each)
    else:
        an_mbox(place, LETTERS)
    before = contents_of(place)
    words, given = (("ingest",), place.read_bytes()) if "stdin" in source else (("ingest", str(place)), b"")
    assert (
        bare(*words, stdin=given).out
        == "4 messages: 4 created, 0 appended, 0 known, 0 kept aside, 0 quarantined\n"
    )
    again = bare(*words, "-o", "jsonl", stdin=given).out.splitlines()
    assert [json.loads(each)["outcome"] for each in again] == ["known"] * 4
    assert contents_of(place) == before
    assert len(bare("list", "is:lead", "-o", "ids").out.split()) == 4


def outcomes(crm: Crm, place: Path) -> list[str]:
    return [json.loads(each)["outcome"] for each in crm("ingest", str(place), "-o", "jsonl").out.splitlines()]


def test_a_maildir_filed_again_is_not_read_again(bare: Crm) -> None:
    place = a_maildir(
        bare.root.parent / "courrier", [*LETTERS, letter("Elise", 9, List_Id="<n.example.org>")]
    )
    assert outcomes(bare, place) == ["new"] * 4 + ["aside"]
    for path in (place / "new").iterdir():
        stat = path.stat()
        path.write_bytes(b"x" * stat.st_size)  # so that reading it would give another message
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        path.rename(place / "cur" / f"{path.name}:2,S")  # as a mail program does that shows it
    assert outcomes(bare, place) == ["known"] * 5
    a_maildir(place, [letter("Farid", 7)])
    assert sorted(outcomes(bare, place)) == ["known"] * 5 + ["new"]


def test_a_message_that_the_workspace_has_lost_is_filed_again_from_its_maildir(bare: Crm) -> None:
    place = a_maildir(bare.root.parent / "courrier", LETTERS)
    outcomes(bare, place)
    [path] = bare.data.rglob("poele-2-*.yaml")
    path.unlink()
    assert sorted(outcomes(bare, place)) == ["known"] * 3 + ["new"]


def test_a_large_mailbox_is_parsed_on_all_cores_in_the_order_of_its_messages(bare: Crm) -> None:
    some = [letter("Anne", n) if n % 7 else letter("Lettre", n, Precedence="bulk") for n in range(1, 64)]
    filed = bare("ingest", str(an_mbox(bare.root.parent / "courrier", some)), "-o", "jsonl").out.splitlines()
    assert [json.loads(each)["title"] for each in filed] == [
        f"Poêle {number}" if number % 7 else None for number in range(1, 64)
    ]


def test_of_a_name_that_very_many_senders_have_only_some_are_compared(bare: Crm) -> None:
    place = an_mbox(bare.root.parent / "courrier", [letter("iPhone", number) for number in range(60)])
    bare("ingest", str(place))
    assert 1 < len(filed(bare, letter("iPhone", 61))["similar"]) <= 20


def test_in_one_batch_a_reply_finds_its_original_and_a_sender_is_one_person(bare: Crm) -> None:
    original = letter("Anne", 1)
    reply = letter("Anne", 1, Subject="Re: Poêle 1", Message_ID="<r@x>", In_Reply_To="<Anne-1@example.org>")
    second = letter("Anne", 1, Subject="Autre chose", Message_ID="<s@x>")
    news = letter("Bruno", 2, List_Id="<n.example.org>")
    place = a_maildir(bare.root.parent / "courrier", [original, reply, second, original, news, b"\0 no mail"])
    said = bare("ingest", str(place)).out
    assert said == "6 messages: 2 created, 1 appended, 1 known, 1 kept aside, 1 quarantined\n"
    assert len(json.loads(bare("contact", "list", "-o", "json").out)) == 1


def test_one_message_that_must_wait_stops_none_of_the_others(crm: Crm) -> None:
    path = crm.file("h6hfeqzr")
    path.write_text(path.read_text() + "stage: twice\n")
    waiting = letter("Anne", 1, In_Reply_To="<e108-20261121@example.org>")
    place = a_maildir(crm.root.parent / "courrier", [letter("Bruno", 2), waiting, letter("Chloe", 3)])
    ended = crm("ingest", str(place), code=75)
    assert ended.out == (
        "3 messages: 2 created, 0 appended, 0 known, 0 kept aside, 0 quarantined, 1 to be tried again\n"
    )
    assert "1 of 3 messages were not stored" in ended.err


def test_a_dry_run_of_a_batch_explains_each_decision_and_stores_nothing(bare: Crm) -> None:
    place = a_maildir(
        bare.root.parent / "courrier", [letter(), letter("Bruno", 2, List_Id="<n.example.org>")]
    )
    before = bare.records()
    said = bare("ingest", "--dry-run", str(place)).out
    assert "new lead" in said
    assert "kept aside (automatic: it has List-Id)" in said
    assert bare.records() == before
    assert kept(bare) == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--no-such-option",), 75),
        (("-o", "no-such-format"), 75),
        (("--now", "yesterday-ish"), 75),
        (("--no-such-option", "file.eml"), 2),
        (("no-such-file.eml",), 3),
    ],
)
def test_a_wrong_call_by_a_mail_program_is_tried_again(bare: Crm, words: tuple[str, ...], code: int) -> None:
    assert bare("ingest", *words, code=code, stdin=letter()).err


@pytest.mark.parametrize("content", [letter(), letter(List_Id="<x.example>"), b"", b"no mail at all"])
def test_success_says_nothing_on_stderr(bare: Crm, content: bytes) -> None:
    assert bare("ingest", stdin=content).err == ""


def test_a_line_that_begins_with_from_splits_no_single_message(bare: Crm) -> None:
    content = (
        b"From anne@example.org Mon Nov 23 10:00:00 2026\n"
        + letter()
        + b"\n\nFrom now on\n\nFrom me Mon 2026\nx\n"
    )
    assert filed(bare, content)["outcome"] == "new"

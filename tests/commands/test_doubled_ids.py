"""One id in two files: no command writes it, everything else goes on, and `check --fix` puts an end to it."""

import shutil
from pathlib import Path

import pytest

from tests.harness.crm import Crm

RICHARD, MORVAN = "xgcej9p8", "sdsw7zdf"
COPY = "pipeline_data/opportunities/2026/copie.yaml"


def copied(crm: Crm, id: str = MORVAN, name: str = "copie.yaml", title: str = "Copie") -> Path:
    """A copy of a record under another name, with a title of its own."""
    place = crm.file(id)
    copy = place.with_name(name)
    text = place.read_text("utf-8")
    field = "title" if "opportunities" in str(place) else "name"
    first = next(line for line in text.splitlines() if line.startswith(f"{field}:"))
    copy.write_text(text.replace(first, f"{field}: {title}", 1), "utf-8")
    return copy


WRITES = [
    ["tag", MORVAN, "--add", "zz"], ["set", MORVAN, "priority=1"], ["note", MORVAN, "-m", "x"],
    ["move", MORVAN, "--to", "negotiation"], ["win", MORVAN], ["lose", MORVAN], ["done", "b88tfths"],
    ["activity", "add", MORVAN, "--type", "call", "--due", "2d"], ["activity", "snooze", "b88tfths", "--by", "2d"],
    ["tag", COPY, "--add", "zz"], ["questionnaire", "answer", MORVAN, "surface=120"],
]  # fmt: skip


@pytest.mark.parametrize("words", WRITES, ids=lambda words: " ".join(words[:2]))
@pytest.mark.parametrize("is_known", [True, False], ids=["indexed", "new to the index"])
def test_no_command_writes_an_id_of_two_files(crm: Crm, words: list[str], is_known: bool) -> None:
    copied(crm)
    if is_known:
        crm("list")
    before = crm.records()
    ended = crm(*words, code=5)
    assert MORVAN in ended.err
    assert "copie.yaml" in ended.err
    assert f"--{MORVAN}.yaml" in ended.err
    assert crm.records() == before


def test_a_bulk_change_goes_on_past_it_where_that_is_asked(crm: Crm) -> None:
    copied(crm)
    before = crm.records()
    crm("tag", "stage:quoted", "--add", "zz", "--yes", code=5)
    assert crm.records() == before
    ended = crm("tag", "stage:quoted", "--add", "zz", "--yes", "--keep-going", code=7)
    assert ended.err.count("is the id of two files") == 2
    changed = [path for path, content in crm.records().items() if content != before.get(path)]
    assert changed
    assert not [path for path in changed if MORVAN in path or path == COPY]


def test_a_mail_of_a_record_that_is_skipped_is_not_queued_either(crm: Crm) -> None:
    copied(crm, "enk3gr0s", title="Autre")
    outbox = set((crm.data / "outbox").iterdir())
    crm("move", "stage:new", "--to", "contacted", "--yes", "--keep-going", code=7)
    new = set((crm.data / "outbox").iterdir()) - outbox
    assert all(b"X-Crm-Record: enk3gr0s" not in path.read_bytes() for path in new)


def test_a_copy_whose_name_has_another_id_is_seen(crm: Crm) -> None:
    copied(crm, name="copie--abcd1234.yaml")
    assert "copie--abcd1234.yaml" in crm("note", MORVAN, "-m", "x", code=5).err


def test_a_contact_with_the_id_of_a_deal_is_not_overwritten(crm: Crm) -> None:
    place = crm.data / "contacts" / "anne.yaml"
    place.write_text(f"schema: 1\nid: {MORVAN}\nname: Anne\n", "utf-8")
    before = crm.records()
    for words in (["note", MORVAN, "-m", "x"], ["contact", "set", str(place), "job=x"]):
        assert "anne.yaml" in crm(*words, code=5).err
    assert crm.records() == before


def test_tick_skips_it_and_does_the_rest(crm: Crm) -> None:
    copied(crm)
    late = "2027-03-01T09:00"
    ended = crm("tick", CRM_NOW=late, code=7)
    assert "is the id of two files" in ended.err
    assert "failed" in ended.err
    assert ended.out


def test_a_reply_to_it_is_kept_aside_and_names_both(crm: Crm) -> None:
    copied(crm)
    mail = (
        b"From: Nolwenn <nolwenn@gites-guerledan.example>\r\nTo: devis@atre-granules.example\r\n"
        b"Subject: Re: [sdsw7zdf] devis\r\nMessage-ID: <r1@gites-guerledan.example>\r\n\r\nOui.\r\n"
    )
    ended = crm("ingest", "--verbose", stdin=mail)
    assert "is the id of two files" in ended.err
    assert mail in [path.read_bytes() for path in (crm.data / "quarantine").glob("*.eml")]


def test_undo_does_not_bring_back_an_id_that_another_file_has_now(crm: Crm) -> None:
    copy = copied(crm)
    text = copy.read_text("utf-8")
    copy.unlink()
    crm("delete", MORVAN, "--yes")
    copy.write_text(text, "utf-8")
    assert "copie.yaml" in crm("undo", code=5).err


def test_the_copy_gets_ids_of_its_own_for_all_that_is_in_it(crm: Crm) -> None:
    original = crm.file(MORVAN).read_bytes()
    copied(crm)
    crm("check", "--fix", COPY)
    (new,) = crm.data.glob("opportunities/2026/copie--*.yaml")
    assert not (crm.root / COPY).exists()
    assert crm.file(MORVAN).read_bytes() == original
    assert not set(ids_in(new.read_text("utf-8"))) & set(ids_in(original.decode()))
    crm("note", MORVAN, "-m", "x")
    crm("tag", "stage:quoted", "--add", "zz", "--yes")
    assert "two" not in crm("check", code=0).out


def ids_in(text: str) -> list[str]:
    """The ids of a record and of its activities, messages and rewards."""
    return [line.split(": ")[1] for line in text.splitlines() if line.lstrip(" -").startswith("id: ")]


def test_the_file_that_is_named_for_its_id_keeps_it_whichever_is_asked_for(crm: Crm) -> None:
    copied(crm)
    crm("check", "--fix", str(crm.file(MORVAN)))
    assert crm.file(MORVAN).name.startswith("pag-rika")
    assert list(crm.data.glob("opportunities/2026/copie--*.yaml"))


def test_of_two_that_are_named_for_it_the_one_asked_for_gets_another(crm: Crm) -> None:
    place = crm.data / "opportunities" / "2025" / crm.file(MORVAN).name
    place.parent.mkdir(exist_ok=True)
    shutil.copy(crm.file(MORVAN), place)
    first = next(path for path in crm.data.glob(f"opportunities/*/*{MORVAN}.yaml") if "2026" in str(path))
    crm("check", "--fix", str(place))
    assert first.exists()
    assert not place.exists()


@pytest.mark.parametrize("is_known", [True, False], ids=["indexed", "new to the index"])
def test_a_name_gives_no_id_that_another_file_holds(crm: Crm, is_known: bool) -> None:
    """The other file may have any name: what counts is the id that stands in it."""
    holder = crm.file(MORVAN).rename(crm.data / "opportunities" / "2026" / "morvan.yaml")
    bare = holder.with_name(f"neuf--{MORVAN}.yaml")
    bare.write_text("schema: 1\ntitle: Neuf\n", "utf-8")
    if is_known:
        crm("list")
    crm("check", "--fix", str(bare))
    assert not bare.exists()
    (new,) = crm.data.glob("opportunities/2026/neuf--*.yaml")
    assert MORVAN not in new.read_text("utf-8")
    crm("note", str(holder), "-m", "x")


def test_of_two_bare_files_of_one_name_only_one_gets_the_id_in_it(crm: Crm) -> None:
    places = [crm.data / "opportunities" / "2026" / f"{name}--zzzz1111.yaml" for name in ("un", "deux")]
    for place in places:
        place.write_text("schema: 1\ntitle: Neuf\n", "utf-8")
    crm("check", "--fix", str(places[0]), "--fix", str(places[1]))
    assert "id: zzzz1111\n" in places[0].read_text("utf-8")
    assert not places[1].exists()
    crm("note", "zzzz1111", "-m", "x")


BARE = b"From: anne@dupont.example\r\nTo: devis@atre-granules.example\r\nSubject: Devis\r\nMessage-ID: <1@dupont.example>\r\n\r\nBonjour\r\n"
NAMED = BARE.replace(b"From: anne@dupont.example", b"From: Anne DUPONT <anne@dupont.example>").replace(
    b"<1@", b"<2@"
)


def test_the_contact_that_two_clones_made_is_made_one_field_by_field(crm: Crm) -> None:
    other = Crm(crm.root.parent / "other" / "stoves")
    shutil.copytree(crm.root, other.root)
    crm("ingest", stdin=BARE)
    other("ingest", stdin=NAMED)
    (bare,) = crm.data.glob("contacts/anne-dupont-example--*.yaml")
    (named,) = other.data.glob("contacts/anne-dupont--*.yaml")
    id = bare.stem.rpartition("--")[2]
    assert named.stem.endswith(id)
    other("contact", "set", id, "phones+=06 12 34 56 78")
    shutil.copy(named, crm.data / "contacts")
    crm("contact", "set", id, "job=x", code=4)
    crm("contact", "set", str(bare), "job=x", code=5)
    crm("ingest", stdin=NAMED.replace(b"<2@", b"<3@"))  # a contact that is only named is no reason to stop
    crm("check", "--fix", str(bare))
    (left,) = crm.data.glob(f"contacts/*{id}.yaml")
    text = left.read_text("utf-8")
    assert "name: Anne DUPONT" in text
    assert "+33612345678" in text
    crm("contact", "set", id, "job=Architecte")
    assert "id of" not in crm("check", code=0).out

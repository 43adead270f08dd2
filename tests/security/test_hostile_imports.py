"""Files of other programs that are broken, huge, doubled or made to harm: one clear line, and nothing half done."""

import contextlib
import json
import os
import resource
import signal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.values.errors import UsageError
from crmcli.exchange.cell_table import read_csv_table
from crmcli.exchange.json_records import decode_documents
from tests.harness.crm import Crm

TABLE = "Titre;Montant;Client\nPoêle à bois;8 000,50 €;Zoé\n"


def write(tmp_path: Path, content: str | bytes, name: str = "file.csv") -> str:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def revenues(crm: Crm, text: str) -> list[object]:
    return [each["expected_revenue"] for each in json.loads(crm("list", text, "is:any", "-o", "json").out)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_the_encodings_of_spreadsheets_are_recognized(crm: Crm, tmp_path: Path, encoding: str) -> None:
    crm("import", "csv", write(tmp_path, TABLE.encode(encoding)))
    assert revenues(crm, "title:'Poêle à bois'") == [8000.5]


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("klingon", "unknown encoding 'klingon'"), ("utf-16", "is not utf-16"), ("idna", "unknown encoding")],
)
def test_an_encoding_that_is_not_that_of_the_file_is_refused(
    crm: Crm, tmp_path: Path, encoding: str, said: str
) -> None:
    path = write(tmp_path, "Titre;Client\nPoêle\n".encode("cp1252"))
    for command in (("import", "csv"), ("contact", "import")):
        assert said in crm.refused(*command, path, "--encoding", encoding, code=2)


def test_an_encoding_that_is_given_counts(crm: Crm, tmp_path: Path) -> None:
    crm("import", "csv", write(tmp_path, TABLE.encode("mac-roman")), "--encoding", "mac-roman")
    assert revenues(crm, "title:'Poêle à bois'") == [8000.5]


@pytest.mark.parametrize("command", [("import", "csv"), ("contact", "import")])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"Nom;Objet\nA;\0\n", "2: is not text: it has a NUL byte"),
        (b"Nom;Objet\nA;" + b"x" * 1_000_000, "2: a cell has more than 131,072 characters"),
        (b'Nom;Objet\n"A;x\n', "2: the quote that opens here is never closed"),
        (b"", "is empty"),
        (b"\xff\xfe\x00\x00N\x00\x00\x00", "NUL byte"),
    ],
)
def test_what_is_no_table_is_one_line_with_its_number(
    crm: Crm, tmp_path: Path, command: tuple[str, ...], content: bytes, said: str
) -> None:
    before = crm.records()
    error = crm.refused(*command, write(tmp_path, content), code=2)
    assert said in error
    assert (error.count("\n"), len(error) < 400) == (1, True)
    assert crm.records() == before


@pytest.mark.parametrize("into", ["opportunities", "contacts"])
def test_rows_and_headings_that_do_not_fit_are_named(crm: Crm, tmp_path: Path, into: str) -> None:
    path = write(tmp_path, "name;emails;\nA\nB;;x\nC;;;y\n")
    said = crm("import", "csv", path, "--into", into, "--field", "emails=", "--keep-going", code=7)
    assert f"{path}:3: has a value in column 3, which has no heading" in said.err
    assert f"{path}:4: has more cells than the first line has headings" in said.err
    assert said.out.startswith("1 created, 0 updated, 0 unchanged, 2 faulty")


def test_two_columns_of_one_field_are_refused_where_they_differ(crm: Crm, tmp_path: Path) -> None:
    path = write(tmp_path, "Titre;Titre\nA;A\nB;C\n")
    assert "two columns give it, 'B' and 'C'" in crm.refused("import", "csv", path, code=5)


def test_hundreds_of_columns_come_in_by_their_headings(crm: Crm, tmp_path: Path) -> None:
    names = ";".join(f"c{number}" for number in range(300))
    crm("import", "csv", write(tmp_path, f"{names};Titre\n{names};Large\n"))
    assert revenues(crm, "title:Large") == [None]


def test_every_wrong_value_of_a_row_is_told_also_beside_an_unknown_word(crm: Crm, tmp_path: Path) -> None:
    rows = (
        "A;31/02/2026;8,000.50;zorro;\n"
        "B;2026-02-31;8.000;;\n"
        "C;1/2/26;-5;;9\n"
        "D;01/13/2026;8000 USD;;1\n"
        "E;;1e5;zorro;9\n"
    )
    path = write(tmp_path, f"Titre;Créé le;Montant;Responsable;Priorité\n{rows}")
    said = crm.refused("import", "csv", path, code=5)
    for each in (
        "2: Créé le: '31/02/2026' does not exist",
        "2: Responsable: unknown owner 'zorro', 2 times",
        "3: Créé le: '2026-02-31' does not exist",
        "3: Montant: '8.000' can be read in two ways",
        "4: Créé le: '1/2/26': a year has four digits",
        "4: Montant: '-5.00' is negative",
        "5: Créé le: '01/13/2026' does not exist",
        "5: Montant: '8000 USD' is not in EUR",
        "6: Montant: '1e5' is not an amount",
    ):
        assert f"{path}:{each}" in said


def test_a_currency_may_be_a_sign_and_another_one_is_refused(crm: Crm, tmp_path: Path) -> None:
    path = write(tmp_path, "Titre;Montant;Devise\nA;5;€\nB;5;eur\nC;5;USD\n")
    said = crm("import", "csv", path, "--keep-going", code=7)
    assert f"{path}:4: its amounts are in USD, not in EUR" in said.err
    assert said.out.startswith("2 created")


def test_the_contact_of_a_refused_row_does_not_stay_with_the_next_one(crm: Crm, tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "Titre;Client;E-mail;Société;Probabilité\n"
        "A;Nina NEUVE;nina@example.org;Neuve SARL;120\nB;Nina NEUVE;nina@example.org;Neuve SARL;20\n",
    )
    assert crm("import", "csv", path, "--keep-going", code=7).out.startswith("1 created")
    assert crm("check").out == ""
    person = json.loads(crm("contact", "show", "nina@example.org", "-o", "json").out)
    assert person["company_name"] == "Neuve SARL"


def test_a_second_row_about_one_record_is_refused(crm: Crm, tmp_path: Path) -> None:
    path = write(tmp_path, "Titre;Réf\nA;X1\nB;X1\n")
    assert f"{path}:3: is about the same record as line 2" in crm.refused("import", "csv", path, code=5)
    for counts in ("1 created, 0 updated, 0 unchanged", "0 created, 0 updated, 1 unchanged"):
        assert crm("import", "csv", path, "--keep-going", code=7).out == f"{counts}, 1 faulty\n"


def test_what_was_changed_here_stays_unless_the_file_says_otherwise(crm: Crm, tmp_path: Path) -> None:
    path = write(tmp_path, "Titre;Réf;Montant;Étiquettes\nA;X1;;rouge\nB;X2;10;\n")
    crm("import", "csv", path)
    ids = crm("list", "tag:rouge", "-o", "ids").out.split()
    crm("set", *ids, "expected_revenue=55", "tags+=ici", "description=à nous")
    assert crm("import", "csv", path).out == "0 created, 0 updated, 2 unchanged\n"
    crm("import", "csv", write(tmp_path, "Titre;Réf;Montant;Étiquettes\nA;X1;70;bleu\n", "later.csv"))
    deal = json.loads(crm("show", *ids, "-o", "json").out)
    assert (deal["expected_revenue"], deal["description"]) == (70, "à nous")
    assert deal["tags"] == ["bleu", "ici", "rouge"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"title": "\\ud800"}', "1: has half a character"),
        ('[{"schema": "crm.record/9"}]', "'crm.record/9' is not a form that this crm reads"),
        ('{"a": 1}\n{"a": 2}\n{"a": ', "3: is not JSON"),
        ('[{"a": 1}, {"a"', "1: is not JSON"),
        ("[1, 2]", "1: is not an object"),
        ("\0", "is not JSON"),
    ],
)
def test_broken_json_is_one_line_with_its_number(crm: Crm, tmp_path: Path, content: str, said: str) -> None:
    for into in ("opportunities", "contacts"):
        error = crm.refused("import", "json", write(tmp_path, content), "--into", into, code=2)
        assert said in error
        assert error.count("\n") == 1


@given(st.one_of(st.text(), st.recursive(st.none() | st.text(), st.lists).map(json.dumps)))
def test_any_json_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(UsageError):
        decode_documents(text)


@given(st.one_of(st.binary(), st.text().map(str.encode), st.text(alphabet="\";,\t\n\r'=x").map(str.encode)))
def test_any_bytes_are_a_table_or_refused(content: bytes) -> None:
    with contextlib.suppress(UsageError):
        assert read_csv_table(content).headers


def test_what_an_import_writes_is_never_a_record(crm: Crm, tmp_path: Path) -> None:
    path = write(tmp_path, "Titre;Montant\nA;x\nB;5\n")
    before = crm.records()
    inside = str(crm.data / "opportunities" / "x.yaml")
    for option in ("--rejects", "--write-map"):
        for target, said in ((inside, "is inside pipeline_data"), (str(tmp_path), "is a folder")):
            error = crm.refused("import", "csv", path, "--keep-going", option, target, code=2)
            assert said in error
    assert crm.records() == before


def limit_files() -> None:
    """Let this process write no file that is larger than 4 kB, as on a disk that is full."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


def many(count: int) -> str:
    rows = "".join(f"Poêle {number};{number},50;Client {number}\n" for number in range(count))
    return f"Titre;Montant;Client\n{rows}"


def test_a_full_disk_leaves_nothing_half_done(crm: Crm, tmp_path: Path) -> None:
    path = write(tmp_path, many(300))
    before = crm.records()
    ended = crm.run("import", "csv", path, first=limit_files)
    assert ended.code not in (0, None)
    assert "Traceback" not in ended.err
    assert crm("check").out == ""
    assert crm.records() == before
    assert crm("import", "csv", path).out.startswith("300 created")


@pytest.mark.parametrize("happens", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("change", [1, 40, 90])
def test_an_import_that_is_killed_is_whole_or_not_there(
    crm: Crm, tmp_path: Path, happens: signal.Signals, change: int
) -> None:
    path = write(tmp_path, many(40))
    before = crm.records()
    heard = 0

    def hear(*_: object) -> None:
        nonlocal heard
        heard += 1
        if heard == change:
            os.kill(os.getpid(), happens)

    crm.run("import", "csv", path, hear=hear)
    crm("list")
    assert crm("check").out == ""
    there = len(crm.records()) - len(before)
    assert there in (0, 80)
    said = crm("import", "csv", path).out
    assert said.startswith("0 created, 0 updated, 40 unchanged" if there else "40 created")


def test_two_imports_at_once_double_nothing(crm: Crm, tmp_path: Path) -> None:
    path = write(tmp_path, many(60))
    started = [crm.start("import", "csv", path, stdout=-1, stderr=-1) for _ in range(2)]
    told = sorted(each.communicate(timeout=60)[0].splitlines()[0] for each in started)
    assert [each.returncode for each in started] == [0, 0]
    assert told == ["0 created, 0 updated, 60 unchanged", "60 created, 0 updated, 0 unchanged"]
    assert crm("check").out == ""

"""Only the lines that a command changes differ, whatever hand wrote the file: each difference, line by line.

`hand_styles.diff` holds what every command changes in every style. `GOLDEN=write pytest` on this file
writes it anew; read the difference before you commit it.
"""

import difflib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from crmcli.domain.model.record_types import Address, Consent, Contact, ContactKind
from crmcli.domain.values.ids import derive_id
from crmcli.store import records
from tests.harness.crm import Crm
from tests.store.codec.hand_styles import STYLES

GOLDEN = Path(__file__).with_name("hand_styles.diff")
CONFIG = """\
schema: 1
locale: fr_FR
timezone: Europe/Paris
users:
  - id: marie
    name: Marie
stages:
  - id: new
    label: Nouveau
    probability: 10
  - id: contacted
    label: Contact
    probability: 30
"""
COMMANDS = {
    "tag": ["tag", "is:any", "--add", "neuf"],
    "untag": ["tag", "is:any", "--remove", "pag"],
    "priority": ["set", "is:any", "priority=3"],
    "revenue": ["set", "is:any", "revenue=9000"],
    "clear": ["set", "is:any", "owner="],
    "note": ["note", "is:any", "-m", "Deux mots\nsur l'appareil : # urgent"],
    "move": ["move", "is:any", "--to", "contacted"],
}
UNREADABLE = ("tabs after values",)  # YAML 1.2 allows them, ruamel does not: named, and left as it is
INVISIBLE = str.maketrans({"\r": "␍", "\t": "␉", "\ufeff": "␂"})


def id_of(style: str) -> str:
    return derive_id("style", style)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a record in every style."""
    root = tmp_path_factory.mktemp("hands") / "hands"
    (root / "pipeline_data" / "opportunities").mkdir(parents=True)
    (root / "pipeline_data" / "crm.yaml").write_text(CONFIG)
    for style in STYLES:
        path = root / "pipeline_data" / "opportunities" / f"{id_of(style)}.yaml"
        path.write_bytes(STYLES[style].replace("ID", id_of(style)).encode("utf-8"))
    return root


def changed_by(command: list[str], written: Path, there: Path) -> dict[str, str]:
    """What a command changes in each style, as lines."""
    shutil.copytree(written, there)
    crm = Crm(there)
    crm(*command, "--yes", "--keep-going")
    paths = {style: crm.data / "opportunities" / f"{id_of(style)}.yaml" for style in STYLES}
    originals = {style: text.replace("ID", id_of(style)) for style, text in STYLES.items()}
    return {
        style: "\n".join(different(originals[style], path.read_bytes().decode("utf-8")))
        for style, path in paths.items()
    }


def different(before: str, after: str) -> Iterator[str]:
    """The lines that go and that come, each after a line of context; what cannot be seen is spelled out."""
    lines = difflib.unified_diff(*map(shown, (before, after)), lineterm="", n=1)
    yield from (re.sub(r"id: \"?[a-z][0-9a-z]{7}\b", "id: NOTEID", line) for line in list(lines)[2:])


def shown(text: str) -> list[str]:
    """The lines of a text, each with its end where it is not the usual one."""
    lines = re.sub(r"\r(?!\n)", "␍\n", text).replace("\r\n", "␍\n").split("\n")
    ends = [*lines[:-1], *([f"{lines[-1]}␄"] if lines[-1] else [])]
    return [re.sub(" +$", lambda spaces: "·" * len(spaces[0]), line).translate(INVISIBLE) for line in ends]


def known() -> dict[str, dict[str, str]]:
    """The differences that were read and found right, by command and style."""
    sections = re.split(r"^=== (.+) \| (.+)\n", GOLDEN.read_text("utf-8"), flags=re.MULTILINE)[1:]
    found: dict[str, dict[str, str]] = {}
    for style, command, lines in zip(*[iter(sections)] * 3, strict=True):
        found.setdefault(command, {})[style] = lines.removesuffix("\n\n").removesuffix("\n")
    return found


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_changes_only_the_lines_it_must(command: str, written: Path, tmp_path: Path) -> None:
    changed = changed_by(COMMANDS[command], written, tmp_path / "hands")
    if os.environ.get("GOLDEN") == "write":
        write_known(command, changed)
    right = known()[command]
    assert {style: lines for style, lines in changed.items() if lines != right[style]} == {}
    assert all(changed[style] == "" for style in UNREADABLE)


def test_what_cannot_be_read_is_named_with_its_line(written: Path) -> None:
    said = Crm(written)("list", "is:any").err
    places = [line.split(": ")[1] for line in said.splitlines()]
    assert [place.rpartition(":")[0] for place in places] == [
        f"pipeline_data/opportunities/{id_of(style)}.yaml:1" for style in UNREADABLE
    ]


def write_known(command: str, changed: dict[str, str]) -> None:
    every = known() if GOLDEN.exists() else {}
    every[command] = changed
    sections = [
        f"=== {style} | {command}\n{every[command][style]}\n\n"
        for style in STYLES
        for command in COMMANDS
        if command in every
    ]
    GOLDEN.write_text("".join(sections), "utf-8")


CONTACT = """\
# Voisins de Paul
emails: [a@example.org,   "b@example.org"]   # the first is hers
addresses:
    - {label: home, street: "1 rue du Lac",  city: Pontivy}   # blue door
    -   label: work
        # the office
        street: 2 rue du Port   # first floor
        city:   Vannes
tags: []
company:   fzpagc8n  # moved?
name:     Nolwenn   # not Nolwen
phones:
- "+33 2 97 00 00 01"
- '+33 2 97 00 00 02'   # mobile
zodiac: lion
id: kkkkkkkk
"""
ADDRESSES = (
    Address(label="home", street="1 rue du Lac", city="Pontivy"),
    Address(label="work", street="2 rue du Port", city="Vannes"),
)
CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"name": "Nolwenn K."}, "-name:     Nolwenn   # not Nolwen\n+name:     Nolwenn K.   # not Nolwen"),
    (
        {"emails": ("a@example.org", "b@example.org", "c@example.org")},
        '-emails: [a@example.org,   "b@example.org"]   # the first is hers\n'
        '+emails: [a@example.org,   "b@example.org", c@example.org]   # the first is hers',
    ),
    (
        {"emails": ("b@example.org",)},
        '-emails: [a@example.org,   "b@example.org"]   # the first is hers\n+emails: ["b@example.org"]   # the first is hers',
    ),
    ({"phones": ("+33 2 97 00 00 02",)}, '-- "+33 2 97 00 00 01"'),
    ({"phones": ()}, "-phones:\n-- \"+33 2 97 00 00 01\"\n-- '+33 2 97 00 00 02'   # mobile"),
    ({"company": None}, "-company:   fzpagc8n  # moved?"),
    ({"tags": ("sud",)}, "-tags: []\n+tags:\n+    - sud"),
    (
        {"addresses": (ADDRESSES[0], replace(ADDRESSES[1], city="Auray"))},
        "-        city:   Vannes\n+        city:   Auray",
    ),
    (
        {"addresses": (replace(ADDRESSES[0], postcode="56300"), ADDRESSES[1])},
        '-    - {label: home, street: "1 rue du Lac",  city: Pontivy}   # blue door\n'
        "+    - {label: home, street: \"1 rue du Lac\", postcode: '56300',  city: Pontivy}   # blue door",
    ),
    (
        {"addresses": (ADDRESSES[1],)},
        '-    - {label: home, street: "1 rue du Lac",  city: Pontivy}   # blue door',
    ),
    (
        {"consent": Consent(source="web", purposes=("news",))},
        "+consent:\n+    source: web\n+    purposes:\n+        - news",
    ),
    ({"kind": ContactKind.COMPANY}, "+kind: company"),
]


@pytest.mark.parametrize(("change", "lines"), CHANGES)
def test_a_contact_of_a_hand_changes_in_these_lines_only(change: dict[str, Any], lines: str) -> None:
    source = records.read_record(Path("x.yaml"), CONTACT.encode(), Contact)
    after = records.edit_record(source, replace(source.value, **change)).decode()
    diff = difflib.unified_diff(CONTACT.splitlines(), after.splitlines(), lineterm="", n=0)
    assert [line for line in list(diff)[2:] if not line.startswith("@@")] == lines.split("\n")

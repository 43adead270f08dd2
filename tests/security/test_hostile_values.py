"""Values that are no values: in each field of a record and of the configuration, in files and on the command line."""

import json
import math
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crmcli.domain.model.fields import walk_fields
from crmcli.domain.model.record_types import Contact, Opportunity
from crmcli.store.records import read_record
from tests.fuzz.fuzzing import find_refusal
from tests.fuzz.mutations import DAYS, NUMBERS
from tests.harness.crm import Crm
from tests.harness.places import ROOT

DEAL = "sdsw7zdf"
YAML = {
    "a tag that calls Python": "!!python/object/apply:os.system ['touch ran']",
    "a tag that makes an object": "!!python/name:os.system",
    "a tag of its own": "!evil x",
    "binary": "!!binary eA==",
    "a set": "!!set {a}",
    "a merge key": "{<<: {title: y}}",
    "an anchor on itself": "&a [*a]",
    "an alias of nothing": "*nothing",
    "a list for a text": "[[[[]]]]",
    "a mapping for a text": "{a: {b: c}}",
    "not a number": ".nan",
    "infinity": "-.inf",
    "a giant": "9" * 5000,
    "an exponent": "1e999999999",
    "a small exponent": "1e-999999999",
    "a negative zero": "-0.0",
    "hexadecimal": "0xffffffffffffffffffffff",
    "sexagesimal": "190:20:30",
    "arabic digits": "١٢٣",
    "a day that does not exist": "2026-02-30",
    "the last day and a zone": "9999-12-31T23:59:59-14:00",
    "the first day and a zone": "0001-01-01T00:00:00+14:00",
    "a leap second": "2026-06-30T23:59:60Z",
    "a year of five digits": "12026-01-01",
    "an hour of 99": "2026-11-24T99:00:00Z",
    "a path": "../../../../etc/passwd",
    "half a surrogate pair": '"\\ud800"',
}


def fields() -> Iterator[Any]:
    """Each field of a record, with each value."""
    for kind in (Opportunity, Contact):
        for path, _ in walk_fields(kind):
            yield pytest.param(kind, path, id=f"{kind.__name__}.{path}")


def numbers_in(value: Any) -> Iterator[float]:
    """All numbers in a document."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from numbers_in(each)
    elif isinstance(value, int | float):
        yield value


@pytest.mark.parametrize(("kind", "path"), list(fields()))
def test_a_value_that_is_none_is_refused_with_its_line_or_is_text(kind: type[Any], path: str) -> None:
    head, _, tail = path.partition(".")
    for name, value in YAML.items():
        text = f"name: x\ntitle: x\n{head}:\n  {tail}: {value}\n" if tail else f"other: x\n{head}: {value}\n"
        refusal = find_refusal(read_record, Path("x.yaml"), text.encode(), kind)
        assert refusal is None or "x.yaml" in refusal, name
        assert refusal is None or len(refusal) < 1500, name
    assert not Path("ran").exists()


def test_no_value_of_a_file_becomes_a_number_that_is_none(crm: Crm) -> None:
    folder = crm.data / "opportunities"
    for key in (
        "expected_revenue",
        "recurring_revenue",
        "priority",
        "probability",
        "expected_close",
        "created",
    ):
        for number, value in enumerate(YAML.values()):
            (folder / f"{key}-{number}.yaml").write_text(f"title: x\n{key}: {value}\n", "utf-8")
    listed = crm("list", "is:any", "-o", "json")
    assert all(math.isfinite(each) for each in numbers_in(json.loads(listed.out)))
    assert DEAL in listed.out
    assert crm("report", "pipeline").out


TWICE = {
    "a field": "title: a\ntitle: b\n",
    "a field in quotes": 'title: a\n"title": b\n',
    "a field of a part": "title: a\nmarketing: {source: a, source: b}\n",
    "an unknown key": "title: a\nx: 1\nx: 2\n",
    "a second document": "title: a\n---\ntitle: b\n",
}


@pytest.mark.parametrize("text", TWICE.values(), ids=TWICE)
def test_what_stands_twice_is_refused_with_its_line(text: str) -> None:
    refusal = find_refusal(read_record, Path("x.yaml"), text.encode(), Opportunity)
    assert refusal is not None
    assert "x.yaml:" in refusal


@pytest.mark.parametrize("field", ["expected_revenue", "priority", "expected_close", "fields.power"])
def test_a_number_or_day_that_is_none_is_refused_on_the_command_line(crm: Crm, field: str) -> None:
    before = crm.records()
    hostile = [*NUMBERS, *DAYS, "١٢٣", "1e5", "--1", "1/0"]
    for value in hostile:
        ended = crm.run("set", DEAL, f"{field}={value}", "--dry-run", "-o", "json")
        assert "Traceback" not in ended.err, (field, value)
        assert ended.code in (0, 2), (value, ended)
        assert all(math.isfinite(each) for each in numbers_in(json.loads(ended.out or "[]")))
    assert crm.records() == before


CONFIGURED = {
    "timezone": [
        "Mars/Phobos",
        "../../etc/passwd",
        "/etc/localtime",
        "",
        ".",
        "Europe",
        "posixrules/..",
        "Europe/Paris\0",
        "UTC+99",
        "x" * 5000,
    ],
    "locale": ["xx_XX", "../fr", "fr_FR/../../x", "C", "x" * 5000],
    "currency": ["XXXX", "€€", "../EUR", "", "x" * 5000],
    "country": ["ZZ", "../FR", "FR;import os", "", "x" * 5000],
    "region": ["../x", "ZZZ", "x" * 5000],
    "date_order": ["xyz", "dmyy"],
}


@pytest.mark.parametrize(
    ("key", "value"), [(key, value) for key, values in CONFIGURED.items() for value in values]
)
def test_a_setting_that_does_not_exist_is_told_in_one_line(crm: Crm, key: str, value: str) -> None:
    path = crm.data / "crm.yaml"
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith(f"{key}:")]
    path.write_text("\n".join([*lines, f"{key}: {json.dumps(value)}"]) + "\n", "utf-8")
    for words in (["config", "check"], ["due"]):
        ended = crm.run(*words)
        assert "Traceback" not in ended.err, ended.err
        assert ended.code in (0, 1, 5), ended
        assert len(ended.err) < 2000
    assert crm.run("config", "check").code == 5


PATTERNS = ["*a" * 40, "*" * 5000, "?*" * 500, "[" * 500, "(a+)+$", "*\\" * 100, "[!]a-]" * 100]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_of_the_configuration_ends_soon(bare: Crm, pattern: str) -> None:
    path = bare.data / "crm.yaml"
    text = path.read_text("utf-8").replace(
        "  routes:\n", f"  routes:\n    - subject: {json.dumps(pattern)}\n      tags: [x]\n", 1
    )
    path.write_text(text.replace("also: [salon*]", f"also: [{json.dumps(pattern)}]"), "utf-8")
    mail = b"From: a@example.org\nSubject: " + b"a" * 5000 + b"b\n\nBonjour\n"
    for words, given in (
        (["ingest"], mail),
        (["create", "x", "--campaign", "a" * 5000 + "b"], b""),
        (["config", "check"], b""),
    ):
        ended = bare.run(*words, stdin=given, first=limit_time)
        assert ended.code >= 0, (words, "was ended by a signal")
        assert "Traceback" not in ended.err


def limit_time() -> None:
    """Let a process take ten seconds of processor time."""
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (10, 10))


VARIABLES = {
    "CRM_NOW": ["x", "9999-12-31", "0001-01-01", "2026-02-30", "nan", "2026-11-24T09:00+99:00"],
    "CRM_LANG": ["../fr", "xx", "fr/../../x", "\x1b[31m"],
    "CRM_LOCK_TIMEOUT": ["x", "-1", "nan", "inf", "1e999", "9" * 400],
    "CRM_USER": ["\x1b]0;x\x07", "../x", "a\nb", "", "x" * 5000],
    "CRM_STATE_DIR": ["relative", "/dev/null/x", "\x1b"],
    "CRM_WORKSPACE": ["/dev/null", "/nowhere\x1b[31m", "..", "x" * 5000],
    "COLUMNS": ["-5", "0", "x", "9" * 400, "1"],
    "LANG": ["xx_XX.UTF-99", "../x"],
    "TZ": ["../../etc/passwd", "x" * 5000],
    "TERM": ["../x", "\x1b[31m"],
    "EDITOR": ["/nowhere", "'", "false"],
    "HOME": ["relative", "/dev/null", ""],
    "XDG_STATE_HOME": ["relative", "/dev/null"],
    "PWD": ["/nowhere", "\x1b"],
    "NO_COLOR": ["\x1b"],
    "PYTHONIOENCODING": ["ascii"],
}


@pytest.mark.parametrize("name", VARIABLES)
def test_a_variable_of_the_environment_may_hold_anything(crm: Crm, name: str) -> None:
    crm.environment["EDITOR"] = "true"
    for value in VARIABLES[name]:
        for words in (["list"], ["edit", DEAL], ["note", DEAL, "-m", "x", "--dry-run"]):
            ended = crm.run(*words, **{name: value})
            assert "Traceback" not in ended.err, (value, ended.err)
            assert 0 <= ended.code <= 75, (value, ended)
            assert not {"\x1b", "\x07"} & set(ended.err), (value, ended.err)
    assert crm("list", "-o", "ids").out


MODULES = ("crmcli", "typer", "yaml", "json", "msgspec", "sitecustomize", "usercustomize", "encodings", "re")


def test_modules_that_lie_in_a_workspace_are_not_imported(crm: Crm, tmp_path: Path) -> None:
    for name in MODULES:
        (crm.root / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    (crm.root / "crmcli").mkdir()
    (crm.root / "crmcli" / "__init__.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    program = ROOT / ".venv" / "bin" / "crm"
    environment = {key: value for key, value in crm.environment.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [program, "list", "-o", "ids"],
        cwd=crm.root,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert DEAL in done.stdout
    assert not (tmp_path / "ran").exists()

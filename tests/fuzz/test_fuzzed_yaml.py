"""Any bytes in a record or in crm.yaml: told by their name, never changed by reading, and no trouble for other records."""

from pathlib import Path
from random import Random

from crmcli.domain.model.record_types import Contact, Opportunity
from crmcli.store.configuration import read_config
from crmcli.store.git.merge_contents import merge_contents
from crmcli.store.records import read_record, write_canonical
from tests.fuzz.fuzzing import find_refusal, is_readable, try_inputs
from tests.fuzz.mutations import DAYS, NUMBERS, TEXTS, YAML, damage, encode_fragments
from tests.harness.crm import Crm
from tests.harness.places import ROOT

DATA = ROOT / "pipeline_data"
DEALS = [path.read_bytes() for path in sorted(DATA.glob("opportunities/**/*.yaml"))]
PEOPLE = [path.read_bytes() for path in sorted(DATA.glob("contacts/*.yaml"))]
CONFIG = (DATA / "crm.yaml").read_bytes()
FRAGMENTS = encode_fragments(TEXTS, NUMBERS, DAYS, YAML)
KEPT: tuple[bytes, ...] = ()
KEPT_CONFIGURATIONS: tuple[bytes, ...] = ()


def a_deal(draw: Random) -> bytes:
    """The damaged file of an opportunity."""
    return damage(draw, draw.choice(DEALS), FRAGMENTS, [*DEALS, *PEOPLE])


def a_configuration(draw: Random) -> bytes:
    """A damaged crm.yaml."""
    return damage(draw, CONFIG, FRAGMENTS)


def test_any_record_is_read_or_refused_with_its_name() -> None:
    def read(content: bytes) -> None:
        for kind in (Opportunity, Contact):
            refusal = find_refusal(read_record, Path("x/y.yaml"), content, kind)
            if refusal is None:
                value = read_record(Path("x/y.yaml"), content, kind).value
                assert read_record(Path("y.yaml"), write_canonical(value), kind).value == value
            assert refusal is None or (is_readable(refusal) and "y.yaml" in refusal)

    try_inputs(lambda draw: damage(draw, draw.choice(DEALS + PEOPLE), FRAGMENTS, DEALS), read, KEPT)


def test_any_configuration_is_read_or_refused_with_its_name() -> None:
    def read(content: bytes) -> None:
        refusal = find_refusal(read_config, Path("x/crm.yaml"), content)
        assert refusal is None or (is_readable(refusal) and "crm.yaml" in refusal)

    try_inputs(a_configuration, read, KEPT_CONFIGURATIONS)


def test_any_record_in_a_workspace_is_left_as_it_is_and_told(crm: Crm) -> None:
    path = next(crm.data.glob("opportunities/**/*sdsw7zdf.yaml"))
    others = set(crm("list", "is:any", "-o", "ids").ids) - {"sdsw7zdf"}

    def look(content: bytes) -> None:
        path.write_bytes(content)
        listed = crm("list", "is:any", "-o", "ids")
        assert others <= set(listed.ids)
        checked = crm.run("check")
        assert checked.code in (0, 5), checked
        assert "Traceback" not in checked.err
        for words in (
            ("list", "is:any", "-o", "json"),
            ("board",),
            ("due",),
            ("show", str(path)),
            ("tick", "--dry-run"),
        ):
            ended = crm.run(*words)
            assert ended.code in (0, 1, 3, 4, 5, 7), (words, ended)
            assert "Traceback" not in ended.err, (words, ended.err)
        assert path.read_bytes() == content
        if find_refusal(read_record, path, content, Opportunity):
            assert path.name in checked.out + checked.err

    try_inputs(a_deal, look, KEPT)


def test_any_configuration_in_a_workspace_is_left_as_it_is_and_told(crm: Crm) -> None:
    path = crm.data / "crm.yaml"

    def look(content: bytes) -> None:
        path.write_bytes(content)
        for words in (
            ("config", "check"),
            ("list",),
            ("config", "show"),
            ("due",),
            ("rules", "check"),
            ("check",),
            ("doctor",),
        ):
            ended = crm.run(*words)
            assert ended.code in (0, 1, 2, 5, 7), (words, ended)
            assert "Traceback" not in ended.err, (words, ended.err)
        assert path.read_bytes() == content
        if find_refusal(read_config, path, content):
            checked = crm.run("check")
            assert checked.code == 5
            assert "crm.yaml" in checked.out + checked.err

    try_inputs(a_configuration, look, KEPT_CONFIGURATIONS)


def test_any_versions_of_a_file_are_merged_or_both_kept() -> None:
    def merge(versions: tuple[str, bytes, bytes, bytes]) -> None:
        path, base, ours, theirs = versions
        merged = merge_contents(path, base, ours, theirs)
        if not merged.conflicts:
            assert merged.ours == merged.theirs == merged.content
        assert merge_contents(path, base, ours, ours).content == ours

    def versions(draw: Random) -> tuple[str, bytes, bytes, bytes]:
        path, base = draw.choice((("pipeline_data/opportunities/2026/x--sdsw7zdf.yaml", draw.choice(DEALS)),
                                  ("pipeline_data/contacts/x--f8dz9xw4.yaml", draw.choice(PEOPLE)),
                                  ("pipeline_data/crm.yaml", CONFIG)))  # fmt: skip
        return path, base, damage(draw, base, FRAGMENTS, DEALS), damage(draw, base, FRAGMENTS, DEALS)

    try_inputs(versions, merge)

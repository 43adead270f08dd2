"""The parts that pages share: sections, labelled lines, and keys that this version does not know."""

from collections.abc import Iterable, Iterator

from crmcli.cli.output.colours import Page, Tone, TonedText, tone_of_line
from crmcli.cli.output.value_format import spell_value
from crmcli.domain.model.fields import fields_of
from crmcli.domain.model.record_types import Part
from crmcli.domain.records import documents
from crmcli.domain.records.import_contact import CARD
from crmcli.domain.values.visible_text import visible

Lines = Iterator[str]
LABEL_WIDTH = 12


def join_parts(parts: Iterable[Iterable[str]]) -> Page:
    """Join the parts of a page with blank lines; empty parts are left out."""
    blocks = [[TonedText(visible(line).rstrip(), tone_of_line(line)) for line in part] for part in parts]
    kept = [block for block in blocks if any(block)]
    return Page(line for index, block in enumerate(kept) for line in ([""] if index else []) + list(block))


def format_section(title: str, lines: Iterable[str]) -> list[str]:
    """Return a titled section of a page; empty if it has no lines."""
    body = [TonedText(f"  {line}", tone_of_line(line)) for line in lines]
    return [TonedText(title, Tone.BOLD), *body] if body else []


def format_labelled(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Return a labelled line for each pair, without those that have no value."""
    pairs = [(label, value) for label, value in pairs if value]
    width = max([LABEL_WIDTH, *(len(label) + 2 for label, _ in pairs)])
    return [f"{label:<{width}}{value}" for label, value in pairs]


def list_unknown_keys(part: Part, under: str = "") -> Iterator[tuple[str, str]]:
    """Yield the keys of a record and its single parts that this version does not know, with their values."""
    for name, value in documents.plain_data(part.extra).items():
        yield f"{under}{name}", "" if name == CARD else spell_value(value)
    for spec in fields_of(type(part)):
        inner = getattr(part, spec.name)
        if isinstance(inner, Part):
            yield from list_unknown_keys(inner, f"{spec.key}.")


def format_unknown_keys(part: Part) -> str:
    """Return the unknown keys of an activity, a message or a reward, to be appended to its line."""
    return "".join(f"  {name}: {value}" for name, value in list_unknown_keys(part))

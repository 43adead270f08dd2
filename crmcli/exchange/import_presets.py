"""Mappings: those that crm knows, of Odoo, HubSpot, Pipedrive and EspoCRM, and those in files."""

from pathlib import Path

from crmcli.domain.importing.import_map import ImportMap, check_map
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.list_entries import unknown_entry
from crmcli.domain.values.places import format_place
from crmcli.store.codec.codec_errors import BadYaml
from crmcli.store.codec.parser import parse_yaml
from crmcli.store.codec.typed_values import InvalidError, decode_part
from crmcli.store.transactions import files

PRESETS = ("odoo", "hubspot", "pipedrive", "espocrm")
FOLDER = Path(__file__).parent / "presets"


def load_preset(name: str) -> ImportMap:
    """Return the mapping of a program's export.

    Raises UsageError for a program that crm does not know.
    """
    if name not in PRESETS:
        raise unknown_entry("preset", name, list(PRESETS))
    return load_map(FOLDER / f"{name}.yaml")


def load_map(path: Path) -> ImportMap:
    """Return the mapping in a YAML file.

    Raises UsageError for a file that cannot be read, with the line that is wrong.
    """
    try:
        content = files.read_file(path)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from None
    if content is None:
        raise UsageError("no such file", where=str(path))
    try:
        return check_map(decode_part(parse_yaml(content.decode("utf-8")), ImportMap), str(path))
    except UnicodeDecodeError:
        raise UsageError("is not UTF-8", where=str(path)) from None
    except BadYaml as error:
        raise UsageError(error.reason, where=format_place(path, error.place)) from None
    except InvalidError as error:
        raise UsageError(str(error), where=str(path)) from None


def join_maps(preset: ImportMap, own: ImportMap, table: str) -> ImportMap:
    """Return a preset with what a person's own mapping says of a table instead, or besides."""
    first, second = preset.of(table), own.of(table)
    fields = {*first.values, *second.values}
    return ImportMap(
        system=own.system or preset.system,
        decimal=own.decimal or preset.decimal,
        date_order=own.date_order or preset.date_order,
        timezone=own.timezone or preset.timezone,
        columns={**first.columns, **second.columns},
        ignore=(*(each for each in first.ignore if each not in second.columns), *second.ignore),
        values={field: {**first.values.get(field, {}), **second.values.get(field, {})} for field in fields},
    )

"""The columns of a list: the usual ones, those of a view in `crm.yaml`, those that `--columns` asks for."""

from collections.abc import Sequence

import msgspec

from crmcli.cli.context import CommandContext
from crmcli.cli.output.columns import Column, refuse_unknown
from crmcli.cli.output.formats import FOR_PEOPLE
from crmcli.domain.documents.column_declarations import is_heading
from crmcli.domain.documents.typed_document import Document
from crmcli.domain.model.config import Config, View
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.folding import fold_text

WITH_COLUMNS = ("table", "csv", "tsv", "md")  # formats that print columns; the others print whole documents
SIGNS = ADD, REMOVE = ("+", "-")
OWN = {"field": "fields", "answer": "project"}  # keys of documents by prefixes of query keys


def choose_columns(
    call: CommandContext, documents: Sequence[Document], columns: Sequence[Column], view: str = ""
) -> list[Column]:
    """Return the columns to print: the usual ones, changed by views and by `--columns`, in this order.

    Raises UsageError for a column that no document of this kind has.
    """
    asked, output = call.output.columns, call.output
    if is_relative(asked) and output.format not in WITH_COLUMNS:
        what = (
            f"--columns {asked[0]} changes the columns of a table, and -o {output.format} prints everything"
        )
        raise UsageError(what, hint=f"name all: --columns id,{asked[0][1:]}")
    in_csv = output.format in ("csv", "tsv")
    chosen = [column for column in columns if column.usual or (in_csv and column.in_csv)]
    named = [name for name in (view, call.view) if name]
    for name, each in list_views(call.request.config, *named) if named else ():  # init has none to read
        try:
            spelled = spell_columns(call, each.columns, documents, columns)
            chosen = select_columns(call, spelled, chosen, documents, columns)
        except UsageError as error:
            raise UsageError(f"view {name} in crm.yaml: {error.what}", hint=error.hint) from None
    if output.format in WITH_COLUMNS:
        asked = spell_columns(call, asked, documents, columns)
    return select_columns(call, asked, chosen, documents, columns)


def list_views(config: Config, *names: str) -> list[tuple[str, View]]:
    """Return those of these views that crm.yaml has, with their names."""
    return [(name, config.views[name]) for name in names if name in config.views]


def spell_columns(
    call: CommandContext, asked: Sequence[str], documents: Sequence[Document], columns: Sequence[Column]
) -> list[str]:
    """Return the names of columns with keys in place of headings.

    What people read has names under headings like `contact`, where documents for programs have ids: there
    the heading of a usual column comes before the key of another one.
    """
    is_for_people = call.output.format in FOR_PEOPLE or call.output.for_office
    usual = [column for column in columns if column.usual] if is_for_people else []
    spelled = []
    for each in asked:
        sign = each[:1] if each.startswith(SIGNS) else ""
        name = each.removeprefix(sign)
        key = find_headed(name, usual)
        if key is None and not is_key(name, documents, columns):
            key = find_headed(name, columns) or find_own_heading(call, name, columns)
        spelled.append(sign + (key or name))
    return list(dict.fromkeys(spelled)) if is_for_people else spelled


def is_key(name: str, documents: Sequence[Document], columns: Sequence[Column]) -> bool:
    """Tell whether documents of this kind have a key with this name."""
    return any(name in (column.key, column.name) for column in columns) or any(
        name in each for each in documents
    )


def find_headed(name: str, columns: Sequence[Column]) -> str | None:
    """Return the key of the first column with this heading, in a language that crm speaks; or None.

    >>> find_headed("Titre", [Column("title", "title", name="title")])
    'title'
    """
    return next((each.key for each in columns if is_heading(name, each.name or each.key, each.label)), None)


def find_own_heading(call: CommandContext, name: str, columns: Sequence[Column]) -> str | None:
    """Return the query key of the custom field with this label, or None."""
    if all(column.key != OWN["field"] for column in columns):
        return None
    meant = fold_text(name)
    own = call.request.config.fields
    return next((f"field.{each.name}" for each in own if each.label and fold_text(each.label) == meant), None)


def is_relative(names: Sequence[str]) -> bool:
    """Tell whether names of columns change the usual ones: `+phone` adds one, `-owner` removes one.

    Raises UsageError where only some have a sign.
    """
    signed = [name for name in names if name.startswith(SIGNS)]
    if signed and len(signed) < len(names):
        what = f"columns {','.join(names)}: some have a sign and some have none"
        raise UsageError(what, hint="+a,-b changes the usual columns, a,b replaces them")
    return bool(signed)


def select_columns(
    call: CommandContext,
    names: Sequence[str],
    chosen: Sequence[Column],
    documents: Sequence[Document],
    columns: Sequence[Column],
) -> list[Column]:
    """Return the columns with these names, or the chosen ones with some added and removed.

    Raises UsageError for an unknown name.
    """
    if not is_relative(names):
        return find_columns(call, names, documents, columns) if names else list(chosen)
    removed = find_columns(call, [name[1:] for name in names if name[0] == REMOVE], documents, columns)
    added = find_columns(call, [name[1:] for name in names if name[0] == ADD], documents, columns)
    gone = {column.key for column in removed}
    kept = [column for column in chosen if column.key not in gone]
    return kept + [column for column in added if column.key not in {each.key for each in kept}]


def find_columns(
    call: CommandContext, names: Sequence[str], documents: Sequence[Document], columns: Sequence[Column]
) -> list[Column]:
    """Return the columns with these keys, or with these headings as in `phone` for `contact_phone`.

    Raises UsageError for a name that no document of this kind has.
    """
    known = {column.key: column for column in columns}
    headed = {column.name: column for column in reversed(columns) if column.name}
    found = {
        name: own_column(call, name, known)
        or known.get(name)
        or headed.get(name)
        or id_column(name, known, headed)
        for name in names
    }
    refuse_unknown("column", [name for name, column in found.items() if not column], documents, columns)
    return [found[name] or Column(name) for name in names]


def id_column(name: str, known: dict[str, Column], headed: dict[str, Column]) -> Column | None:
    """Return the column of the ids that `contact_id` names, where `contact` is the heading of names."""
    key = name.removesuffix("_id")
    if key == name or key not in known or key not in headed:
        return None
    return msgspec.structs.replace(known[key], label=f"{known[key].label} (id)")


def own_column(call: CommandContext, name: str, known: dict[str, Column]) -> Column | None:
    """Return the column of a custom field or an answer, spelled as in queries: `field.brand`; else None.

    Raises UsageError for an unknown name.
    """
    prefix, _, rest = name.partition(".")
    if OWN.get(prefix) not in known:
        return None
    from crmcli.query.keys import Type
    from crmcli.query.query_parser import own_key  # only needed for dotted names

    key = own_key(name, call.request.query_context)
    if key is None:
        return None
    under = ("fields", rest) if prefix == "field" else ("project", "answers", rest)
    field = call.request.config.custom_field(rest) if prefix == "field" else None
    label = field.label if field and field.label else rest
    is_number = key.read_as is Type.NUMBER
    return Column(name, label, shown=known[OWN[prefix]].shown, right=is_number, under=under)

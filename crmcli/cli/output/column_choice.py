"""The columns of a list: the usual ones, those of a view in `crm.yaml`, those that `--columns` asks for."""

from collections.abc import Sequence

from crmcli.cli.context import CommandContext
from crmcli.cli.output.columns import Column, refuse_unknown
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
            chosen = select_columns(call, each.columns, chosen, documents, columns)
        except UsageError as error:
            raise UsageError(f"view {name} in crm.yaml: {error.what}", hint=error.hint) from None
    if output.format in WITH_COLUMNS:
        asked = [spell_heading(name, documents, columns) for name in asked]
    return select_columns(call, asked, chosen, documents, columns)


def list_views(config: Config, *names: str) -> list[tuple[str, View]]:
    """Return those of these views that crm.yaml has, with their names."""
    return [(name, config.views[name]) for name in names if name in config.views]


def spell_heading(asked: str, documents: Sequence[Document], columns: Sequence[Column]) -> str:
    """Return what `--columns` asks for with the key of a column in place of its heading on the screen.

    >>> spell_heading("+Titre", [], [Column("title", "titre", name="title")])
    '+title'
    """
    sign = asked[:1] if asked.startswith(SIGNS) else ""
    name = asked.removeprefix(sign)
    if any(name in (column.key, column.name) for column in columns) or any(
        name in each for each in documents
    ):
        return asked
    meant = fold_text(name)
    return sign + next((each.key for each in columns if each.label and fold_text(each.label) == meant), name)


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
    found = {name: own_column(call, name, known) or known.get(name) or headed.get(name) for name in names}
    refuse_unknown("column", [name for name, column in found.items() if not column], documents, columns)
    return [found[name] or Column(name) for name in names]


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

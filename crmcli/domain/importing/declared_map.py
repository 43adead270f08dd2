"""What is wrong with a mapping that a person wrote: columns that a file lacks, and unknown words."""

from collections.abc import Sequence

from crmcli.domain.importing.import_map import TABLES, ImportMap
from crmcli.domain.importing.import_targets import fold_heading
from crmcli.domain.importing.import_values import NOTHING, STATUS, RowReader, is_unstated
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.folding import folded_name
from crmcli.domain.values.list_entries import find_entry


def list_absent(headers: Sequence[str], map: ImportMap, table: str) -> list[str]:
    """Return the headings that a mapping gives a field in this table, and that a file lacks."""
    there = {fold_heading(each) for each in headers}
    wanted = map.of(table).columns
    sections = (map, *filter(None, (getattr(map, each) for each in TABLES)))
    written = {fold_heading(heading): heading for section in sections for heading in section.columns}
    return [written.get(heading, heading) for heading in wanted if heading not in there]


def refuse_unknown_words(reader: RowReader, map: ImportMap, table: str, where: str) -> None:
    """Check that what a mapping says words mean is in the lists of the workspace.

    Raises UsageError, with the field and the word, for what is not.
    """
    for target, words in map.of(table).values.items():
        for word, meant in words.items():
            if meant not in ("", NOTHING) and not is_known(reader, target, meant):
                near = reader.find_near(target, meant)
                raise UsageError(
                    f"values: {target}: {word}: unknown {target} {meant!r}",
                    where=where,
                    hint=f"did you mean {near}?" if near else "",
                )


def is_known(reader: RowReader, target: str, meant: str) -> bool:
    """Tell whether a word is in the list of a field, if it has one."""
    if target in reader.known_words:
        return folded_name(meant) in reader.known_words[target]
    entries = reader.entries_of(target)
    if not entries or find_entry(meant, entries):
        return True
    is_end = target == "stage" and STATUS.get(folded_name(meant.replace("-", " "))) in ("won", "lost")
    return is_end or (target == "lost" and is_unstated(meant))

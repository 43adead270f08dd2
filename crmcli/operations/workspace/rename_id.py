"""Renaming of a stage, a custom field or a type of activity, everywhere at once, as one change.

The history of a record tells the same story under the new name: a stage that was renamed was not left, and
the rules that have fired for it must not fire again. So no entry is added, and undoing puts back every byte.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from crmcli.checks.record_checks import check_config
from crmcli.domain.model.config import Config, known_stage
from crmcli.domain.model.record_types import Opportunity
from crmcli.domain.renaming import yaml_references
from crmcli.domain.renaming.renamed_id import (
    FIELD_NAME,
    LONGEST,
    NAME,
    IdKind,
    References,
    RenamedId,
    rename_at,
)
from crmcli.domain.renaming.template_references import find_in_template, find_words
from crmcli.domain.renaming.yaml_references import FileKind
from crmcli.domain.rules.releases import timed_rules
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.folding import fold_text
from crmcli.domain.values.list_entries import RESERVED, known_entry
from crmcli.mail.outgoing.template import list_templates
from crmcli.operations.request import Request, accept
from crmcli.store import configuration, records, rule_releases
from crmcli.store.catalog import record_files
from crmcli.store.codec.codec_errors import BadYaml
from crmcli.store.codec.scalar_edits import Edited, rename_in_yaml
from crmcli.store.codec.scalars import is_ambiguous
from crmcli.store.local_state.coverage import HOOKS
from crmcli.store.questionnaire_files import FOLDER as QUESTIONNAIRES
from crmcli.store.scenario_files import FOLDER as SCENARIOS
from crmcli.store.transactions.journal import RENAMED
from crmcli.store.unreadable import UnreadableError
from crmcli.store.workspace import CONFIG
from crmcli.store.writer import Writing

OF_CRM = {"activity", "referral"}  # the keys of crm's own rules begin with these, as those of stages do


class ChangedLine(msgspec.Struct, frozen=True):
    """A line of a file, and what becomes of it; the same where only a person can tell."""

    path: str
    line: int  # counted from 1
    before: str
    after: str

    @property
    def is_doubtful(self) -> bool:
        """True if the line is left as it is, and may refer to the id."""
        return self.before == self.after


class Renaming(NamedTuple):
    """A renamed id, and the lines that name it."""

    renamed: RenamedId
    lines: list[ChangedLine]


def rename_id(
    request: Request, kind: IdKind, old: str, new: str, *, check: Callable[[Renaming], object] = accept
) -> Renaming:
    """Rename a stage, a field or a type of activity in the configuration and in all that refers to it.

    Raises UsageError for an unknown id, and for a new name that is taken or not possible; UnreadableError for
    a file that has to be changed and cannot be read. Nothing is changed then.
    """
    with request.changing() as session:
        before = session.config
        renamed = RenamedId(kind, known_id(before, kind, old), new)
        refuse_name(before, renamed)
        lines = [
            line
            for path, file in list_files(session)
            for line in rename_in_file(session, path, file, renamed)
        ]
        after = configuration.read_config(CONFIG, session.content(str(CONFIG)) or b"")
        refuse_new_problems(session.root, before, after, renamed)
        rename_releases(session, before, after, renamed)
        report = Renaming(renamed, [*lines, *find_in_hooks(session.root, renamed)])
        check(report)
        session.renames = (renamed.old, renamed.new)
    return report


def entries_of(config: Config, kind: IdKind) -> Sequence[Any]:
    """Return the entries of the configuration that have ids of a kind."""
    lists = {IdKind.STAGE: config.stages, IdKind.FIELD: config.fields, IdKind.TYPE: config.activity_types}
    return lists[kind]


def known_id(config: Config, kind: IdKind, name: str) -> str:
    """Return the id of the entry with this id or label; see `known_entry` for its errors."""
    if kind is IdKind.STAGE:
        return known_stage(config, name).id
    return str(known_entry(WORDS[kind], name, entries_of(config, kind)).id)


WORDS = {IdKind.STAGE: "stage", IdKind.FIELD: "custom field", IdKind.TYPE: "activity type"}


def refuse_name(config: Config, renamed: RenamedId) -> None:
    """Check that the new name can be one of its kind, and that nothing has it.

    Raises UsageError.
    """
    pattern = FIELD_NAME if renamed.kind is IdKind.FIELD else NAME
    word = WORDS[renamed.kind]
    article = "an" if word[0] in "aeiou" else "a"
    if not pattern.fullmatch(renamed.new) or is_ambiguous(renamed.new):
        signs = "digits and _" if renamed.kind is IdKind.FIELD else "digits, - and _"
        raise UsageError(
            f"{renamed.new!r} cannot be the name of {article} {word}",
            hint=f"at most {LONGEST} small letters, {signs}, a letter first; the label can be any text",
        )
    if renamed.kind is not IdKind.FIELD and renamed.new in RESERVED:
        raise UsageError(f"{' and '.join(RESERVED)} have a meaning in queries", hint="give it another name")
    if not RENAMED.fullmatch(renamed.old):
        raise UsageError(f"{renamed.old!r} is not a name that crm can replace", hint="change it by hand")
    if renamed.kind is IdKind.STAGE and {renamed.new, renamed.old} & OF_CRM:
        raise UsageError(f"{' and '.join(sorted(OF_CRM))} are names of crm's own rules")
    for each in entries_of(config, renamed.kind):
        if each.id == renamed.new:
            hint = (
                "records cannot be told apart afterwards: move them with a command"
                if each.id != renamed.old
                else ""
            )
            raise UsageError(f"there is {article} {word} {renamed.new} already", hint=hint)
        if each.id != renamed.old and fold_text(renamed.new) in map(fold_text, each.shown_names):
            raise UsageError(f"{renamed.new} is the label of the {word} {each.id}")


def refuse_new_problems(root: Path, before: Config, after: Config, renamed: RenamedId) -> None:
    """Check that the configuration is as good as it was.

    Raises UsageError with the first problem that it did not have, such as a name that means something else.
    """
    templates = list_templates(root)
    known = {each.what.replace(renamed.old, renamed.new) for each in check_config(before, templates)}
    found = check_config(after, templates)
    problem = next((each for each in found if each.what.replace(renamed.old, renamed.new) not in known), None)
    if problem is not None:
        field = ".".join(map(str, problem.path))
        raise UsageError(f"{field}: {problem.what}", where="crm.yaml, renamed", hint=problem.hint)


class Finder(NamedTuple):
    """Finds the references in one kind of YAML file."""

    file: FileKind
    renamed: RenamedId

    def in_key(self, place: str, key: str) -> References:
        """Return those in a key of the mapping at a place."""
        return yaml_references.references_in_key(self.file, place, key, self.renamed)

    def in_value(self, place: str, text: str, holder: Mapping[str, str]) -> References:
        """Return those in a value, with the other texts of its mapping."""
        return yaml_references.references_in_value(self.file, place, text, holder, self.renamed)


def list_files(session: Writing) -> Iterator[tuple[str, FileKind | None]]:
    """Yield the files that can name an id, each with its kind; None for a template."""
    root = session.root
    yield str(CONFIG), FileKind.CONFIG
    for folder, kind in ((QUESTIONNAIRES, FileKind.QUESTIONNAIRE), (SCENARIOS, FileKind.SCENARIOS)):
        yield from ((str(path.relative_to(root)), kind) for path in sorted((root / folder).glob("*.yaml")))
    for path in sorted((root / "templates").rglob("*.j2")):
        inside = path.relative_to(root)
        if not any(part.startswith(".") for part in inside.parts):
            yield str(inside), None
    yield from ((path, FileKind.RECORD) for path in record_files(root, "opportunities"))


def rename_in_file(
    session: Writing, path: str, file: FileKind | None, renamed: RenamedId
) -> Iterator[ChangedLine]:
    """Rename an id in a file; yield the lines that change, and those that only a person can judge.

    Raises UnreadableError for a file that cannot be read, or whose place cannot be edited.
    """
    content = session.content(path)
    if content is None or renamed.old.encode() not in content:
        return
    text = records.decode_utf8(Path(path), content)
    try:
        edited = (
            rename_in_yaml(text, Finder(file, renamed), renamed)
            if file
            else rename_in_template(text, renamed)
        )
    except BadYaml as error:
        raise UnreadableError(path, error.place, "", error.reason) from error
    after = edited.text.encode("utf-8")
    if after != content:
        if file is FileKind.RECORD:
            records.refuse_unreadable(path, after, Opportunity)
        session.put(path, after, before=content)
    yield from compare_lines(path, text, edited)


def rename_in_template(text: str, renamed: RenamedId) -> Edited:
    """Return a template with an id renamed."""
    found = find_in_template(text, renamed)
    lines = tuple(text.count("\n", 0, at) + 1 for at in found.doubtful)
    return Edited(rename_at(text, found.sure, renamed), lines)


def compare_lines(path: str, before: str, edited: Edited) -> Iterator[ChangedLine]:
    """Yield the lines of a file that change, and the doubtful ones; no line is added or removed."""
    lines = zip(before.split("\n"), edited.text.split("\n"), strict=True)
    for number, (old, new) in enumerate(lines, 1):
        if old != new:
            yield ChangedLine(path, number, old.strip(), new.strip())
        if number in edited.doubtful:
            yield ChangedLine(path, number, new.strip(), new.strip())


def rename_releases(session: Writing, before: Config, after: Config, renamed: RenamedId) -> None:
    """Keep the timed rules released whose keys or timings have changed with the name."""
    pairs = zip(timed_rules(before), timed_rules(after), strict=True)
    now = {(old.key, old.timing): (new.key, new.timing) for old, new in pairs}
    for release in rule_releases.read_releases(session.root):
        if isinstance(release, UnreadableError):
            raise release
        prefix = f"{renamed.old}." if renamed.kind is IdKind.STAGE else ""
        key = release.rule
        key = f"{renamed.new}.{key.removeprefix(prefix)}" if prefix and key.startswith(prefix) else key
        rule, timing = now.get((release.rule, release.timing), (key, release.timing))
        changed = msgspec.structs.replace(release, rule=rule, timing=timing)
        if changed != release:
            session.remove(rule_releases.path_of_release(release))
            path = rule_releases.path_of_release(changed)
            session.put(path, rule_releases.write_release(changed), before=session.content(path))


def find_in_hooks(root: Path, renamed: RenamedId) -> Iterator[ChangedLine]:
    """Yield the lines of hooks that name the id: programs are for people to change."""
    for path in sorted((root / HOOKS).glob("*")):
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        number = partial(text.count, "\n", 0)
        for at in find_words(text, renamed):
            line = text.split("\n")[number(at)].strip()
            yield ChangedLine(str(path.relative_to(root)), number(at) + 1, line, line)

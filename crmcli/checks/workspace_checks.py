"""Checks of the files of a workspace: unreadable files, broken references, duplicate ids."""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from crmcli.checks import file_checks, question_checks, record_checks, user_checks
from crmcli.domain.merging.same_people import pair_same_people
from crmcli.domain.model.history import merged_ids
from crmcli.domain.model.mail_folder import MailFolder
from crmcli.domain.model.problems import Problem
from crmcli.domain.model.record_types import Contact, Opportunity
from crmcli.domain.rules.referrals import find_circle
from crmcli.domain.values.places import format_place, place_of
from crmcli.store import records
from crmcli.store.catalog import id_in_name
from crmcli.store.codec.parser import locate
from crmcli.store.questionnaire_files import Questionnaires
from crmcli.store.reader import Reading
from crmcli.store.records import Source
from crmcli.store.rule_releases import read_releases
from crmcli.store.unreadable import UnreadableError
from crmcli.store.workspace import CONFIG, Workspace

TWIN = "a Mac or Windows takes it for the same file as"


class Finding(NamedTuple):
    """One problem: file, line, field, description, how to correct it, and the column."""

    path: str
    line: int | None
    field: str
    what: str
    hint: str = ""
    column: int | None = None

    def __str__(self) -> str:
        where = format_place(self.path, place_of(self.line, self.column))
        field = f"{self.field}: " if self.field else ""
        return f"{where}: {field}{self.what}" + (f" ({self.hint})" if self.hint else "")


def check_config_file(workspace: Workspace, templates: Iterable[str]) -> list[Finding]:
    """Return the findings in `crm.yaml`, and in what it refers to."""
    try:
        content = workspace.read_config_file()
        config = workspace.config
    except UnreadableError as error:
        return [of_unreadable(error)]
    found = list(locate_problems(str(CONFIG), content, record_checks.check_config(config, list(templates))))
    known = Questionnaires(workspace.root, workspace.derived)
    if len(known) < len(known.names):
        return found  # the other questionnaires are unreadable: their questions are unknown
    return found + list(
        locate_problems(str(CONFIG), content, question_checks.check_questions_of_config(config, known))
    )


def of_records(reading: Reading) -> list[Finding]:
    """Return the findings in the records, in the order of their files."""
    deals = list(reading.all(reading.opportunity_references, Opportunity))
    people = list(reading.all(reading.contact_references, Contact))
    known = {source.value.id for source in people if source.value.id}
    known |= {id for source in people for id in merged_ids(source.value)}
    found = list(check_sources(reading, deals, people, known))
    found += find_same_people(people, reading)
    found += [
        of_unreadable(error) for error in read_releases(reading.root) if isinstance(error, UnreadableError)
    ]
    found += [
        Finding(path, None, "", "a link to a directory is not followed") for path in linked_away(reading)
    ]
    found += [Finding(path, None, "", OUTSIDE, KEEP_INSIDE) for path in linked_outside(reading)]
    found += find_doubled_ids([*deals, *people])
    return sort_findings(found)


def of_received(reading: Reading, paths: Sequence[str]) -> list[Finding]:
    """Return the findings in these records, which came from another clone, and in how they fit the others.

    Only these files are read, and all contacts where a contact is among them.
    """
    deals = list(reading.load_each(filter_kind(paths, Opportunity), Opportunity))
    people = list(reading.load_each(filter_kind(paths, Contact), Contact))
    found = list(check_sources(reading, deals, people, reading.index.contact_ids()))
    if people:
        everybody = list(reading.all(reading.contact_references, Contact))
        received = {each.value.id for each in people}
        found += find_same_people(everybody, reading, received)
    doubled = [path for each in deals for path in reading.index.with_id("record", each.value.id or "")]
    found += find_doubled_ids(reading.load_each(doubled, Opportunity))
    doubled = [path for each in people for path in reading.index.with_id("contact", each.value.id or "")]
    found += find_doubled_ids(reading.load_each(doubled, Contact))
    return sort_findings(found)


def filter_kind(paths: Iterable[str], kind: type[Opportunity] | type[Contact]) -> list[str]:
    """Return the paths of records of a kind."""
    return [path for path in paths if records.kind_of(path) is kind]


def sort_findings(found: Iterable[Finding]) -> list[Finding]:
    """Return findings in the order of their files, each once."""
    return sorted(dict.fromkeys(found), key=lambda each: (each.path, each.line or 0))


def check_sources(
    reading: Reading,
    deals: Sequence[Source[Opportunity]],
    people: Sequence[Source[Contact]],
    known: Collection[str],
) -> Iterator[Finding]:
    """Yield the findings in each of these records; `known` are the ids of all contacts."""
    sponsors: dict[str, list[str]] = {}
    for deal in deals:
        if deal.value.contact and deal.value.referral and deal.value.referral.by:
            sponsors.setdefault(deal.value.contact, []).append(deal.value.referral.by)
    yield from (of_unreadable(error) for error in reading.unreadable.values())
    for deal in deals:
        yield from check_file_name(deal)
        asked = reading.questionnaires
        own = record_checks.check_opportunity(deal.value, reading.config, known)
        answers = question_checks.of_opportunity(deal.value, asked, asked.names)
        yield from locate_problems(str(deal.path), deal.content, chain(own, answers))
        yield from find_referral_circle(deal, sponsors)
        yield from find_withdrawn_waiting(deal, reading)
    for person in people:
        yield from check_file_name(person)
        problems = record_checks.check_contact(person.value, reading.config, known)
        yield from locate_problems(str(person.path), person.content, problems)
    for source, problem in user_checks.find_unlisted([*deals, *people], reading.config):
        yield from locate_problems(str(source.path), source.content, [problem])


def of_files(workspace: Workspace, known: Iterable[Finding]) -> list[Finding]:
    """Return the findings about files that cannot be read, without those already known."""
    told = {each.path for each in known}
    found = file_checks.find_unreadable(workspace.root)
    twins = file_checks.find_twins(workspace.root)
    return [
        *(Finding(path, None, "", what) for path, what in found if path not in told),
        *(Finding(path, None, "", f"{TWIN} {name!r}", "rename or remove one") for path, name in twins),
    ]


def find_referral_circle(
    deal: Source[Opportunity], sponsors: Mapping[str, Sequence[str]]
) -> Iterator[Finding]:
    """Yield a finding for a circular referral, which only an edited file can contain."""
    way = find_circle(deal.value, lambda contact: sponsors.get(contact, ()))
    if way:
        what = "circular referral" if len(way) > 2 else "is the customer"
        problem = Problem(("referral", "by"), f"{what}: {' ← '.join(way)}", "crm referral tree")
        yield from locate_problems(str(deal.path), deal.content, [problem])


def find_withdrawn_waiting(deal: Source[Opportunity], reading: Reading) -> Iterator[Finding]:
    """Yield a finding for each mail that is withdrawn, but whose file waits in the outbox to be sent."""
    for index, each in enumerate(deal.value.messages):
        if each.withdrawn is not None and reading.mail_folder(each.file) is MailFolder.OUTBOX:
            what = f"is withdrawn, but its file waits in the outbox ({each.file})"
            problem = Problem(("messages", index, "withdrawn"), what, "move it to withdrawn/")
            yield from locate_problems(str(deal.path), deal.content, [problem])


def find_same_people(
    people: Sequence[Source[Contact]], reading: Reading, among: set[str | None] | None = None
) -> Iterator[Finding]:
    """Yield a finding for each contact that was made a second time, as two clones can bring about.

    With `among`, only where one of the two has one of these ids.
    """
    files = {each.value.id: each for each in people}
    for first, second in pair_same_people((each.value for each in people), reading.config.country):
        if among is not None and among.isdisjoint((first.id, second.id)):
            continue
        hint = f"crm contact merge {first.id} {second.id}"
        problem = Problem(("name",), f"{second.name} is the same person as {first.id}", hint)
        source = files[second.id]
        yield from locate_problems(str(source.path), source.content, [problem])


def linked_away(reading: Reading) -> Iterator[str]:
    """Yield the paths of links to directories among the records."""
    for references in (reading.opportunity_references, reading.contact_references):
        for folder, names, _ in os.walk(reading.root / "pipeline_data" / references.kind):
            yield from (
                os.path.relpath(os.path.join(folder, name), reading.root)
                for name in names
                if os.path.islink(os.path.join(folder, name))
            )


OUTSIDE = "a link out of the workspace: git and other clones have the link, not what it leads to"
KEEP_INSIDE = "move what it leads to here"


def linked_outside(reading: Reading) -> Iterator[str]:
    """Yield the paths of record files, and of their folders, that are links to somewhere else."""
    inside = os.path.realpath(reading.root)
    for references in (reading.opportunity_references, reading.contact_references):
        for path in (f"pipeline_data/{references.kind}", *references.paths):
            place = reading.root / path
            if os.path.islink(place) and os.path.commonpath([inside, os.path.realpath(place)]) != inside:
                yield path


def check_file_name(source: Source[Opportunity] | Source[Contact]) -> Iterator[Finding]:
    """Yield a finding for an id that is missing, or differs from the one in the file's name."""
    path, id = str(source.path), source.value.id
    in_name, hint = id_in_name(path), f"crm check --fix {path}"
    if id is None:
        yield from locate_problems(path, source.content, [Problem(("id",), "is missing", hint)])
    elif in_name != id:
        what = f"{id}, but the name says {in_name}" if in_name else "the file's name does not have it"
        yield from locate_problems(path, source.content, [Problem(("id",), what, hint)])


def find_doubled_ids(sources: Iterable[Source[Opportunity] | Source[Contact]]) -> Iterator[Finding]:
    """Yield a finding for each id that two files have."""
    first: dict[str, str] = {}
    for source in sources:
        id, path = source.value.id, str(source.path)
        if id and first.setdefault(id, path) != path:
            problem = Problem(("id",), f"{id} is the id of {first[id]} too", f"crm check --fix {path}")
            yield from locate_problems(path, source.content, [problem])


def locate_problems(path: str, content: bytes, problems: Iterable[Problem]) -> Iterator[Finding]:
    """Yield each problem as a finding with its place in the file."""
    for problem in problems:
        line, column = locate(content.decode("utf-8"), problem.path) or (None, None)
        field = ".".join(map(str, problem.path))
        yield Finding(path, line, field, problem.what, problem.hint, column)


def of_unreadable(error: UnreadableError) -> Finding:
    """Return the finding for a file that cannot be read."""
    line, column = error.place or (None, None)
    hint = "crm resolve" if "conflict markers" in error.reason else ""
    return Finding(str(error.path), line, error.field, error.reason, hint, column)

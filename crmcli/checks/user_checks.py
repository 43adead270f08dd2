"""Checks of the users that records name: those that `users` does not list, a line for each of them."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from crmcli.domain.model.config import Config
from crmcli.domain.model.problems import Path, Problem, Problems, check_listed
from crmcli.domain.model.record_types import Contact, Opportunity, State
from crmcli.domain.model.status import Status, status_of
from crmcli.store.records import Source

OWNER, ASSIGNEE, CONTACT = "owner of open records", "assignee of planned activities", "owner of contacts"
HAND_OVER = {  # by the place of a user who has left
    OWNER: "crm set owner:{user} owner=USER",
    ASSIGNEE: "crm activity reassign --from {user} --to USER",
    CONTACT: "crm contact set ID… owner=USER",
}


class Naming(NamedTuple):
    """A place in a record that names a user; what is closed or done there is history."""

    path: Path
    user: str
    place: str
    is_history: bool


class Place(NamedTuple):
    """A place in a file where a user is named whom `users` does not list."""

    source: Source[Opportunity] | Source[Contact]
    naming: Naming
    problem: Problem


def list_namings(record: Opportunity | Contact, config: Config) -> Iterator[Naming]:
    """Yield the places of a record that name a user."""
    if isinstance(record, Contact):
        if record.owner:
            yield Naming(("owner",), record.owner, CONTACT, is_history=False)
        return
    if record.owner:
        is_closed = status_of(record, config) is not Status.OPEN
        yield Naming(("owner",), record.owner, OWNER, is_history=is_closed)
    for index, each in enumerate(record.activities):
        if each.assignee:
            path: Path = ("activities", index, "assignee")
            yield Naming(path, each.assignee, ASSIGNEE, is_history=each.state is not State.PLANNED)


def check_users(record: Opportunity | Contact, config: Config) -> Problems:
    """Yield a problem for each user that a record names and `users` does not list, where it lists any."""
    for each in list_namings(record, config) if config.users else ():
        yield from check_listed(each.path, "user", each.user, config.users)


def find_unlisted(
    sources: Iterable[Source[Opportunity] | Source[Contact]], config: Config
) -> Iterator[tuple[Source[Opportunity] | Source[Contact], Problem]]:
    """Yield a problem for each user that records name and `users` does not list, at the first such place.

    A user who has left stays in what is closed or done, unless the name is like that of a user.
    """
    places: dict[str, list[Place]] = {}
    for source in sources:
        for naming in list_namings(source.value, config) if config.users else ():
            for problem in check_listed(naming.path, "user", naming.user, config.users):
                if problem.hint or not naming.is_history:
                    places.setdefault(naming.user, []).append(Place(source, naming, problem))
    for user, found in places.items():
        yield found[0].source, describe_unlisted(user, found)


def describe_unlisted(user: str, found: list[Place]) -> Problem:
    """Return the problem of a user whom `users` does not list, with how often and how to hand over."""
    first = found[0].problem
    counts = dict.fromkeys(HAND_OVER, 0)
    for each in found:
        counts[each.naming.place] += 1
    several = ", ".join(f"{place} {count}" for place, count in counts.items() if count)
    what = first.what + (f", {len(found)} times: {several}" if len(found) > 1 else "")
    commands = (command.format(user=user) for place, command in HAND_OVER.items() if counts[place])
    return Problem(first.path, what, first.hint or "; ".join(commands))

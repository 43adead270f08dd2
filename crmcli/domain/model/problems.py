"""Problems in a valid YAML file: the key, what is wrong, a hint; and the checks that find them."""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import NamedTuple

from jinja2 import TemplateError

from crmcli.domain.localization.offsets import parse_offset, parse_span
from crmcli.domain.model.config import Config, FieldType
from crmcli.domain.model.pipeline import Due
from crmcli.domain.records import draft_activity
from crmcli.domain.templates import sandbox
from crmcli.domain.values.errors import CrmError
from crmcli.domain.values.list_entries import Listed, is_named
from crmcli.domain.values.suggest import suggest_name

Path = tuple[str | int, ...]
SOMEBODY = (draft_activity.OWNER, draft_activity.ASSIGNEE, draft_activity.MANAGER)


class Problem(NamedTuple):
    """A problem in a file: the path of the key, what is wrong, and a hint."""

    path: Path
    what: str
    hint: str = ""


Problems = Iterator[Problem]


def check_known(path: Path, what: str, name: str | None, known: Collection[str]) -> Problems:
    """Yield a problem for a name that is not in a list."""
    if name is not None and name not in known:
        yield Problem(path, f"unknown {what} {name!r}", suggest_name(name, known))


def check_listed(path: Path, what: str, name: str | None, known: Sequence[Listed]) -> Problems:
    """Yield a problem for a name that is not an id of a list; a label is named with its id."""
    ids = [each.id for each in known]
    if name is None or name in ids:
        return
    fitting = [each.id for each in known if is_named(name, each)]
    hint = f"write the id, {' or '.join(fitting)}" if fitting else suggest_name(name, ids)
    yield Problem(path, f"unknown {what} {name!r}", hint)


def check_assignee(path: Path, name: str | None, config: Config) -> Problems:
    """Yield a problem for an assignee who is not a user, and for the manager where no user has one."""
    if config.users:
        yield from check_known(path, "user", name, [*SOMEBODY, *(user.id for user in config.users)])
    if name == draft_activity.MANAGER and not any(user.manager for user in config.users):
        yield Problem(path, "uses the manager, but no user has one", "manager: ID of a user, in users")


def check_user(path: Path, name: str | None, config: Config) -> Problems:
    """Yield a problem for a name that is not the id of a user; `manager` and the like are not valid."""
    if name in SOMEBODY and name not in [user.id for user in config.users]:
        yield Problem(path, f"{name!r} is not possible here", "the id of a user")
    elif config.users:
        yield from check_listed(path, "user", name, config.users)


def check_offset(path: Path, text: str | None) -> Problems:
    """Yield a problem for a time span that is not valid."""
    if text is not None:
        yield from check_value(path[:-1], str(path[-1]), lambda: parse_offset(text))


def check_span(path: Path, text: str | None) -> Problems:
    """Yield a problem for a time span, which may be in hours, that is not valid."""
    if text is not None:
        yield from check_value(path[:-1], str(path[-1]), lambda: parse_span(text))


def check_due(path: Path, due: Due | None, config: Config, *, has_time: bool) -> Problems:
    """Yield a problem for a deadline with an unknown base day, or an offset that is not valid.

    It may be in hours if `has_time`, and if it counts from an instant.
    """
    if due is None:
        return
    dates = [field.name for field in config.fields if field.type is FieldType.DATE]
    known = [*draft_activity.BASES, *(f"{draft_activity.FIELD}{name}" for name in dates)]
    yield from check_known((*path, "from"), "day", due.from_, known)
    if due.from_ in draft_activity.INSTANTS and has_time:
        yield from check_span((*path, "offset"), due.offset)
    else:
        yield from check_offset((*path, "offset"), due.offset)


def check_template(path: Path, text: str) -> Problems:
    """Yield a problem for a Jinja text that does not compile."""
    yield from check_value(path[:-1], str(path[-1]), lambda: sandbox.build_sandbox().from_string(text))


def check_value(path: Path, key: str, attempt: Callable[[], object]) -> Problems:
    """Yield a problem for the error, if any, that `attempt` raises."""
    try:
        attempt()
    except CrmError as error:
        yield Problem((*path, key), error.what, error.hint)
    except TemplateError as error:
        yield Problem((*path, key), error.message or "cannot be read")

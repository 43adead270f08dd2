"""Files of records repaired: an id, the name, the canonical form; ids that two files share."""

import os
from collections.abc import Callable, Sequence
from typing import NamedTuple

from crmcli.domain.model.record_types import Contact, Opportunity
from crmcli.operations.request import Request, accept
from crmcli.operations.steps.fix_file import fix_file


class FixedFile(NamedTuple):
    """A file that was asked for, and its record with the path that it has now."""

    asked: str
    path: str
    record: Opportunity | Contact


Check = Callable[[list[FixedFile]], object]


def fix(request: Request, paths: Sequence[str], *, check: Check = accept) -> list[FixedFile]:
    """Repair the files at these paths, of the workspace or of the current directory, in one transaction.

    Raises UsageError for a file that is not a record, NotFoundError for one that does not exist.
    """
    with request.changing() as session:
        fixed = []
        for asked in paths:
            inside = os.path.relpath(os.path.abspath(asked), session.root)
            path, record = fix_file(session, inside if session.content(inside) is not None else asked)
            fixed.append(FixedFile(asked, path, record))
        check(fixed)
    return fixed

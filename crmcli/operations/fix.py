"""Repairing record files: missing ids, file names, the canonical form, ids shared by two files."""

import os
from collections.abc import Callable, Sequence
from typing import NamedTuple

from crmcli.domain.model.record_types import Contact, Opportunity
from crmcli.operations.request import Request, accept
from crmcli.operations.steps.fix_file import fix_file


class FixedFile(NamedTuple):
    """A repaired file: the path that was given, the path it has now, and its record."""

    asked: str
    path: str
    record: Opportunity | Contact


Check = Callable[[list[FixedFile]], object]


def fix(request: Request, paths: Sequence[str], *, check: Check = accept) -> list[FixedFile]:
    """Repair the files at these paths, in the workspace or the current directory, in one transaction.

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

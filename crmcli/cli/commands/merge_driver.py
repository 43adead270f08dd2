"""`crm merge-driver`: merge two versions of a file for git; git runs it."""

import re
from pathlib import Path
from typing import Annotated

import typer

from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages
from crmcli.domain.values.errors import Exit, NotFoundError
from crmcli.store.git.merge_contents import MergedContent, merge_contents
from crmcli.store.transactions import files


def merge_driver(
    ctx: typer.Context,
    base: Annotated[str, typer.Argument(metavar="BASE", help="file with the common version (%O)")],
    ours: Annotated[str, typer.Argument(metavar="OURS", help="file with our version; gets the result (%A)")],
    theirs: Annotated[str, typer.Argument(metavar="THEIRS", help="file with their version (%B)")],
    path: Annotated[str, typer.Argument(metavar="PATH", help="path of the file in the repository (%P)")],
) -> int:
    """Merge two versions of a file for git, field by field. Git runs it; crm init --git installs it.

    Exits with 6 where both changed the same field; the file then has both values between conflict marks.

    \b
    Examples:
      git config merge.crm.driver 'crm merge-driver %O %A %B %P'
      echo 'pipeline_data/opportunities/**/*.yaml merge=crm' >> .gitattributes
      git merge origin/main
    """
    call: CommandContext = ctx.obj
    merged = merge_files(base, ours, theirs, path)
    place = Path(ours)
    if not call.request.dry_run:
        with files.make_private(place.parent) as folder:
            folder.put(place.name, merged.content, place.stat().st_mode & 0o777)
    for field in merged.conflicts:
        messages.print_warning(f"{path}: both changed {field or 'it'} (crm resolve --help)")
    return Exit.CONFLICT if merged.conflicts else Exit.OK


def merge_files(base: str, ours: str, theirs: str, path: str) -> MergedContent:
    """Return the merge of three files.

    Raises NotFoundError for one that does not exist. Git gives an empty base for a file that both made.
    """
    contents = []
    for name in (base, ours, theirs):
        try:
            contents.append(Path(name).read_bytes())
        except FileNotFoundError:
            raise NotFoundError("does not exist", where=name) from None
    inner = re.search(r"(?:^|/)(pipeline_data/.*)", path)
    return merge_contents(inner[1] if inner else path, contents[0] or None, contents[1], contents[2])

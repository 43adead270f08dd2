"""Lines that show people what trusting a program covers, and what it does not."""

import sys
from collections.abc import Iterator, Sequence

from crmcli.domain.localization.translations import translate
from crmcli.domain.values.visible_text import visible
from crmcli.store.local_state.trust import Program


def show_programs(found: Sequence[Program]) -> None:
    """Show on stderr what trusting these programs covers, and what it does not."""
    for each in found:
        lines = (f"{each.where}: {each.line}", *coverage_lines(each))
        sys.stderr.write("".join(f"  {visible(line)}\n" for line in lines))


def coverage_lines(program: Program) -> Iterator[str]:
    """Yield what trusting a program covers, and what it does not."""
    covered = ["these words", *(path for path, _ in program.coverage.contents)]
    yield f"  {translate('covered: {files}', files=', '.join(covered))}"
    if program.coverage.left_open:
        left = "; ".join(program.coverage.left_open)
        yield f"  {translate('not covered: {files}', files=left)}"

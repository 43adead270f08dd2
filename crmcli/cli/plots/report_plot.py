"""Pictures of reports and of lists in groups: which figures a picture shows, and how they are told."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages
from crmcli.cli.output.colours import Tone, paint
from crmcli.cli.output.printing import NO_MATCH, write_output
from crmcli.cli.output.table_columns import columns_of
from crmcli.cli.output.value_format import spell_group
from crmcli.cli.plots.plot import Plot, PlotRow, draw_plot, is_empty, look_of_terminal
from crmcli.domain.documents.report_documents import Plotted
from crmcli.domain.documents.typed_document import Document, TypedDocument, as_document
from crmcli.domain.localization.translations import translate, translate_heading
from crmcli.domain.values.errors import Exit
from crmcli.domain.values.list_entries import find_label
from crmcli.domain.values.visible_text import visible
from crmcli.report.grouping import PERIODS

Shown = Mapping[str, Callable[[Any], str]]  # the formats of figures
Count = tuple[str, tuple[int, int] | None]  # the title of a group and its numbers; None for groups left out


def print_plot(
    call: CommandContext,
    kind: type[TypedDocument],
    rows: Sequence[TypedDocument],
    totals: Sequence[TypedDocument],
    *,
    by: str,
) -> int:
    """Draw the rows of a report, a picture for each pipeline; return the exit code."""
    plotted: Plotted = kind.plotted  # type: ignore[attr-defined]
    figures = choose_figures(plotted, by)
    known = {each.key: each for each in columns_of(kind, call.request.config)}
    shown = {name: known[name].shown for name in figures}
    documents = [[as_document(each) for each in part] for part in (rows, totals)]
    plots = []
    for pipeline in dict.fromkeys(row.get("pipeline") for row in documents[0]):
        own, sums = ([row for row in part if row.get("pipeline") == pipeline] for part in documents)
        bars = [*list_bars(own, figures, shown), *list_bars(sums, figures, shown, has_bar=False)]
        title = find_label(call.request.config.pipelines, pipeline) if pipeline else ""
        plot = Plot(
            visible(translate_heading(by.removeprefix("field."))),
            [visible(known[name].label) for name in figures],
            bars,
            is_funnel=plotted.is_funnel and by == "stage",
            is_bad=plotted.is_bad,
        )
        plots.append((title, plot))
    return print_plots(call, plots)


def choose_figures(plotted: Plotted, by: str) -> list[str]:
    """Return the figures of a picture, the length of a bar first."""
    if plotted.over_time and by in PERIODS:
        return [plotted.over_time]
    if plotted.otherwise and by != "stage":
        return [plotted.otherwise]
    return [plotted.value, *([plotted.part] if plotted.part else [])]


def list_bars(
    rows: Iterable[Document], figures: Sequence[str], shown: Shown, *, has_bar: bool = True
) -> Iterator[PlotRow]:
    """Yield a bar for each row, and one for the period that it is compared with."""
    for row in rows:
        yield bar_of(spell_group(row), row, figures, shown, has_bar=has_bar)
        if row.get("before"):
            yield bar_of(f"  {translate_heading('before')}", row["before"], figures, shown, has_bar=has_bar)


def bar_of(label: str, row: Document, figures: Sequence[str], shown: Shown, *, has_bar: bool) -> PlotRow:
    """Return a bar with its figures as a table has them."""
    values = [row[name] for name in figures]
    texts = [visible(shown[name](value)) for name, value in zip(figures, values, strict=True)]
    part = (values[1] or 0) if len(values) > 1 else None
    return PlotRow(" ".join(visible(label).split("\n")), values[0], part, texts, has_bar)


def plot_counts(call: CommandContext, by: str, headings: Sequence[str], counts: Iterable[Count]) -> int:
    """Draw groups with the number of their members, and of those among them that are bad."""
    rows = [
        PlotRow(visible(title), *(pair or (0, 0)), list(map(str, pair or ("", "")))) for title, pair in counts
    ]
    figures = list(map(translate_heading, headings))
    return print_plots(call, [("", Plot(translate_heading(by), figures, rows, is_bad=True))])


def print_plots(call: CommandContext, plots: Sequence[tuple[str, Plot]]) -> int:
    """Print pictures, each below its title; return the exit code, which `-e` makes 1 without anything."""
    drawn = [(title, plot) for title, plot in plots if not is_empty(plot)]
    look = look_of_terminal(is_coloured=call.output.is_coloured, headers=call.output.headers)
    tone = Tone.BOLD if look.is_coloured else None
    pages = [
        (f"{paint(visible(title), tone)}\n\n" if title else "") + draw_plot(plot, look)
        for title, plot in drawn
    ]
    if not call.output.quiet:
        write_output("\n\n".join(pages))
        messages.print_remark("" if drawn else translate(NO_MATCH))
    return Exit.FAILURE if call.output.empty_fails and not drawn else Exit.OK

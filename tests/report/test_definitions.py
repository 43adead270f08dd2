"""Every figure of a report is defined."""

import re

import msgspec
import pytest

from crmcli.domain.documents.figure_documents import StageDocument
from crmcli.domain.documents.report_documents import ReportDocument
from crmcli.operations.reporting.report_kinds import KINDS
from crmcli.report.definitions import FIGURES

TOLD = {*ReportDocument.__struct_fields__, "stage", "probability", "since", "until"}
COUNTED = {
    "open",
    "won",
    "lost",
    "kinds_due",
    "won_revenue",
    "lost_revenue",
}  # said by their names, or beside


@pytest.mark.parametrize("name", KINDS)
def test_every_figure_has_a_definition(name: str) -> None:
    defined = next(figures for title, figures in FIGURES.items() if re.search(rf"\b{name}\b", title))
    names = {each for group in defined for each in group.split(", ")}
    figures = {spec.name for spec in msgspec.structs.fields(KINDS[name].document)} - TOLD
    assert issubclass(KINDS[name].document, ReportDocument | StageDocument)
    assert figures - names <= COUNTED

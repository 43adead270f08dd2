"""Cells of CSV files: no spreadsheet runs them, and each comes back as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.values.spreadsheet_cells import RISKY, disarm_cell, restore_cell

cells = st.one_of(st.text(), st.text(alphabet="'=+-@\t\r1a. "))


@given(cells)
def test_a_cell_comes_back_as_it_was(text: str) -> None:
    assert restore_cell(disarm_cell(text)) == text


@given(cells)
def test_only_a_number_begins_as_a_formula(text: str) -> None:
    written = disarm_cell(text)
    assert not written.startswith(RISKY) or float(written) == float(text)


@pytest.mark.parametrize("text", ["+33612345678", "-5", "'t Hooft", "Anne", ""])
def test_these_stay_as_they_are(text: str) -> None:
    assert disarm_cell(text) == restore_cell(text) == text

"""The bar that is shown while many files are read."""

import pytest

from crmcli.cli.output.progress import draw_bar


@pytest.mark.parametrize("columns", [1, 10, 20, 40, 80, 200])
def test_the_bar_fits_its_terminal_and_says_how_far_it_is(columns: int) -> None:
    lines = [draw_bar(done, 480, columns) for done in range(480)]
    assert all(len(line) < max(columns, 1) for line in lines)
    if columns >= 40:
        assert lines[120].endswith("25 %")
        assert lines[0].count("#") == 0
        filled = [line.count("#") for line in lines]
        assert filled == sorted(filled)

"""Pictures in the terminal: bars of any figures, labels and widths."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from crmcli.cli.plots.plot import ASCII, BLOCKS, Look, Plot, PlotRow, draw_plot, is_empty, shows_blocks
from crmcli.domain.values.visible_text import visible

LABELS = st.text(max_size=60).map(lambda text: visible(text).replace("\n", " "))
VALUES = st.none() | st.integers(-(10**13), 10**13) | st.floats(-1e13, 1e13)
ROWS = st.lists(
    st.builds(
        lambda label, value, part: PlotRow(label, value, part, (str(value)[:9], str(part)[:9])),
        LABELS, VALUES, st.integers(-(10**13), 10**13),
    ),
    min_size=1, max_size=40,
)  # fmt: skip


def draw(*values: float | None, width: int = 40, look: Look | None = None, **more: object) -> list[str]:
    rows = [PlotRow(f"row {place}", each, None, [f"{each}"]) for place, each in enumerate(values)]
    return draw_plot(Plot("group", ["figure"], rows, **more), look or Look(width, ASCII)).split("\n")[2:]  # type: ignore[arg-type]


def bars(lines: list[str]) -> list[int]:
    return [line.count("#") for line in lines]


@given(ROWS, st.integers(50, 200), st.booleans(), st.booleans(), st.sampled_from([BLOCKS, ASCII]))
def test_no_picture_is_wider_than_the_terminal(
    rows: list[PlotRow], width: int, is_funnel: bool, is_coloured: bool, glyphs: object
) -> None:
    plot = Plot("group", ["value", "part"], rows, is_funnel)
    drawn = draw_plot(plot, Look(width, glyphs, is_coloured))  # type: ignore[arg-type]
    lines = re.sub(r"\x1b\[\d+m", "", drawn).split("\n")
    assert len(lines) == len(rows) + 2
    assert max(map(wcswidth, lines)) <= width


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=20))
def test_a_greater_figure_has_no_shorter_bar(values: list[int]) -> None:
    drawn = bars(draw(*values))
    for place, value in enumerate(values):
        assert all(
            drawn[place] >= length for length, other in zip(drawn, values, strict=True) if other < value
        )


def test_bars_are_in_proportion_and_a_small_one_is_seen() -> None:
    assert bars(draw(100, 50, 25, 0, None)) == [25, 13, 6, 0, 0]
    assert "|" in draw(100_000, 1)[1]
    assert "|" not in draw(100_000, 0)[1]


def test_what_is_below_0_stands_left_of_the_others() -> None:
    gain, loss = draw(30, -30)
    assert loss.index("#") < gain.index("#")
    assert bars([gain, loss]) == [13, 13]


def test_a_funnel_stands_in_the_middle() -> None:
    wide, narrow = draw(100, 50, is_funnel=True)
    assert (wide.index("#") + wide.rindex("#")) // 2 == (narrow.index("#") + narrow.rindex("#")) // 2


def test_the_part_is_told_from_the_rest_without_colours() -> None:
    plot = Plot("group", ["all", "won"], [PlotRow("x", 4, 1, ("4", "1")), PlotRow("y", 4, 9, ("4", "9"))])
    head, _, first, second = draw_plot(plot, Look(60, ASCII)).split("\n")
    assert head.split() == ["group", "#-", "all", "#", "won"]
    assert abs(first.count("-") - 3 * first.count("#")) <= 3
    assert first.count("#") >= 5
    assert "-" not in second  # a part that is more than the whole is drawn as the whole


def test_colours_only_repeat_what_the_characters_say() -> None:
    plot = Plot("group", ["all", "late"], [PlotRow("x", 4, 1, ("4", "1"))], is_bad=True)
    plain, painted = (draw_plot(plot, Look(60, BLOCKS, is_coloured=each)) for each in (False, True))
    assert re.sub(r"\x1b\[\d+m", "", painted) == plain
    assert "\x1b[31m█" in painted


def test_a_total_has_no_bar_and_counts_for_no_scale() -> None:
    rows = [PlotRow("a", 1, None, "1"), PlotRow("total", 1000, None, ("1000",), has_bar=False)]
    first, total = draw_plot(Plot("group", ["n"], rows), Look(40, ASCII)).split("\n")[2:]
    assert "#" * 20 in first
    assert total.split() == ["total", "1000"]
    assert is_empty(Plot("group", ["n"], [rows[1], PlotRow("a", 0, None, "0")]))


def test_labels_of_wide_characters_are_cut_to_their_columns() -> None:
    rows = [
        PlotRow("薪ストーブの設置についてのお問い合わせ" * 3, 1, None, "1"),
        PlotRow("🔥 x", 1, None, "1"),
    ]
    lines = draw_plot(Plot("group", ["n"], rows), Look(60)).split("\n")[2:]
    assert "…" in lines[0]
    assert wcswidth(lines[0]) == wcswidth(lines[1]) == 60


@pytest.mark.parametrize(
    ("environment", "encoding", "shows"),
    [
        ({}, "utf-8", True),
        ({"LANG": "fr_FR.UTF-8"}, "utf-8", True),
        ({"LANG": "fr_FR.utf8"}, "UTF-8", True),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "C"}, "utf-8", False),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, "utf-8", True),
        ({"LANG": "fr_FR.UTF-8"}, "iso-8859-1", False),
        ({"LANG": "fr_FR@euro"}, "iso-8859-15", False),
    ],
)
def test_blocks_are_for_terminals_of_utf_8(environment: dict[str, str], encoding: str, shows: bool) -> None:
    assert shows_blocks(environment, encoding) is shows

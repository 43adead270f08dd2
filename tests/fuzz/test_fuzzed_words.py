"""Queries, days, amounts and templates of any words are understood, or refused in a line of theirs."""

import re
from datetime import date
from random import Random

from crmcli.domain.localization.days import parse_day, read_days
from crmcli.domain.localization.offsets import parse_offset
from crmcli.domain.localization.recurrence import check_recurrence_rule
from crmcli.domain.templates import sandbox
from crmcli.query.keys import KEYS
from crmcli.query.query_model import QueryContext
from crmcli.query.query_parser import parse_query
from crmcli.store.configuration import read_config
from tests.fuzz.fuzzing import find_refusal, is_readable, try_inputs
from tests.fuzz.mutations import DAYS, NUMBERS, choose_word
from tests.harness.crm import Crm
from tests.harness.places import ROOT

CONFIG = read_config(ROOT / "pipeline_data/crm.yaml", (ROOT / "pipeline_data/crm.yaml").read_bytes())
TODAY = date(2026, 11, 24)
OPERATORS = ("gt", "ge", "lt", "le", "before", "after", "not", "x", "")
VALUES = (
    "none", "any", "..", "x..y", "5000..", "..7d", "~po", "~", "/a/", "/(/", "/(a+)+$/", "/[/", "'a b'", "'", "\\x", "a,b", ",", ",,", "me", "today", "eom",
    "2026-12", "2026-W10", "+7d", "-2w", "..", "...", "1..2..3", "won", "pag", "?", "*", "/\\/",
)  # fmt: skip
SPOKEN = (
    "lundi", "prochain", "dernier", "mardi", "next", "last", "friday", "dans", "in", "il", "y", "a", "ago", "3", "jours", "days", "semaine", "weeks", "mois",
    "months", "ans", "years", "fin", "du", "de", "end", "of", "le", "the", "1er", "31", "29", "février", "feb", "december", "décembre", "2026", "2027", "9999",
    "0", "99999", "à", "at", "14h30", "9:00", "midi", "demain", "tomorrow", "hier", "week", "mi-", "début", "trimestre", "q4", "T4", "w53", "-", "/", ".", ",",
)  # fmt: skip
RULES = ("FREQ=", "DAILY", "YEARLY", ";", "INTERVAL=", "0", "-1", "99999999", "BYDAY=", "MO", "5FR", "-1SU", "BYMONTH=", "13", "COUNT=", "UNTIL=", "20261301",
         "BYMONTHDAY=", "31", "BYSETPOS=", "BYWEEKNO=", "54", "BYYEARDAY=", "400", "BYEASTER=", "FREQ=SECONDLY", "RRULE:", "\n", "=", ",")  # fmt: skip
PIECES = (
    "{{", "}}", "{%", "%}", "{#", "#}", "{{ title }}", "{{ contact.name }}", "{{ x | ", "upper", "money", "date", "default('x')", "join", "map", "select",
    "sort", "batch", "slice", "format", "truncate", "wordwrap", "regex", "{% for i in range(9) %}", "{% endfor %}", "{% if ", " %}", "{% endif %}", "{% set x = ",
    "{% macro f() %}", "{% endmacro %}", "{{ f() }}", "title", "today", "0", "1.5", "'x'", "()", "[0]", ".__class__", ".mro()", "['__init__']", "**", "//", "%", "~", "+",
    "{% raw %}", "{% endraw %}", "{% include 'x' %}", "{% filter upper %}", "{% endfilter %}", "{% call f() %}", "loop.index", "self", "not", "and", "in", "is defined",
    "{%- ", " -%}", "|attr('__class__')", "lipsum()", "cycler('a')", "namespace()", "range(10**9)", "{% block x %}", "{% endblock %}", "super()", "\x00", "é", "\n",
)  # fmt: skip
INSIDE = re.compile("<(class|function|bound|built-in|module)| object at 0x")  # what no template may see
NAMES = {
    "title": "Poêle à bois",
    "x": [1, "a", None],
    "today": TODAY,
    "contact": {"name": "Anne"},
    "tags": ["pag"],
}
KEPT_QUERIES: tuple[list[str], ...] = ()
KEPT_DAYS: tuple[str, ...] = ()
KEPT_RULES = ("UNTIL=999999992026130131;MOFREQ=", "FREQ=YEARLY;BYEASTER=400")
KEPT_TEMPLATES: tuple[str, ...] = ()


def a_query(draw: Random) -> list[str]:
    """Terms of a query, each of which may be right."""
    return [a_term(draw) for _ in range(draw.randint(1, 4))]


def a_term(draw: Random) -> str:
    """A term of a query."""
    value = ",".join(
        draw.choice((draw.choice(VALUES), choose_word(draw))) for _ in range(draw.choice((1, 1, 2)))
    )
    key = draw.choice(
        (
            draw.choice(list(KEYS)),
            draw.choice(list(KEYS)),
            choose_word(draw),
            "answer.surface",
            "field.brand",
            "is",
            "sort",
            "limit",
        )
    )
    operator = draw.choice(("", "", f".{draw.choice(OPERATORS)}"))
    return draw.choice(
        (
            f"{key}{operator}:{value}",
            f"not:{key}:{value}",
            f"+{value}",
            f"@{value}",
            value,
            f"{key}:{value}..{draw.choice(VALUES)}",
        )
    )


def test_any_query_is_understood_or_refused() -> None:
    def parse(words: list[str]) -> None:
        asker = QueryContext(CONFIG, TODAY, lambda: "marie")
        assert is_readable(find_refusal(parse_query, words, asker))

    try_inputs(a_query, parse, KEPT_QUERIES)


def test_any_query_that_is_asked_is_answered_or_refused(shared: Crm) -> None:
    def ask(words: list[str]) -> None:
        words = [word for word in words if "\0" not in word]
        ended = shared.run("list", "-o", "ids", "--", *words)
        assert ended.code in (0, 2) or (ended.code == 1 and "takes longer" in ended.err), ended
        assert "Traceback" not in ended.err

    try_inputs(a_query, ask, KEPT_QUERIES)


def a_day(draw: Random) -> str:
    """Words that may be a day."""
    words = [
        draw.choice((draw.choice(SPOKEN), draw.choice(SPOKEN), draw.choice(DAYS), draw.choice(NUMBERS)))
        for _ in range(draw.randint(1, 5))
    ]
    return draw.choice((" ", " ", "", "-"))[:1].join(words)


def test_any_words_are_a_day_or_refused() -> None:
    def read(text: str) -> None:
        assert is_readable(find_refusal(parse_day, text, TODAY, CONFIG))
        assert is_readable(find_refusal(read_days, text, TODAY, CONFIG))
        assert is_readable(find_refusal(parse_offset, text))

    try_inputs(a_day, read, KEPT_DAYS)


def test_any_recurrence_is_a_rule_or_refused() -> None:
    def read(text: str) -> None:
        assert is_readable(find_refusal(check_recurrence_rule, text))

    try_inputs(lambda draw: "".join(draw.choice(RULES) for _ in range(draw.randint(1, 8))), read, KEPT_RULES)


def test_any_template_renders_or_is_refused_soon() -> None:
    def render(source: str) -> None:
        assert is_readable(find_refusal(sandbox.evaluate_condition, source, NAMES))
        if (refusal := find_refusal(sandbox.evaluate_text, source, NAMES)) is None:
            assert not INSIDE.search(sandbox.evaluate_text(source, NAMES))
        assert is_readable(refusal)

    try_inputs(
        lambda draw: draw.choice(("", " ")).join(draw.choice(PIECES) for _ in range(draw.randint(1, 14))),
        render,
        KEPT_TEMPLATES,
    )

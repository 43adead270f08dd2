"""Templates and conditions of a stranger end soon, in little memory, whatever they count or double."""

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.templates import sandbox
from crmcli.domain.values.errors import RefusedError
from tests.harness.crm import Crm

SOON = 8.0  # seconds, on a machine that does other things besides
DEAL = "sdsw7zdf"
TEXTS = {
    "nested range": "{% for a in range(999) %}{% for b in range(999) %}{% for c in range(999) %}{% endfor %}{% endfor %}{% endfor %}",
    "nested loops over a text": "{% for a in t %}{% for b in t %}{% for c in t %}{% for d in t %}{% endfor %}{% endfor %}{% endfor %}{% endfor %}",
    "power of a power": "{{ 9**99**99 }}",
    "powers one after the other": "{{ ((9**99)**99)**99 }}",
    "a chain of products": "{% set ns = namespace(x=9) %}{% for i in range(900) %}{% set ns.x = ns.x * ns.x %}{% endfor %}{{ ns.x }}",
    "a chain of sums": "{% set ns = namespace(x=9) %}{% for i in range(900) %}{% for j in range(900) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{% endfor %}",
    "slice": "{{ range(9) | slice(10**9) | list }}",
    "batch": "{{ range(9) | batch(10**9, 'x') | list }}",
    "doubled by ~": "{% set ns = namespace(x=t) %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x | length }}",
    "doubled by +": "{% set ns = namespace(x=t) %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{{ ns.x | length }}",
    "doubled by join": "{% set ns = namespace(x=t) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] | join %}{% endfor %}",
    "doubled list": "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "to_bytes": "{{ (1).to_bytes(2*10**9) }}",
    "ljust": "{{ 'x'.ljust(2*10**9) }}",
    "zfill": "{{ 'x'.zfill(2*10**9) }}",
    "expandtabs": "{{ '\t'.expandtabs(2*10**9) }}",
    "format method": "{{ '{:>2000000000}'.format(1) }}",
    "format filter": "{{ '%2000000000d' | format(1) }}",
    "replace": "{% set ns = namespace(x='a') %}{% for i in range(60) %}{% set ns.x = ns.x | replace('a', 'aaaaaaaaaa') %}{% endfor %}",
    "replace method": "{% set ns = namespace(x='a') %}{% for i in range(60) %}{% set ns.x = ns.x.replace('a', 'aaaaaaaaaa') %}{% endfor %}",
    "repeated": "{{ 'x' * 2000000000 }}",
    "repeated list": "{{ [1] * 2000000000 }}",
    "center": "{{ 'x' | center(2000000000) }}",
    "indent": "{{ ('\n' * 900) | indent(2000000000) }}",
    "wordwrap": "{{ (t * 900) | wordwrap(1, wrapstring='x' * 900) }}",
    "round": "{{ 1.5 | round(2000000000) }}",
    "tojson": "{{ {'a': [1, 2]} | tojson(indent=2000000000) }}",
    "a macro that calls itself": "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
    "recursive loop": "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "deep brackets": "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "many blocks": "{% for a in t %}" * 30 + "{% endfor %}" * 30,
    "range of a giant": "{{ range(10**30) }}",
    "text scanned again and again": "{% set x = t * 900 %}{% for a in range(900) %}{% for b in range(900) %}{% if 'zz' in x %}{% endif %}{% endfor %}{% endfor %}",
    "static text in loops": "{% for a in range(900) %}{% for b in range(900) %}" + "x" * 5000 + "{% endfor %}{% endfor %}",
    "a set block in loops": "{% for a in range(900) %}{% for b in range(900) %}{% set y %}" + "x" * 5000 + "{% endset %}{% endfor %}{% endfor %}",
    "a chance": "{{ range(9) | random }}",
    "lorem ipsum": "{{ lipsum(n=100000) }}",
    "include": "{% include 'x' %}",
    "import": "{% import 'x' as x %}",
    "extends": "{% extends 'x' %}",
}  # fmt: skip
NAMES = {"t": "abcdefghij" * 100}


@pytest.mark.parametrize("source", TEXTS.values(), ids=TEXTS)
def test_a_hostile_text_is_refused_soon(source: str) -> None:
    began = time.monotonic()
    with pytest.raises(RefusedError):
        sandbox.evaluate_text(source, NAMES)
    assert time.monotonic() - began < SOON


CONDITIONS = {
    "power": "9**99**99 > 1",
    "range": "range(10**9) | list",
    "text": "'x' * 10**9",
    "sum": "range(999) | map('string') | join | length > 10**9 and ('x' * 999999) * 9",
    "bytes": "(1).to_bytes(2*10**9)",
}


@pytest.mark.parametrize("condition", CONDITIONS.values(), ids=CONDITIONS)
def test_a_hostile_condition_ends_soon(condition: str) -> None:
    began = time.monotonic()
    with suppress(RefusedError):
        sandbox.evaluate_condition(condition, NAMES)
    assert time.monotonic() - began < SOON


@pytest.mark.parametrize("source", [*TEXTS.values()], ids=TEXTS)
def test_a_hostile_mail_template_is_one_line_and_changes_nothing(crm: Crm, source: str) -> None:
    (crm.root / "templates/email/essai.j2").write_text(f"Subject: Essai\n\n{source}\n", "utf-8")
    before = crm.records()
    err = crm.refused("email", "queue", DEAL, "-t", "essai", code=5)
    assert err.count("\n") == 1
    assert "templates/email/essai.j2" in err
    assert len(err) < 2000
    assert crm.records() == before


ATOMS = st.sampled_from(["t", "9", "'x'", "range(99)", "[1, 2]", "2.5"])


@st.composite
def expressions(draw: st.DrawFn, depth: int = 4) -> str:
    """An expression of what grows: operators, filters, methods."""
    if depth == 0:
        return draw(ATOMS)
    inner = expressions(depth=depth - 1)
    form = draw(st.sampled_from(["({} * {})", "({} + {})", "({} ~ {})", "({} ** {})", "({} | list + [{}])", "([{}, {}] | join)",
                                 "({} | string | replace('x', {} | string))", "({} | string).replace('a', {} | string)"]))  # fmt: skip
    return form.format(draw(inner), draw(inner))


@given(expression=expressions(), loops=st.integers(0, 3))
def test_any_expression_ends_within_its_budget(expression: str, loops: int) -> None:
    source = "{% for i in range(500) %}" * loops + "{{ " + expression + " }}" + "{% endfor %}" * loops
    began = time.monotonic()
    with suppress(RefusedError):
        assert len(sandbox.evaluate_text(source, NAMES)) <= 1_000_000
    assert time.monotonic() - began < SOON


def test_an_ordinary_text_is_rendered_as_before() -> None:
    assert (
        sandbox.evaluate_text(
            "{{ 'Bonjour ' ~ t[:3] | upper }}{% for x in range(3) %}{{ x }}{% endfor %}", NAMES
        )
        == "Bonjour ABC012"
    )

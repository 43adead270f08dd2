"""The query language: every text is a query or one line about what is wrong with it."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.model.record_types import Contact, Kind, Opportunity
from crmcli.domain.values.errors import CrmError, UsageError
from crmcli.query.evaluation import select_records_of
from crmcli.query.key_values import QueryRecord
from crmcli.query.keys import KEYS
from crmcli.query.query_model import QueryContext
from crmcli.query.query_parser import parse_query
from tests.harness.builders import a_config, euros

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
ASKER = QueryContext(a_config(), date(2026, 11, 24), lambda: "marie")
DEALS = (
    Opportunity(id="aaaaaaaa", title="Poêle Rika", stage="new", owner="marie", tags=("rika",), expected_revenue=euros("8000")),
    Opportunity(id="bbbbbbbb", title="Insert", stage="contacted", owner="paul", expected_revenue=euros("5000"), priority=2),
    Opportunity(id="cccccccc", title="Foyer", stage="won", closed=AT, expected_revenue=euros("12000")),
    Opportunity(id="dddddddd", title="Perdu", stage="new", lost="price", closed=AT),
    Opportunity(id="eeeeeeee", title="Demande", stage="new", kind=Kind.LEAD, expected_close=date(2026, 11, 28)),
)  # fmt: skip


def found(*terms: str) -> str:
    """The first letters of the records that a query means, in its order."""
    subjects = [QueryRecord(deal, ASKER.config, Contact(name="Élodie"), AT) for deal in DEALS]
    return "".join((each.deal.id or "")[0] for each in select_records_of(parse_query(terms, ASKER), subjects))


def complaint(*terms: str) -> str:
    """What is wrong with a query; nothing if it is one."""
    try:
        found(*terms)
    except CrmError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("terms", "ids"),
    [
        ("", "bae"),
        ("stage:new", "ae"),
        ("stage:new,contacted", "bae"),
        ("not:stage:new", "b"),
        ("stage:won", "c"),
        ("is:any", "bacde"),
        ("is:lost", "d"),
        ("is:lead", "e"),
        ("is:closed", "cd"),
        ("owner:me", "a"),
        ("owner:none", "e"),
        ("+rika", "a"),
        ("revenue:5000..8000", "ba"),
        ("revenue:..5000", "b"),
        ("revenue.gt:5000", "a"),
        ("revenue:none", "e"),
        ("close:..7d", "e"),
        ("close:2026-11", "e"),
        ("closed:today", "cd"),
        ("poele", "a"),
        ("title:~ins", "b"),
        ("title:/^po.le/", "a"),
        ("sort:revenue", "bae"),
        ("sort:-revenue", "abe"),
        ("limit:1", "b"),
        ("priority:2", "b"),
    ],
)
def test_a_query_means_these_records(terms: str, ids: str) -> None:
    assert found(*terms.split()) == ids


@pytest.mark.parametrize(
    ("term", "message"),
    [
        ("stage:quotd", "unknown stage 'quotd' .did you mean quoted"),
        ("stge:new", "unknown key 'stge' .did you mean stage"),
        ("-stage:new", "not:stage:new"),
        ("stage=new", "stage:new"),
        ("revenue:lots", "revenue"),
        ("revenue:7,500", "revenue"),
        ("open", "is:open"),
        ("close:05/12/2026", "can be read in two ways .write 2026-12-05 or 2026-05-12"),
        ("is:opne", "did you mean open"),
        ("revenue.foo:3", "foo"),
        ("@nothing", "unknown saved query"),
        ("sort:colour", "colour"),
        ("limit:many", "many"),
        ("owner:pierre", "unknown owner 'pierre'|unknown user"),
    ],
)
def test_a_mistake_is_told_with_what_was_meant(term: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        found(term)


@given(st.lists(st.text(max_size=30), max_size=3))
def test_any_text_is_a_query_or_an_error_of_ours(terms: list[str]) -> None:
    assert "\n" not in complaint(*terms)


@given(
    st.sampled_from([key.name for key in KEYS] + ["is", "due", "state", "type", "answer.x", "field.x"]),
    st.sampled_from(["", ".gt", ".not", ".before"]),
    st.text(alphabet="0123456789.-~/,abcdew€'\\: ", max_size=12),
)
def test_any_value_of_any_key_is_understood_or_refused(key: str, op: str, value: str) -> None:
    assert "\n" not in complaint(f"{key}{op}:{value}")


def test_the_words_of_is_have_no_case() -> None:
    assert found("is:Open") == found("is:open")
    assert found("is:WON, Lost") == found("is:won,lost")

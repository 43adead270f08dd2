"""Conditions that no record can meet: told, and never told where one could."""

import pytest

from crmcli.query.contradictions import list_contradictions
from crmcli.query.is_words import IS_WORDS
from crmcli.query.query_parser import parse_query
from tests.query.test_query_parser import ASKER


def told(terms: str) -> list[str]:
    return list(list_contradictions(parse_query(terms.split(), ASKER), ASKER))


@pytest.mark.parametrize(
    "terms",
    [
        "stage:new stage:quoted",
        "stage:new not:stage:new",
        "+rika not:+rika",
        "+rika tag:none",
        "is:open is:closed",
        "is:won is:open",
        "is:lead is:opportunity",
        "kind:lead is:opportunity",
        "stage:won is:open",
        "stage:won is:lost",
        "is:idle is:overdue",
        "lost:price is:won",
        "lost:price is:open",
        "closed:any is:open",
        "closed:2026 is:open",
        "closed:none closed:2026",
        "revenue:..100 revenue:200..",
        "revenue.lt:100 revenue:100",
        "owner:none owner:marie",
        "title:~rika not:title:~ri",
        "due:today due:tomorrow",
        "due:overdue due:today..",
        "created:2025 created:2026",
        "not:kind:lead not:kind:opportunity",
        "answer.x:none answer.x:3",
    ],
)
def test_what_cannot_be_is_told(terms: str) -> None:
    [said] = told(terms)
    assert said.startswith("no record can match")


@pytest.mark.parametrize(
    "terms",
    [
        "+pag +rika",
        "+pag not:+rika",
        "stage:new,quoted stage:quoted",
        "is:won,lost is:won",
        "not:stage:new not:stage:contacted not:stage:quoted not:stage:thinking",
        "title:~rika title:~pag not:title:~foyer",
        "title:~ab title:~bc not:title:~bb",
        "title:/a/ not:title:/a/",
        "revenue:100..200 revenue:200..300",
        "revenue.gt:100 revenue.lt:100.01",
        "lost:price stage:new",
        "stage:won closed:none",
        "is:lost closed:2026",
        "email:~a email:~b",
        "due:..today state:done is:idle",
        "is:overdue is:lead",
        "answer.x:3 answer.x:4",
        "answer.x:100.. not:answer.x:200..",
        "field.brand:rika not:field.brand:~x",
        "phone:any not:phone:0612345678",
        "closed:..9999-12-31",
        "created:..0001-01-01",
    ],
)
def test_what_can_be_is_not(terms: str) -> None:
    assert told(terms) == []


@pytest.mark.parametrize("word", IS_WORDS)
def test_no_word_of_is_contradicts_itself(word: str) -> None:
    asked = [] if word == "stale" else told(f"is:{word}")  # nothing is stale where no stage says so
    assert asked == [] == told(f"not:is:{word}" if word != "any" else "")

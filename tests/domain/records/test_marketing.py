"""Campaign, medium and source: by id, label and what they are also called; from links; made on request."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.records.editing import Assignment, apply_assignment
from crmcli.domain.records.marketing import enlarge_lists, of_url
from crmcli.domain.values.errors import CrmError, UsageError
from crmcli.domain.values.list_entries import Origin, check_entry
from tests.harness.builders import a_config, at, facts

CONFIG = """
stages: [{id: new}]
marketing:
  campaigns: [{id: salon-2026, label: Salon 2026, also: ["salon*"]}]
  mediums: [{id: form, label: Formulaire}, {id: ads, also: [cpc, "paid*"]}]
  sources: [{id: google}, {id: paid, label: Payé}, {id: website, label: Site internet, also: [site]}]
"""
config = a_config(CONFIG)


@pytest.mark.parametrize(
    ("text", "id"),
    [(" GOOGLE ", "google"), ("site internet", "website"), ("Site", "website"), ("payé", "paid")],
)
def test_a_name_is_compared_trimmed_and_without_case(text: str, id: str) -> None:
    assert check_entry("source", text, config.marketing.sources) == id


def test_an_id_goes_before_what_another_is_also_called() -> None:
    listed = (Origin(id="a", also=("b*",)), Origin(id="b"))
    assert check_entry("source", "b", listed) == "b"
    assert check_entry("source", "bing", listed) == "a"


def test_a_star_stands_for_any_characters_and_a_dot_for_itself() -> None:
    assert Origin(id="x", also=("*.facebook.com",)).is_also("m.facebook.com")
    assert not Origin(id="x", also=("a.c",)).is_also("abc")


def test_an_unknown_one_is_refused_with_the_nearest_and_the_way_to_list_it() -> None:
    with pytest.raises(UsageError) as error:
        apply_assignment(facts(config), Assignment("marketing.source", "", "gogle"), at())
    assert str(error.value) == "unknown source 'gogle' (did you mean google?; --new lists it in crm.yaml)"


def test_a_link_says_campaign_medium_and_source() -> None:
    link = of_url(
        "https://x.example/p?utm_source=Site&utm_medium=CPC&a=1&utm_campaign=salon%20de%20mai&utm_term=poele"
    )
    after = facts(config)
    for assignment in link.assignments:
        after = after.about(apply_assignment(after, assignment, at()))
    marketing = after.opportunity.marketing
    assert marketing is not None
    assert (marketing.campaign, marketing.medium, marketing.source) == ("salon-2026", "ads", "website")
    assert link.ignored == ["utm_term=poele"]


def test_a_link_may_say_so_behind_its_hash() -> None:
    assert of_url("https://x.example/#utm_source=google").assignments == [
        Assignment("marketing.source", "", "google")
    ]


@pytest.mark.parametrize("url", ["https://x.example/", "", "http://[", "x" * 5000])
def test_a_link_that_says_no_origin_is_refused(url: str) -> None:
    with pytest.raises(UsageError):
        of_url(url)


@given(st.text(max_size=200))
def test_any_text_is_a_link_or_is_refused(text: str) -> None:
    with suppress(CrmError):
        assert all(each.value for each in of_url(text).assignments)


def test_a_new_origin_is_listed_once_with_an_id_of_its_own() -> None:
    wanted = [Assignment("marketing.source", "", "Radio Bréizh"), Assignment("marketing.medium", "", "CPC")]
    larger = enlarge_lists(config, wanted)
    assert larger.marketing.sources[-1] == Origin(id="radio-breizh", label="Radio Bréizh")
    assert larger.marketing.mediums == config.marketing.mediums
    assert enlarge_lists(larger, wanted) == larger

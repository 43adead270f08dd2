"""Which records look like the same one."""

from crmcli.domain.merging.similarity import Trait, group_records, of_email, of_phone
from crmcli.domain.model.config import Config

FRENCH = Config(country="FR", public_mail=("mairie.example",))


def alike(*emails: str) -> list[tuple[str, ...]]:
    return [group.ids for group in group_records((email, of_email(email, FRENCH)) for email in emails)]


def test_two_of_a_private_domain_are_similar_of_a_public_provider_not() -> None:
    assert alike("alice@bati.example", "bob@bati.example") == [("alice@bati.example", "bob@bati.example")]
    for provider in (
        "gmail.com",
        "orange.fr",
        "wanadoo.fr",
        "free.fr",
        "sfr.fr",
        "neuf.fr",
        "laposte.net",
        "bbox.fr",
    ):
        assert alike(f"alice@{provider}", f"bob@{provider}") == []
    assert alike("alice@mairie.example", "bob@mairie.example") == []


def test_the_same_address_at_a_public_provider_is_similar() -> None:
    traits = [("a", of_email("Alice@Gmail.com", FRENCH)), ("b", of_email('"A" <alice@gmail.com>', FRENCH))]
    assert [group.ids for group in group_records(traits)] == [("a", "b")]


def test_a_phone_in_two_spellings_is_similar() -> None:
    traits = [("a", of_phone("06 12 34 56 78", FRENCH)), ("b", of_phone("+33612345678", FRENCH))]
    assert [group.ids for group in group_records(traits)] == [("a", "b")]


def test_a_criterion_that_21_records_share_says_nothing() -> None:
    shared = Trait("company", "Bâti")
    assert len(group_records((str(each), shared) for each in range(20))) == 1
    assert group_records((str(each), shared) for each in range(21)) == []


def test_the_same_records_are_one_group_with_all_they_share() -> None:
    one, other = Trait("phone", "1"), Trait("company", "Bâti")
    [group] = group_records([("a", one), ("b", one), ("a", other), ("b", other)])
    assert group.traits == (one, other)

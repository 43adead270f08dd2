"""What tells of a person is found however it is written, and other words stay."""

import pytest

from crmcli.domain.model.record_types import Address, Contact
from crmcli.domain.privacy.person_patterns import patterns_for

PERSON = Contact(
    id="f8dz9xw4",
    name="Élodie LE GALL",
    emails=("Elodie.LeGall@example.org",),
    phones=("06 12 34 56 78",),
    addresses=(Address(street="18 rue des Moulins", city="Pontivy"),),
)
OWN, OTHERS, NAMESAKES = patterns_for(PERSON, PERSON, "FR", "fr")


@pytest.mark.parametrize(
    "text",
    [
        "Élodie LE GALL", "elodie le gall", "LE GALL Élodie", "Le Gall, Elodie", "opportunite-de-elodie-le-gall",
        "ELODIE.LEGALL@EXAMPLE.ORG", "Elodie <elodie.legall@example.org>", "06 12 34 56 78", "06.12.34.56.78",
        "0612345678", "+33612345678", "+33 6 12 34 56 78", "+33 (0)6 12-34-56-78", "0033 612345678", "06/12/34/56/78",
        "18 rue des moulins", "contact: f8dz9xw4", "M. Gall", "Mme GALL",
    ],
)  # fmt: skip
def test_a_trace_is_found_anywhere(text: str) -> None:
    for traces in (OWN, OTHERS):
        assert traces.found(f"Vu {text}, hier")
        cleaned = traces.without(f"Vu {text}, hier")
        assert not traces.found(cleaned)
        assert cleaned.startswith("Vu ")
        assert cleaned.endswith(", hier")


@pytest.mark.parametrize(
    "text", ["Galles", "0612345679", "10612345678", "elodie@example.org", "rue des Moulins", "le gallo"]
)
def test_what_is_another_persons_stays_in_their_records(text: str) -> None:
    assert OTHERS.without(f"Vu {text}, hier") == f"Vu {text}, hier"


def test_in_their_own_records_each_part_of_the_name_counts() -> None:
    assert OWN.without("Rappeler Élodie ce soir") == "Rappeler [effacé] ce soir"
    assert OTHERS.without("Rappeler Élodie ce soir") == "Rappeler Élodie ce soir"


def test_accents_around_a_trace_stay_where_they_are() -> None:
    assert OWN.without("Bientôt : ÉLODIE à l’été œuvré") == "Bientôt : [effacé] à l’été œuvré"


def test_the_name_of_who_has_the_same_one_stays_in_their_records() -> None:
    assert NAMESAKES.without("Appeler Élodie LE GALL au 0612345678") == "Appeler Élodie LE GALL au [effacé]"

"""Contact forms of web sites and portals: a mail's text, read as a contact and a deal."""

from collections.abc import Iterable
from typing import NamedTuple

from crmcli.domain.incoming.form_fields import OWN, form_labels, label_key
from crmcli.domain.incoming.form_layout import TECHNICAL, form_entries
from crmcli.domain.model.config import Config

FEWEST = 3  # fields in a form, an e-mail or a phone among them
LONGEST_LABEL = 60  # characters of an unknown label above its value
SET = {"budget": "budget", **{name: f"marketing.{name}" for name in ("campaign", "medium", "source")}}
IN_NUMBERS = "+0123456789 .-/()\u00a0\u202f"
FEWEST_DIGITS = 6


class Form(NamedTuple):
    """The contents of a form: values by field, and unknown labels with their values."""

    values: dict[str, str]
    others: list[tuple[str, str]]

    def line(self, *keys: str) -> str:
        """Return some values joined on one line; empty if there are none."""
        return " ".join(" ".join(self.values.get(key, "") for key in keys).split())

    @property
    def assigned(self) -> list[tuple[str, str]]:
        """The fields of the deal that the form fills in, with their texts."""
        named = {key: SET.get(key, key if key.startswith(OWN) else "") for key in self.values}
        return [(field, self.line(key)) for key, field in named.items() if field]


def read_form(text: str, config: Config) -> Form | None:
    """Return the form in the text of a mail; None if the text does not have the layout of one.

    A form has an e-mail or a phone and two more fields, each with its label; they may be empty. Text before
    the first label is not part of it.
    """
    entries = list(form_entries(text, form_labels(config)))
    values: dict[str, str] = {}
    others: list[tuple[str, str]] = []
    for entry in entries:
        if entry.name and not values.get(entry.name):
            values[entry.name] = entry.text
        elif entry.label and label_key(entry.label) not in TECHNICAL:
            others.append((entry.label, entry.text))
        if entry.is_above:
            others += pair_paragraphs(entry.left_lines)
    form = split_values(Form(values, others))
    if len(form.values) < FEWEST or not {"email", "phone"} & form.values.keys():
        return None
    filled = {name: value for name, value in form.values.items() if value}
    return Form(filled, [(key, value) for key, value in form.others if value])


def pair_paragraphs(lines: Iterable[str]) -> list[tuple[str, str]]:
    """Return the paragraphs that are an unknown label with its value below."""
    paragraphs = "\n".join(lines).split("\n\n")
    pairs = [paragraph.strip("\n").split("\n") for paragraph in paragraphs]
    return [(pair[0], pair[1]) for pair in pairs if len(pair) == 2 and len(pair[0]) <= LONGEST_LABEL]


def split_values(form: Form) -> Form:
    """Return a form whose values hold one thing each: name, address, number, postcode, town."""
    values, others = dict(form.values), list(form.others)
    name = values.get("name", "")
    address = find_address(values.get("email", "")) or find_address(name)
    if "@" in name:
        values["name"] = strip_address(name)
    if address:
        values["email"] = address
    number, rest = split_number(values.get("phone", ""))
    if rest:
        values["phone"] = number
        others.append(("phone", rest))
    for key in ("postcode", "city"):
        postcode, town = split_town(values.get(key, ""))
        if postcode and town:
            values["city"] = town if key == "city" else values.get("city") or town
            values["postcode"] = postcode if key == "postcode" else values.get("postcode") or postcode
    return Form(values, others)


def find_address(text: str) -> str:
    """Return the first e-mail address in a text; empty if there is none.

    >>> find_address("Jeanne <jeanne@example.fr>"), find_address("a@x.fr <mailto:a@x.fr>")
    ('jeanne@example.fr', 'a@x.fr')
    """
    words = text[:1000].replace("<", " ").replace(">", " ").replace("(", " ").replace(")", " ").split()
    found = (word.removeprefix("mailto:").strip("[],;.\"'") for word in words)
    return next((word for word in found if "." in word.partition("@")[2] and not word.startswith("@")), "")


def strip_address(name: str) -> str:
    """Return a name without the e-mail address beside it."""
    words = [word for word in name[:1000].split() if "@" not in word]
    return " ".join(words).strip(" <>()\"',-")


def split_number(text: str) -> tuple[str, str]:
    """Return the phone number in a text, and the whole text if it says more."""
    start = next((place for place, char in enumerate(text) if char in "+(0123456789"), 0)
    end = next((place for place in range(start, len(text)) if text[place] not in IN_NUMBERS), len(text))
    number = text[start:end].strip(" .-/")
    is_number = sum(char.isdigit() for char in number) >= FEWEST_DIGITS
    return (number, text) if is_number and number != text.strip() else (text, "")


def split_town(text: str) -> tuple[str, str]:
    """Return the postcode and the town in a text like `56300 Pontivy`; empty where one is missing.

    >>> split_town("Pontivy (56300)"), split_town("Pontivy")
    (('56300', 'Pontivy'), ('', 'Pontivy'))
    """
    words = text[:200].replace("(", " ").replace(")", " ").replace(",", " ").split()
    codes = [word for word in words if word.isdigit() and len(word) in (4, 5)]
    return (codes[0] if codes else ""), " ".join(word for word in words if word not in codes[:1])

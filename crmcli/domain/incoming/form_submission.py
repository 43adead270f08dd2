"""A web form that somebody sent: its declared fields, checked, and where the visitor came from."""

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from crmcli.domain.incoming.form_fields import NAMES, OWN, form_labels, label_key
from crmcli.domain.incoming.form_texts import field_label, form_texts
from crmcli.domain.incoming.web_form import Form
from crmcli.domain.model.config import Config, FieldType
from crmcli.domain.model.web_forms import USUAL, FormField, InputType, WebForm
from crmcli.domain.records.contact_matching import normal_email, normal_phone
from crmcli.domain.values.clean_text import clean_text
from crmcli.domain.values.errors import CrmError
from crmcli.domain.values.list_entries import find_entry

LONGEST = {InputType.LONG: 10_000}
LONGEST_LINE = 300  # characters of other fields
LONGEST_LINK = 2_000
UNPRINTABLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
UTM = ("utm_campaign", "utm_medium", "utm_source")
ORIGINS = {"utm_campaign": "campaign", "utm_medium": "medium", "utm_source": "source"}


class Submission(NamedTuple):
    """What a visitor sent: texts by declared field, and the faults by field, as the visitor reads them."""

    form: WebForm
    values: dict[str, tuple[str, ...]]
    faults: dict[str, str]
    trapped: bool  # the field that people do not see was filled in
    origin: dict[str, str]  # campaign, medium, source, url and referrer, as far as known
    others: tuple[tuple[str, str], ...] = ()  # what is not declared; kept only with what is kept aside


def input_type(field: FormField, config: Config) -> InputType:
    """Return the type of a field: as declared, else what suits its name or the custom field."""
    if field.type is not None:
        return field.type
    custom = config.custom_field(field.name)
    if custom is not None and custom.type in (FieldType.CHOICE, FieldType.CHOICES):
        return InputType(str(custom.type))
    if field.choices:
        return InputType.CHOICE
    return USUAL.get(field.name, InputType.TEXT)


def field_choices(field: FormField, config: Config) -> tuple[str, ...]:
    """Return the choices of a field: its own, else those of the custom field."""
    custom = config.custom_field(field.name)
    return field.choices or (custom.choices if custom else ())


def read_submission(
    form: WebForm, config: Config, pairs: Sequence[tuple[str, str]], *, page: str = "", referrer: str = ""
) -> Submission:
    """Check what a visitor sent against the declaration; fields that are not declared are set aside.

    A field of a site may also have a usual name of a declared one, such as `courriel` for `email`. `page` is
    the link of the page that held the form, `referrer` that of the page before.
    """
    declared = {each.name for each in form.fields}
    labels = form_labels(config)
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        usual = "" if name in declared or name == form.honeypot else labels.get(label_key(name), "")
        usual = usual.removeprefix(OWN)
        given.setdefault(usual if usual in declared else name, []).append(value)
    values = {each.name: clean_values(each, config, given.get(each.name, [])) for each in form.fields}
    faults = {each.name: find_fault(each, config, values[each.name]) for each in form.fields}
    extra = {name: texts[0] for name, texts in given.items() if name not in declared}
    return Submission(
        form,
        values,
        {name: fault for name, fault in faults.items() if fault},
        bool(form.honeypot and any(each.strip() for each in given.get(form.honeypot, []))),
        find_origin(config, extra, extra.get("page") or page, extra.get("referrer") or referrer),
        tuple((clean_line(name), clean_lines(text)) for name, text in extra.items() if text.strip()),
    )


def clean_values(field: FormField, config: Config, texts: Sequence[str]) -> tuple[str, ...]:
    """Return the values of a field without control characters and surrounding blanks; empty ones left out."""
    kind = input_type(field, config)
    cleaned = [clean_lines(text) for text in texts]
    if kind is not InputType.LONG:
        cleaned = [" ".join(text.split()) for text in cleaned]
    if kind is InputType.CHECK:
        cleaned = [form_texts(config)["yes"] for text in cleaned if text]
    several = kind is InputType.CHOICES
    return tuple(text for text in cleaned if text)[: None if several else 1]


def clean_lines(text: str) -> str:
    """Return a text with plain line ends, without blanks around it; control characters become blanks."""
    lines = clean_text(text.replace("\r\n", "\n").replace("\r", "\n"))
    return "\n".join(line.rstrip() for line in UNPRINTABLE.sub(" ", lines).split("\n")).strip()


def find_fault(field: FormField, config: Config, values: tuple[str, ...]) -> str:
    """Return what is wrong with the values of a field, as the visitor reads it; empty if nothing is."""
    kind, texts = input_type(field, config), form_texts(config)
    if not values:
        key = "unchecked" if kind is InputType.CHECK else "missing"
        return texts[key] if field.required else ""
    if any(len(each) > LONGEST.get(kind, LONGEST_LINE) for each in values):
        return texts["long"]
    if kind is InputType.EMAIL and not is_address(values[0]):
        return texts["email"]
    if kind is InputType.PHONE and normal_phone(values[0], config.country) is None:
        return texts["phone"]
    choices = field_choices(field, config)
    if kind in (InputType.CHOICE, InputType.CHOICES) and not set(values) <= set(choices):
        return texts["choice"]
    return ""


def is_address(text: str) -> bool:
    """Tell whether a text is an e-mail address with a domain that has a dot, and nothing else.

    >>> is_address("lea@example.fr"), is_address("lea@example"), is_address("Léa <lea@example.fr>")
    (True, False, False)
    """
    local, _, domain = text.rpartition("@")
    is_plain = not set(text) & set(' \t<>,;:()[]\\"') and text.count("@") == 1
    is_domain = "." in domain.strip(".") and ".." not in domain and domain.strip(".-") == domain
    return bool(local) and is_plain and is_domain and normal_email(text) is not None


def find_origin(config: Config, given: dict[str, str], page: str, referrer: str) -> dict[str, str]:
    """Return where a visitor came from: from fields of the page, its link, or the link of the page before."""
    sources = [given, link_values(page), link_values(referrer)]
    found = next((each for each in sources if any(each.get(key) for key in UTM)), {})
    origin = {ORIGINS[key]: clean_line(found[key]) for key in UTM if found.get(key)}
    if not origin and (source := source_of_site(config, referrer)):
        origin["source"] = source
    links = {"url": page if is_link(page) else "", "referrer": referrer if is_link(referrer) else ""}
    return {**origin, **{key: clean_line(link) for key, link in links.items() if link}}


def clean_line(text: str) -> str:
    """Return a text from outside on one line of bounded length."""
    return " ".join(clean_lines(text[:LONGEST_LINK]).split())


def is_link(text: str) -> bool:
    """Tell whether a text is a link to a page."""
    return text.startswith(("https://", "http://"))


def link_values(link: str) -> dict[str, str]:
    """Return the `utm_…` values of a link; empty for what is not a link."""
    try:
        found = parse_qs(urlsplit(link[:LONGEST_LINK]).query, max_num_fields=100)
    except ValueError:
        return {}
    return {key.lower(): values[0] for key, values in found.items() if key.lower() in UTM}


def source_of_site(config: Config, referrer: str) -> str:
    """Return the source in the marketing lists that a referring site is, by the name in its domain.

    `https://www.google.fr/` is the source `google` where there is one.
    """
    try:
        host = urlsplit(referrer[:LONGEST_LINK]).hostname or ""
    except ValueError:
        return ""
    for name in dict.fromkeys([host, *host.split(".")[:-1]]):
        try:
            entry = find_entry(name, config.marketing.sources) if name not in ("", "www", "m", "l") else None
        except CrmError:
            continue
        if entry is not None:
            return entry.id
    return ""


def list_entries(
    submission: Submission, config: Config, *, has_others: bool = False
) -> list[tuple[str, str]]:
    """Return what the message of a submission holds: a field name or a label, and a text; origins last.

    `has_others` adds the fields that are not declared.
    """
    found: list[tuple[str, str]] = []
    for field in submission.form.fields:
        values = submission.values[field.name]
        is_known = field.name in NAMES or config.custom_field(field.name) is not None
        if values:
            found.append((field.name if is_known else field_label(field, config), ", ".join(values)))
    found += submission.others if has_others else ()
    keys = {name for name, _ in found}
    return [*found, *((key, text) for key, text in submission.origin.items() if key not in keys)]


def form_of_entries(entries: Sequence[tuple[str, str]], config: Config) -> Form:
    """Return the form that a message holds, for a new record; keys that fit no field stay as labels."""
    values: dict[str, str] = {}
    others: list[tuple[str, str]] = []
    for key, text in entries:
        name = f"fields.{key}" if config.custom_field(key) is not None else key
        if (name in NAMES or name != key) and name not in values and not is_plain_link(key, text):
            values[name] = text
        else:
            others.append((key, text))
    return Form(values, others)


def is_plain_link(key: str, text: str) -> bool:
    """Tell whether an entry is a link without `utm_…` values, which gives no origin."""
    return key == "url" and not link_values(text)


def write_entries(entries: Sequence[tuple[str, str]]) -> str:
    """Return entries as text for people, from which `read_entries` reads exactly the same.

    A text of several lines stands below its key, each line indented, so that no line of it is a key.

    >>> print(write_entries([("name", "Léa"), ("message", "Bonjour,\\nemail: x@y.fr")]))
    name: Léa
    message:
      Bonjour,
      email: x@y.fr
    """
    lines: list[str] = []
    for key, text in entries:
        key = " ".join(key.replace(":", " ").split())
        parts = text.split("\n")
        lines += [f"{key}: {text}"] if len(parts) == 1 else [f"{key}:", *(f"  {part}" for part in parts)]
    return "\n".join(lines)


def read_entries(text: str) -> list[tuple[str, str]]:
    """Return the entries in a text; lines before the first key are left out.

    >>> read_entries("name: Léa\\nmessage:\\n  Bonjour,\\n  email: x@y.fr")
    [('name', 'Léa'), ('message', 'Bonjour,\\nemail: x@y.fr')]
    """
    found: list[tuple[str, list[str]]] = []
    for line in text.split("\n"):
        if line.startswith("  ") or not line:
            if found:
                found[-1][1].append(line[2:])
            continue
        key, colon, value = line.partition(":")
        if colon:
            found.append((key, [value.strip()] if value.strip() else []))
    return [(key, "\n".join(lines).strip("\n")) for key, lines in found]

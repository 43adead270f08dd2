"""What a message is: delivery report, form, automatic mail, our own, or a person's. In this order."""

import json

import pytest

from crmcli.mail.incoming.classify import MailKind, classify_mail
from crmcli.mail.incoming.parse import parse_bytes
from tests.harness.builders import a_config
from tests.harness.places import MAILS

FORMS = MAILS.parent / "forms"
EXPECTED = json.loads((FORMS / "expected.json").read_text(encoding="utf-8"))
CONFIG = a_config("""
country: FR
users: [{id: marie, email: marie@atre-granules.example}]
company: {email: contact@atre-granules.example}
stages: [{id: new}]
mail:
  portals: [artisans-du-ponant.example]
  form_fields: {phone: [Joignable au]}
ingest:
  routes:
    - {to: formulaire@atre-granules.example}
    - {to: landing@atre-granules.example, form: true}
""")
LAYOUT = "Nom : Durand\nE-mail : j.durand@example.fr\nTéléphone : 06 12 34 56 78\nMessage : un devis\n"
QUOTED = "".join(f"> {line}\n" for line in LAYOUT.splitlines())
OUTLOOK = (
    "________________________________\nDe : Site <wordpress@x.example>\nEnvoyé : lundi 23 novembre 2026 09:12\n"
    "À : Marie <marie@atre-granules.example>\nObjet : Contact\n\n"
)


def mail(
    text: str, sender: str = "no-reply@site.example", headers: str = "", to: str = "devis@x.example"
) -> bytes:
    head = f"From: {sender}\nTo: {to}\nSubject: Demande\nMessage-ID: <1@x>\n{headers}"
    return f"{head}Content-Type: text/plain; charset=utf-8\n\n{text}".encode()


def kind_of(content: bytes) -> MailKind:
    return classify_mail(parse_bytes(content), CONFIG).kind


@pytest.mark.parametrize("name", EXPECTED)
def test_a_form_is_read_whatever_plugin_or_portal_sends_it(name: str) -> None:
    kind, form = classify_mail(parse_bytes((FORMS / f"{name}.eml").read_bytes()), CONFIG)
    assert kind is MailKind.FORM
    assert form is not None
    assert form.values == EXPECTED[name]


SENDERS = {
    "no-reply@anything.example": MailKind.FORM,
    "ne_pas_repondre@anything.example": MailKind.FORM,
    "wordpress@anything.example": MailKind.FORM,
    "contact@atre-granules.example": MailKind.FORM,
    "formulaire@atre-granules.example": MailKind.FORM,
    "clients@artisans-du-ponant.example": MailKind.FORM,
    "notification@mail.habitatpresto.com": MailKind.FORM,
    "jeanne@example.fr": MailKind.PERSONAL,
}


@pytest.mark.parametrize("sender", SENDERS)
def test_a_form_comes_from_a_site_from_nobody_or_from_a_portal(sender: str) -> None:
    assert kind_of(mail(LAYOUT, sender)) is SENDERS[sender]


NO_FORMS = {
    "an absence that quotes our acknowledgement": (
        mail(f"Je suis absente.\n\n{LAYOUT}", headers="Auto-Submitted: auto-replied\n"),
        MailKind.AUTOMATIC,
    ),
    "an absence that only its subject tells": (
        mail(LAYOUT).replace(b"Subject: Demande", "Subject: Réponse automatique : Demande".encode()),
        MailKind.AUTOMATIC,
    ),
    "an absence sent to the address for forms": (
        mail(LAYOUT, headers="X-Autoreply: yes\n", to="landing@atre-granules.example"),
        MailKind.AUTOMATIC,
    ),
    "a newsletter with an address block": (
        mail(
            "Nos offres\n\nAdresse : 3 rue du Port\nVille : Lorient\nTél : 02 97 00 00 00\nE-mail : a@b.example\n",
            headers="List-Unsubscribe: <https://x.example>\n",
        ),
        MailKind.AUTOMATIC,
    ),
    "a newsletter sent to the address for forms": (
        mail(LAYOUT, headers="List-Id: <x>\n", to="landing@atre-granules.example"),
        MailKind.AUTOMATIC,
    ),
    "an answer": (mail(LAYOUT, headers="In-Reply-To: <0@x>\n"), MailKind.AUTOMATIC),
    "an answer that names references": (mail(LAYOUT, headers="References: <0@x>\n"), MailKind.AUTOMATIC),
    "a quotation": (mail(f"Merci\n\n{QUOTED}"), MailKind.AUTOMATIC),
    "what Outlook quotes": (mail(f"Bien reçu.\n\n{OUTLOOK}{LAYOUT}"), MailKind.AUTOMATIC),
    "what a colleague forwards": (
        mail(f"À traiter\n\n{OUTLOOK}{LAYOUT}", "Marie <marie@atre-granules.example>"),
        MailKind.OURS,
    ),
    "a signature": (
        mail("Votre colis est parti.\n-- \nNom : X\nE-mail : a@b.fr\nTél : 0612345678\n"),
        MailKind.AUTOMATIC,
    ),
    "a receipt": (
        mail(LAYOUT).replace(
            b"text/plain; charset=utf-8",
            b"multipart/report; report-type=disposition-notification; boundary=x",
        ),
        MailKind.AUTOMATIC,
    ),
    "a delivery report that returns a form": (
        mail(LAYOUT, "MAILER-DAEMON (Mail Delivery System)"),
        MailKind.REPORT,
    ),
    "two fields only": (mail("Nom : Durand\nE-mail : j@example.fr\n"), MailKind.AUTOMATIC),
    "fields without e-mail or phone": (
        mail("Nom : Durand\nVille : Pontivy\nMessage : x\n"),
        MailKind.AUTOMATIC,
    ),
}


@pytest.mark.parametrize("name", NO_FORMS)
def test_what_only_looks_like_a_form_is_none(name: str) -> None:
    content, kind = NO_FORMS[name]
    assert kind_of(content) is kind


def test_a_generated_mail_of_a_site_may_be_a_form() -> None:
    assert kind_of(mail(LAYOUT, headers="Auto-Submitted: auto-generated\n")) is MailKind.FORM


def test_a_route_for_forms_takes_any_layout_and_the_person_of_the_reply_to() -> None:
    content = mail(
        "Une demande sans étiquettes.",
        headers="Reply-To: Jeanne <jeanne@example.fr>\n",
        to="landing@atre-granules.example",
    )
    kind, form = classify_mail(parse_bytes(content), CONFIG)
    assert kind is MailKind.FORM
    assert form is not None
    assert form.values == {
        "message": "Une demande sans étiquettes.",
        "email": "jeanne@example.fr",
        "name": "Jeanne",
    }


def test_nobody_becomes_the_person_of_a_form() -> None:
    text = LAYOUT.replace("j.durand@example.fr", "no-reply@site.example")
    _, form = classify_mail(
        parse_bytes(mail(text, headers="Reply-To: contact@atre-granules.example\n")), CONFIG
    )
    assert form is not None
    assert "email" not in form.values
    assert ("email", "no-reply@site.example") in form.others


def test_a_workspace_adds_labels_of_its_own() -> None:
    text = LAYOUT.replace("Téléphone", "Joignable au")
    _, form = classify_mail(parse_bytes(mail(text)), CONFIG)
    assert form is not None
    assert form.values["phone"] == "06 12 34 56 78"

"""What a message is, before anybody looks at the records: a pure function of the mail and the configuration.

The order of the questions matters: a delivery report must not become a lead, and neither must an automatic
answer that quotes a form; but most sites send their forms from no-reply addresses.
"""

from enum import StrEnum
from typing import NamedTuple

from crmcli.domain.incoming.own_words import own_words, trim_signature
from crmcli.domain.incoming.routing import matching_routes
from crmcli.domain.incoming.senders import is_nobody, is_ours, is_site
from crmcli.domain.incoming.web_form import Form, read_form
from crmcli.domain.model.config import Config
from crmcli.mail.headers import Mailbox
from crmcli.mail.incoming.automatic import AutomaticKind
from crmcli.mail.incoming.form_message import read_form_message
from crmcli.mail.incoming.parse import Received


class MailKind(StrEnum):
    """What a message is."""

    REPORT = "report"  # of a mail server, about a message that was not delivered
    FORM = "form"
    AUTOMATIC = "automatic"
    OURS = "ours"  # one of our own people wrote it
    PERSONAL = "personal"  # anybody else did


class Classified(NamedTuple):
    """What a message is, with its form if it is one."""

    kind: MailKind
    form: Form | None = None


def classify_mail(mail: Received, config: Config) -> Classified:
    """Return what a message is."""
    if mail.report is not None:
        return Classified(MailKind.REPORT)
    form = find_form(mail, config)
    if form is not None:
        return Classified(MailKind.FORM, form)
    if mail.automatic is not None:
        return Classified(MailKind.AUTOMATIC)
    if mail.sender is not None and is_ours(mail.sender.email, config):
        return Classified(MailKind.OURS)
    return Classified(MailKind.PERSONAL)


def find_form(mail: Received, config: Config) -> Form | None:
    """Return the form in a message; None if the message is not a form.

    A form came by a route for forms, or from a site, a portal or nobody, with the layout of a form in the
    text that is not quoted. Answers and mails of lists never are forms; those of a route may be replies.
    """
    if mail.automatic and (mail.automatic.is_answer or mail.automatic.kind is AutomaticKind.LIST):
        return None
    submitted = read_form_message(mail, config)
    if submitted is not None:
        return with_reply_to(submitted, mail, config)
    words = trim_signature(own_words(mail.text))
    if any(route.form for route in matching_routes(config, mail.envelope)):
        form = read_form(words, config) or Form({"message": mail.shown} if mail.shown else {}, [])
        return with_reply_to(form, mail, config)
    if mail.is_answer or mail.sender is None or not is_site(mail.sender.email, config):
        return None
    layout = read_form(words, config)
    return with_reply_to(layout, mail, config) if layout else None


def with_reply_to(form: Form, mail: Received, config: Config) -> Form:
    """Return a form with the person who sent it: its e-mail, else Reply-To or a personal sender."""
    values = {**form.values}
    if not is_personal(values.get("email", ""), config):
        values.pop("email", None)
    others = list(form.others)
    if form.values.get("email") and "email" not in values:
        others.append(("email", form.values["email"]))
    for person in (mail.reply_to, mail.sender):
        if "email" not in values and person is not None and is_personal(person.email, config):
            values["email"] = person.email
            values.setdefault("name", person.name or person.email)
    return Form({name: value for name, value in values.items() if value}, others)


def is_personal(email: str, config: Config) -> bool:
    """Tell whether an address is one of a person who is not ours: no site, no portal, nobody's."""
    return bool(email) and not is_site(email, config)


def personal_reply_to(mail: Received, config: Config) -> Mailbox | None:
    """Return the Reply-To of a person's mail if it is another address of a person; else None."""
    other = mail.reply_to
    return (
        other
        if other is not None and not is_nobody(other.email) and is_personal(other.email, config)
        else None
    )

"""`crm email …`: list templates, preview and queue e-mails."""

from collections.abc import Iterator
from functools import partial
from typing import Annotated

import typer

from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages, printing
from crmcli.cli.output.table_columns import columns_of
from crmcli.cli.selection import (
    KeepGoing,
    Refs,
    Yes,
    change_each,
)
from crmcli.domain.documents.record_documents import MessageDocument
from crmcli.domain.documents.workspace_documents import TemplateDocument
from crmcli.domain.explain.changed_parts import PartKind
from crmcli.domain.model.changes import Moment
from crmcli.domain.records import documents
from crmcli.domain.values.visible_text import visible
from crmcli.mail.outgoing import template as templates
from crmcli.mail.outgoing.compose import MailOptions, compose_email
from crmcli.mail.outgoing.written_mail import join_addresses
from crmcli.operations import opportunities
from crmcli.store.unreadable import UnreadableError

Template = Annotated[
    str, typer.Option("--template", "-t", metavar="NAME", help="see crm email list"), offers.TEMPLATE
]
To = Annotated[
    list[str], typer.Option("--to", metavar="ADDRESS", help="instead of the usual recipient; may be repeated")
]
Cc = Annotated[list[str], typer.Option("--cc", metavar="ADDRESS", help="who gets a copy; may be repeated")]
Attach = Annotated[
    list[str],
    typer.Option(
        "--attach", metavar="FILE", help="a file kept with the record (id, name), or a path; may be repeated"
    ),
]
PREVIEW = "preview0"  # the id of a mail that is only previewed


def list_templates(ctx: typer.Context) -> int:
    """List the e-mail templates of this workspace.

    \b
    Examples:
      crm email list
      crm email list -o ids
      crm email list -o json
    """
    call: CommandContext = ctx.obj
    return printing.print_rows(call, list(list_readable(call)), columns_of(TemplateDocument))


def list_readable(call: CommandContext) -> Iterator[TemplateDocument]:
    """Yield the templates that can be read; the others are named on stderr."""
    root = call.request.workspace.root
    for name in templates.list_templates(root):
        own = [each for each in templates.list_template_files(root) if each.name == name]
        try:
            source = templates.read_source(root, templates.find_template(root, name).path)
        except UnreadableError as error:
            messages.print_warning(f"{error}; skipped")
        else:
            languages = [each.language for each in own if each.language]
            subject = templates.subject_template(source)
            is_html = any(each.is_markdown for each in own)
            yield TemplateDocument(id=name, subject=subject, languages=languages, html=is_html)


def preview(
    ctx: typer.Context,
    reference: Annotated[str, typer.Argument(metavar="REF"), offers.RECORD],
    template: Template,
    to: To = [],  # noqa: B006
    cc: Cc = [],  # noqa: B006
) -> int:
    """Show an e-mail as it would be sent; nothing is stored.

    \b
    Examples:
      crm email preview xgcej9p8 --template relance-devis
      crm email preview xgcej9p8 -t envoi-devis
      crm email preview xgcej9p8 -t relance -o json
    """
    call: CommandContext = ctx.obj
    reading = call.request.reading()
    facts = reading.facts(reading.opportunity(call.record(reading, reference)))
    moment = Moment(at=call.request.at, by=call.request.given_user)
    options = MailOptions(join_addresses(to), join_addresses(cc))
    root = call.request.workspace.root
    composed = compose_email(facts, root, template, PREVIEW, moment, options=options)
    document = {"schema": "crm.message/1", **documents.describe_message(composed.message)}
    shown = (
        f"From: {document['from']}\nTo: {document['to']}\nSubject: {document['subject']}\n\n{composed.body}"
    )
    return printing.print_page(
        call, document, lambda: visible(shown), columns_of(MessageDocument, call.request.config)
    )


def queue(
    ctx: typer.Context,
    references: Refs,
    template: Template,
    to: To = [],  # noqa: B006
    cc: Cc = [],  # noqa: B006
    attach: Attach = [],  # noqa: B006
    yes: Yes = False,
    keep_going: KeepGoing = False,
) -> int:
    """Put an e-mail into the outbox for each record, and add it to its messages.

    The template is that for the language of the contact, where it has one. A path given with --attach is
    copied and kept with the record, as by crm attach.

    \b
    Examples:
      crm email queue xgcej9p8 --template relance-devis
      crm email queue xgcej9p8 -t relance --dry-run
      crm email queue stage:quoted -t relance-devis --yes --keep-going
    """
    operation = partial(
        opportunities.queue_email,
        template=template,
        to=join_addresses(to),
        cc=join_addresses(cc),
        attach=attach,
    )
    return change_each(
        ctx.obj, references, operation, yes=yes, keep_going=keep_going, makes=PartKind.MESSAGES
    )

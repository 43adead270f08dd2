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
from crmcli.domain.model.changes import Moment
from crmcli.domain.records import documents
from crmcli.domain.values.visible_text import visible
from crmcli.mail.outgoing import template as templates
from crmcli.mail.outgoing.compose import compose_email
from crmcli.operations import opportunities
from crmcli.store.unreadable import UnreadableError

Template = Annotated[
    str, typer.Option("--template", "-t", metavar="NAME", help="see crm email list"), offers.TEMPLATE
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
        try:
            source = templates.read_template(root, name)
        except UnreadableError as error:
            messages.print_warning(f"{error}; skipped")
        else:
            yield TemplateDocument(id=name, subject=templates.subject_template(source))


def preview(
    ctx: typer.Context,
    reference: Annotated[str, typer.Argument(metavar="REF"), offers.RECORD],
    template: Template,
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
    composed = compose_email(facts, call.request.workspace.root, template, PREVIEW, moment)
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
    yes: Yes = False,
    keep_going: KeepGoing = False,
) -> int:
    """Put an e-mail into the outbox for each record, and add it to its messages.

    \b
    Examples:
      crm email queue xgcej9p8 --template relance-devis
      crm email queue xgcej9p8 -t relance --dry-run
      crm email queue stage:quoted -t relance-devis --yes --keep-going
    """
    operation = partial(opportunities.queue_email, template=template)
    return change_each(ctx.obj, references, operation, yes=yes, keep_going=keep_going)

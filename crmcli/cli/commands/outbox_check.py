"""`crm outbox check`: test the way out of the outbox without a mail."""

from collections.abc import Iterator

import typer

from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.review_documents import WayOutDocument
from crmcli.domain.localization.translations import deferred, translate
from crmcli.domain.values.errors import Exit
from crmcli.domain.values.visible_text import visible
from crmcli.mail.outgoing.transport import WayOut
from crmcli.operations.messages.check_outbox import check_outbox


def check_way_out(ctx: typer.Context) -> int:
    """Test the mail server as crm.yaml names it: connect, encrypt, log in, and send nothing.

    The server is also asked whether it takes mails from mail.from. A program like sendmail is looked for,
    not run. Exit 75 if the server is not reached or refuses, 5 if the settings are wrong or not trusted.

    \b
    Examples:
      crm outbox check || crm config check
      crm outbox check -o json || crm outbox list
      crm outbox check --quiet || crm trust --list
    """
    call: CommandContext = ctx.obj
    found = check_outbox(call.request)
    if call.output.is_for_people:
        if not call.output.quiet:
            printing.print_text(visible(" ".join(describe_way_out(found))))
        return Exit.OK
    document = WayOutDocument(**{**found._asdict(), "offers": list(found.offers)})
    return printing.print_rows(call, [document], columns_of(WayOutDocument, call.request.config))


def describe_way_out(found: WayOut) -> Iterator[str]:
    """Yield the parts of a line about a way out that works."""
    is_program = not found.offers and not found.encryption and found.server.startswith("/")
    words = deferred("found: {server}") if is_program else deferred("works: {server}")
    yield translate(words, server=found.server)
    if not is_program:
        yield f"({found.encryption or translate('not encrypted')})"
        yield translate("login {user},", user=found.login) if found.login else translate("without login,")
        yield translate("takes mails from {sender}", sender=found.sender)
    if found.largest:
        yield translate("up to {size} MB", size=found.largest // 1024 // 1024)
    if found.offers:
        yield f"[{' '.join(found.offers)}]"

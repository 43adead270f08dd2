"""A test of the way out: connect to the mail server, encrypt, log in, name the sender, and send nothing."""

from crmcli.checks.mail_checks import check_mail
from crmcli.domain.model.config import Transport
from crmcli.domain.values.errors import RefusedError
from crmcli.mail.outgoing.choose_transport import open_courier
from crmcli.mail.outgoing.compose import sender_of
from crmcli.mail.outgoing.transport import WayOut
from crmcli.operations.messages.send_outbox import refuse_untrusted
from crmcli.operations.request import Request
from crmcli.operations.steps.choose_sender import refuse_other_machine


def check_outbox(request: Request) -> WayOut:
    """Test the way out that is configured, and return what it offers.

    Raises RefusedError where the settings are wrong, not trusted, or for another machine, UnreachableError
    where the mail server or the program is not reached, or refuses the login or the sender.
    """
    mail = request.config.mail
    if mail.transport is Transport.NONE:
        raise RefusedError("mail.transport is none: nothing is sent", where="crm.yaml", hint="docs/mail.md")
    for problem in check_mail(request.config):
        where = f"crm.yaml, {'.'.join(map(str, problem.path))}"
        raise RefusedError(problem.what, where=where, hint=problem.hint)
    refuse_other_machine(request.workspace.root, mail.sender)
    refuse_untrusted(request)
    courier = open_courier(request.workspace.root, mail)
    try:
        return courier.describe(sender_of(request.config).email)
    finally:
        courier.close()

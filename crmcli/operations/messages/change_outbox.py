"""What people do to mails that were not sent: try again, drop, hold back."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from crmcli.domain.model.mail_folder import MailFolder
from crmcli.domain.model.mail_state import MailState
from crmcli.domain.values.errors import NotFoundError, RefusedError
from crmcli.mail.outgoing import outbox_reader
from crmcli.mail.outgoing.outbox_reader import Waiting
from crmcli.operations.messages.undeliverable import refuse_undeliverable
from crmcli.operations.request import Request, accept
from crmcli.operations.steps.move_outgoing import forget_attempts, mark_holder, move_outgoing, path_in
from crmcli.store.transactions.lock import is_file_locked
from crmcli.store.writer import Writing

Check = Callable[[list[Waiting]], object]


class Step(NamedTuple):
    """A way of a mail: from which folders to which one, the mark it gets there, and its state."""

    from_: tuple[MailFolder, ...]
    to: MailFolder
    mark: str  # of the message, with the time; none for an empty text
    state: MailState


RETRY = Step(
    (MailFolder.OUTBOX, MailFolder.HELD, MailFolder.FAILED, MailFolder.WITHDRAWN, MailFolder.SENDING),
    MailFolder.OUTBOX, "", MailState.QUEUED,
)  # fmt: skip
DROP = Step(
    (MailFolder.OUTBOX, MailFolder.HELD, MailFolder.FAILED, MailFolder.SENDING),
    MailFolder.WITHDRAWN, "withdrawn", MailState.WITHDRAWN,
)  # fmt: skip
SETTLE = Step((MailFolder.SENDING,), MailFolder.SENT, "sent", MailState.SENT)
HOLD = Step((MailFolder.OUTBOX, MailFolder.FAILED), MailFolder.HELD, "held", MailState.HELD)


def retry_mails(
    request: Request, ids: Sequence[str], *, repeats: bool = False, check: Check = accept
) -> list[Waiting]:
    """Queue mails again that failed, were held back or withdrawn, or wait for a later attempt.

    With `repeats`, one whose outcome is uncertain too: its recipient may get it twice. Raises RefusedError
    for such a mail without it, for a mail that was sent or is being sent, and for one to an address that mail
    came back from.
    """
    return take_step(request, ids, RETRY, takes_uncertain=repeats, check=check)


def drop_mails(
    request: Request, ids: Sequence[str], *, was_sent: bool = False, check: Check = accept
) -> list[Waiting]:
    """Withdraw mails that were not sent; with `was_sent`, record uncertain ones as sent.

    Raises RefusedError for a mail that was sent or is being sent.
    """
    return take_step(request, ids, SETTLE if was_sent else DROP, takes_uncertain=True, check=check)


def hold_mails(request: Request, ids: Sequence[str], *, check: Check = accept) -> list[Waiting]:
    """Keep queued mails back until they are queued again.

    Raises RefusedError for a mail that is not waiting.
    """
    return take_step(request, ids, HOLD, takes_uncertain=False, check=check)


def take_step(
    request: Request, ids: Sequence[str], step: Step, *, takes_uncertain: bool, check: Check
) -> list[Waiting]:
    """Move mails and mark them on their records, in one transaction; all or none."""
    with request.changing() as session:
        moved = [move_one(session, id, step, takes_uncertain=takes_uncertain) for id in dict.fromkeys(ids)]
        check(moved)
    return moved


def move_one(session: Writing, id: str, step: Step, *, takes_uncertain: bool) -> Waiting:
    """Move one mail and mark it on its record."""
    folder = session.mail_folder(f"{id}.eml") if "/" not in id else None
    content = outbox_reader.read_mail(session.root, path_in(folder, id)) if folder else None
    if folder is None or content is None:
        raise NotFoundError(f"no mail {id!r} in the outbox", hint="crm outbox list")
    if folder not in step.from_:
        raise RefusedError(f"mail {id} is {folder}, it cannot be {step.state}", hint="crm outbox list")
    if folder is MailFolder.SENDING:
        refuse_uncertain(session, id, takes_uncertain=takes_uncertain)
    mail = outbox_reader.describe_mail(id, content)
    if step is RETRY:
        refuse_undeliverable(session, mail.to, mail.cc)
    if folder is not step.to:
        move_outgoing(session, id, folder, step.to, content)
    forget_attempts(session, id)
    marks: dict[str, Any] = {step.mark: session.moment.at} if step.mark else {}
    mark_holder(session, id, mail.record, marks)
    return mail._replace(state=step.state)


def refuse_uncertain(session: Writing, id: str, *, takes_uncertain: bool) -> None:
    """Check that a mail in `sending/` is not being sent now, and that the user knows what may happen.

    Raises RefusedError.
    """
    if is_file_locked(session.root, path_in(MailFolder.SENDING, id)):
        raise RefusedError(f"mail {id} is being sent now", hint="try again in a moment")
    if not takes_uncertain:
        what = f"mail {id} may have been sent already: its recipient would get it twice"
        raise RefusedError(what, hint=f"--yes sends it again, crm outbox drop {id} --sent if it arrived")

"""Operations on the inbox: messages in quarantine are listed, accepted, dropped, linked and tried again."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from crmcli.domain.values.errors import RefusedError
from crmcli.mail.incoming.inbox_reader import Kept, find_kept, list_kept
from crmcli.operations.messages.ingest import file_or_keep
from crmcli.operations.messages.parse_ahead import Incoming
from crmcli.operations.request import Request, accept
from crmcli.operations.steps.append_message import append_automatic, append_reply
from crmcli.operations.steps.file_message import Filed, Outcome, accept_message
from crmcli.store.quarantine import dropped_path, mail_path, reason_path
from crmcli.store.writer import Writing

STAYS = (Outcome.ASIDE, Outcome.QUARANTINED, Outcome.TRY_AGAIN)


class Handled(NamedTuple):
    """A message of the inbox, and what became of it."""

    kept: Kept
    filed: Filed


Check = Callable[[Sequence[Handled]], object]
Decide = Callable[[Writing, Kept], Filed]


def list_inbox(request: Request) -> list[Kept]:
    """Return the messages in quarantine, the oldest first."""
    return list_kept(request.reading().root)


def read_inbox(request: Request, id: str) -> Kept:
    """Return a message in quarantine.

    Raises NotFoundError where none has this id.
    """
    return find_kept(request.reading().root, id)


def accept_messages(request: Request, ids: Sequence[str], *, check: Check = accept) -> list[Handled]:
    """File messages as those of a person: on their record, or as new leads.

    A message that a program sent fires no rule, so it is never answered. Raises RefusedError for what is not
    a message.
    """

    def decide(session: Writing, kept: Kept) -> Filed:
        if kept.mail is None:
            raise RefusedError(f"{kept.id} is not a message", hint=f"crm inbox show {kept.id} --raw")
        filed = accept_message(session, kept.mail, kept.content, request.answer_reader)
        if filed.outcome in STAYS:
            raise RefusedError(f"{kept.id}: {filed.reason}", hint=f"crm inbox link {kept.id} --to REF")
        return filed

    return handle_messages(request, ids, decide, check)


def link_messages(
    request: Request, ids: Sequence[str], reference: str, *, check: Check = accept
) -> list[Handled]:
    """Add messages to a record, given by its id or path.

    Raises NotFoundError where there is no such record, RefusedError for what is not a message.
    """

    def decide(session: Writing, kept: Kept) -> Filed:
        if kept.mail is None:
            raise RefusedError(f"{kept.id} is not a message", hint=f"crm inbox show {kept.id} --raw")
        path = session.opportunity_references.exact(reference)
        if kept.mail.automatic or kept.mail.report:
            return append_automatic(session, path, kept.mail, kept.content)
        return append_reply(session, path, kept.mail, kept.content, request.answer_reader)

    return handle_messages(request, ids, decide, check)


def drop_messages(request: Request, ids: Sequence[str], *, check: Check = accept) -> list[Handled]:
    """Delete messages, and note that, so that a mailbox filed again brings none of them; `crm undo` does."""

    def decide(session: Writing, kept: Kept) -> Filed:
        note = f"dropped by {session.moment.by} at {session.moment.at:%Y-%m-%dT%H:%M:%SZ}\n"
        path = dropped_path(kept.name)
        session.put(path, note.encode(), before=session.content(path))
        return Filed(Outcome.DROPPED)

    return handle_messages(request, ids, decide, check)


def retry_messages(request: Request, ids: Sequence[str] = (), *, check: Check = accept) -> list[Handled]:
    """File messages anew as if they had just come, all without ids; those that must stay stay."""

    def decide(session: Writing, kept: Kept) -> Filed:
        path = mail_path(kept.name)
        session.remove(path)  # else it is known already
        filed = file_or_keep(session, Incoming(kept.content, kept.mail, kept.reason), request)
        if filed.outcome is Outcome.TRY_AGAIN:
            session.put(path, kept.content, before=kept.content)
        return filed

    named = ids or [each.id for each in list_inbox(request)]
    return handle_messages(request, named, decide, check)


def handle_messages(request: Request, ids: Sequence[str], decide: Decide, check: Check) -> list[Handled]:
    """Decide on each message in one transaction, and remove those that are handled from the quarantine."""
    with request.changing() as session:
        handled = [handle_message(session, find_kept(session.root, id), decide) for id in dict.fromkeys(ids)]
        check(handled)
    return handled


def handle_message(session: Writing, kept: Kept, decide: Decide) -> Handled:
    """Decide on a message, and remove it from the quarantine unless it stays there."""
    filed = decide(session, kept)
    if filed.outcome not in STAYS:
        for path in (mail_path(kept.name), reason_path(kept.name)):
            if session.content(path) is not None:
                session.remove(path)
    return Handled(kept, filed)

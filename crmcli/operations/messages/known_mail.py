"""Messages of Maildirs that were filed before, recognized without reading their files."""

from collections.abc import Sequence
from pathlib import Path

from crmcli.domain.localization.translations import sentence
from crmcli.domain.values.ids import derive_id
from crmcli.mail.incoming.mailboxes import is_letter
from crmcli.mail.incoming.message_identity import compute_identity
from crmcli.operations.messages.parse_ahead import Incoming
from crmcli.operations.request import Request
from crmcli.operations.steps.filed import Filed, Outcome
from crmcli.store.local_state.filed_mail import FiledMail
from crmcli.store.quarantine import dropped_path, mail_path
from crmcli.store.reader import Reading


def sort_out_known(request: Request, files: Sequence[Path]) -> tuple[list[tuple[Filed, str]], list[Path]]:
    """Return the outcomes of the files whose messages the workspace has, and the files to read."""
    memory = FiledMail(request.workspace.derived)
    if not memory.identities:
        return [], list(files)
    recalled = {path: memory.recall(path) for path in files if is_letter(path)}
    known = find_known(request.reading(), [identity for identity in recalled.values() if identity])
    told = [(known[recalled[path]], str(path)) for path in recalled if recalled[path] in known]
    return told, [path for path in files if recalled.get(path) not in known]


def find_known(reading: Reading, identities: Sequence[str]) -> dict[str, Filed]:
    """Return the outcome for each of these messages that a record holds, or that is or was in quarantine."""
    ids = {derive_id("message", identity): identity for identity in identities}
    held = reading.index.holders(list(ids))
    said = sentence("already filed")
    known = {ids[id]: Filed(Outcome.KNOWN, reason=said, holder=held[id]) for id in held}
    for identity in identities:
        if identity not in known:
            places = (mail_path(identity), dropped_path(identity))
            if any((reading.root / place).is_file() for place in places):
                known[identity] = Filed(
                    Outcome.KNOWN, reason=sentence("already in quarantine, or dropped from it")
                )
    return known


def remember_filed(memory: FiledMail, filed: Sequence[tuple[Filed, Incoming]]) -> None:
    """Remember the files of Maildirs whose messages were filed."""
    for done, message in filed:
        if message.letter is not None and done.outcome is not Outcome.TRY_AGAIN:
            identity = message.mail.identity if message.mail else compute_identity(message.content)
            memory.remember(message.letter, identity)
    memory.save()

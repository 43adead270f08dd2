"""The way out of the outbox, chosen in `crm.yaml`: a mail server, or a program like sendmail."""

import ipaddress
import os
from collections.abc import Callable
from pathlib import Path

from crmcli.domain.model.config import Mail, Security, Transport
from crmcli.domain.values.errors import CrmError, RefusedError
from crmcli.mail.headers import one_line
from crmcli.mail.outgoing.sendmail_transport import SendmailCourier
from crmcli.mail.outgoing.transport import SLOWEST, Courier
from crmcli.store.local_state import programs
from crmcli.store.local_state.coverage import split_words

SECRET_TIMEOUT = 60  # seconds; the command may ask for a passphrase
LONGEST_SECRET = 10_000  # bytes


def open_courier(root: Path, mail: Mail) -> Courier:
    """Return the way out that is configured.

    Raises RefusedError where the settings are not complete, CrmError without a password or token.
    """
    if mail.transport is Transport.SENDMAIL:
        return SendmailCourier(root, split_program(mail), mail.timeout)
    if mail.transport is Transport.NONE:
        raise RefusedError("mail.transport is none: nothing is sent", where="crm.yaml", hint="docs/mail.md")
    if not mail.host:
        raise RefusedError("mail.host is missing", where="crm.yaml", hint="host: smtp.example.org")
    refuse_open_login(mail)
    from crmcli.mail.outgoing.smtp_transport import SmtpCourier  # loads the TLS library

    return SmtpCourier(mail, prepare_secret(root, mail))


def prepare_secret(root: Path, mail: Mail) -> Callable[[], str]:
    """Return the function that finds the password or token for each connection; both are found now already.

    A token is short-lived, so it is asked for again; a password is not, since its command may ask a person.
    Raises RefusedError or CrmError where there is none.
    """
    if not mail.user:
        return lambda: ""
    if not mail.token_command:
        password = find_password(root, mail)
        return lambda: password
    first = [find_token(root, mail)]
    return lambda: first.pop() if first else find_token(root, mail)


def split_program(mail: Mail) -> list[str]:
    """Return the words of the program that sends mail.

    Raises RefusedError where it is missing.
    """
    words = split_words(mail.program or "")
    if not words:
        hint = "program: /usr/sbin/sendmail"
        raise RefusedError("mail.program is missing, or not a command", where="crm.yaml", hint=hint)
    return words


def find_password(root: Path, mail: Mail) -> str:
    """Return the password for the mail server: printed by a command, else from the environment.

    Raises CrmError where there is none.
    """
    if not mail.password_command:
        found = os.environ.get(mail.password_variable)
        if not found:
            hint = "or set mail.password_command in crm.yaml"
            raise RefusedError(f"no password: ${mail.password_variable} is not set", hint=hint)
        return found
    return run_secret_command(root, mail, "password_command")


def find_token(root: Path, mail: Mail) -> str:
    """Return an access token for the mail server, printed by a command.

    Raises CrmError where it prints none.
    """
    from crmcli.mail.outgoing.smtp_login import check_token  # loads the TLS library

    printed = run_secret_command(root, mail, "token_command")
    try:
        return check_token(printed)
    except RefusedError as error:
        raise CrmError(f"mail.token_command failed: {error.what}", where="crm.yaml") from None


def run_secret_command(root: Path, mail: Mail, key: str) -> str:
    """Return the first line that a command prints; it is shown nowhere.

    Raises CrmError where the command fails, or prints nothing or too much.
    """
    words = split_words(getattr(mail, key) or "")
    if not words:
        raise RefusedError(f"mail.{key} is not a command", where="crm.yaml")
    seconds = min(SECRET_TIMEOUT, mail.timeout * SLOWEST)
    ended, printed = programs.run_for_output(words, root=root, timeout=seconds, most=LONGEST_SECRET + 1)
    secret = printed.partition(b"\n")[0].rstrip(b"\r").decode("utf-8", "replace")
    if not ended.is_success:
        why = one_line(ended.said.partition("\n")[0]) or ended.in_words
    elif not secret or len(secret) > LONGEST_SECRET:
        why = f"it printed more than {LONGEST_SECRET} bytes on one line" if secret else "it printed nothing"
    elif "\0" in secret:
        why = "it printed a NUL"
    else:
        return secret
    raise CrmError(f"mail.{key} failed: {why}", where="crm.yaml")


def refuse_open_login(mail: Mail) -> None:
    """Check that a password does not travel unencrypted, except to this machine.

    Raises RefusedError.
    """
    if mail.user and mail.security is Security.NONE and not is_loopback(mail.host or ""):
        hint = "security: starttls or tls"
        raise RefusedError("mail.security is none: the password would be sent in clear", hint=hint)


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("smtp.example.org")
    (True, True, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

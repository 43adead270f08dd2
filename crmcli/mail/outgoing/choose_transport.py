"""The way out of the outbox, chosen in `crm.yaml`: a mail server, or a program like sendmail."""

import ipaddress
import os
from pathlib import Path

from crmcli.domain.model.config import Mail, Security, Transport
from crmcli.domain.values.errors import CrmError, RefusedError
from crmcli.mail.outgoing.sendmail_transport import SendmailCourier
from crmcli.mail.outgoing.transport import Courier
from crmcli.store.local_state import programs
from crmcli.store.local_state.coverage import split_words

PASSWORD_TIMEOUT = 60  # seconds; the command may ask for a passphrase
LONGEST_PASSWORD = 10_000  # bytes


def open_courier(root: Path, mail: Mail) -> Courier:
    """Return the way out that is configured.

    Raises RefusedError where the settings are not complete, CrmError where the password is not found.
    """
    if mail.transport is Transport.SENDMAIL:
        return SendmailCourier(root, split_program(mail), mail.timeout)
    if mail.transport is Transport.NONE:
        raise RefusedError("mail.transport is none: nothing is sent", where="crm.yaml", hint="docs/mail.md")
    if not mail.host:
        raise RefusedError("mail.host is missing", where="crm.yaml", hint="host: smtp.example.org")
    refuse_open_login(mail)
    from crmcli.mail.outgoing.smtp_transport import SmtpCourier  # loads the TLS library

    return SmtpCourier(mail, find_password(root, mail) if mail.user else "")


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
    words = split_words(mail.password_command)
    if not words:
        raise RefusedError("mail.password_command is not a command", where="crm.yaml")
    ended, printed = programs.run_for_output(
        words, root=root, timeout=PASSWORD_TIMEOUT, most=LONGEST_PASSWORD
    )
    lines = printed.decode("utf-8", "replace").splitlines()
    if not ended.is_success or not lines or not lines[0]:
        why = ended.said.partition("\n")[0] or ("printed nothing" if ended.is_success else ended.in_words)
        raise CrmError(f"mail.password_command failed: {why}", where="crm.yaml")
    return lines[0]


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

"""Checks of the mail settings in `crm.yaml`: what sending needs, and what would leak a password."""

import re
from collections.abc import Iterator

from crmcli.domain.model.config import Config, Mail, Transport
from crmcli.domain.model.problems import Problem
from crmcli.domain.values.errors import CrmError
from crmcli.mail.outgoing.choose_transport import refuse_open_login
from crmcli.mail.outgoing.compose import sender_of
from crmcli.store.local_state.coverage import split_words

HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
EXAMPLES = {"password_command": "pass show smtp", "token_command": "pizauth show smtp"}
MOST_PORTS, MOST_SECONDS = 65_535, 3600


def check_mail(config: Config) -> Iterator[Problem]:
    """Yield the problems of the mail settings; without a transport, nothing is needed."""
    mail = config.mail
    if mail.transport is Transport.NONE:
        return
    try:
        sender_of(config)
    except CrmError as error:
        yield Problem(("mail", "from"), error.what, "from: Name <address>")
    if not 1 <= mail.timeout <= MOST_SECONDS:
        yield Problem(("mail", "timeout"), f"{mail.timeout} is not a number of seconds", "timeout: 30")
    if mail.most_per_run is not None and mail.most_per_run < 1:
        yield Problem(("mail", "most_per_run"), f"{mail.most_per_run} is not a number of mails")
    if mail.transport is Transport.SENDMAIL and not split_words(mail.program or ""):
        yield Problem(("mail", "program"), "is missing, or not a command", "program: /usr/sbin/sendmail")
    if mail.transport is Transport.SMTP:
        yield from check_server(mail)


def check_server(mail: Mail) -> Iterator[Problem]:
    """Yield the problems of the settings of a mail server."""
    if not HOST.fullmatch(mail.host or ""):
        yield Problem(("mail", "host"), "is not the name of a mail server", "host: smtp.example.org")
    if mail.port is not None and not 1 <= mail.port <= MOST_PORTS:
        yield Problem(("mail", "port"), f"{mail.port} is not a port", "leave it out for the usual one")
    yield from check_login(mail)
    if not VARIABLE.fullmatch(mail.password_variable):
        yield Problem(("mail", "password_variable"), "is not the name of a variable")
    yield from check_encryption(mail)


def check_login(mail: Mail) -> Iterator[Problem]:
    """Yield the problems of the commands that print a password or a token."""
    for key, example in EXAMPLES.items():
        line = getattr(mail, key)
        if line is not None and not split_words(line):
            yield Problem(("mail", key), "is not a command", f"{key}: {example}")
    if mail.token_command and mail.password_command:
        yield Problem(("mail", "token_command"), "password_command is given too", "leave out one of them")
    if mail.token_command and not mail.user:
        yield Problem(
            ("mail", "token_command"), "needs user, whose token it prints", "user: name@example.org"
        )
    if not (mail.user or "").isprintable():
        yield Problem(("mail", "user"), "holds control characters")


def check_encryption(mail: Mail) -> Iterator[Problem]:
    """Yield a problem where a password or token would be sent in clear."""
    try:
        refuse_open_login(mail)
    except CrmError as error:
        yield Problem(("mail", "security"), error.what, error.hint)

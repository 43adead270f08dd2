"""Sending through a mail server (RFC 5321), encrypted and with a login where the settings say so.

Each step is known to come before or after the moment at which the mail server may have taken the mail: the
dot that ends its data. What breaks before is tried again; what breaks after is uncertain, never repeated.
"""

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from crmcli.domain.localization.translations import sentence
from crmcli.domain.model.config import Mail, Security
from crmcli.domain.values.errors import CrmError
from crmcli.mail.headers import one_line
from crmcli.mail.outgoing.envelope import Envelope
from crmcli.mail.outgoing.smtp_dialogue import SmtpDialogue, TimeLimit
from crmcli.mail.outgoing.smtp_login import TokenRefusedError, log_in, log_in_with_token
from crmcli.mail.outgoing.transport import SLOWEST, Handover, Result, UnreachableError, WayOut

BROKEN = (OSError, smtplib.SMTPException, ValueError, OverflowError)  # the last two: settings
TOO_LARGE = (552, 523)
CONGESTED = b"5.4.5"  # of RFC 3463: too much mail, for example more than a provider takes in a day
TAKEN, DEFERRED, OF_SERVER = range(200, 300), range(400, 500), range(500, 600)

FindSecret = Callable[[], str]


class SmtpCourier:
    """Hands mails to a mail server over one connection, opened with the first and again where it broke.

    `find_secret` returns the password or the access token; it is called for each connection.
    """

    def __init__(self, mail: Mail, find_secret: FindSecret) -> None:
        self.mail = mail
        self.find_secret = find_secret
        self.is_handed_over = False
        self.limit = TimeLimit(mail.timeout)
        self.connection: SmtpDialogue | None = None
        self.breaks = 0  # connections that broke in a row

    def open(self) -> None:
        """Begin the time for one mail, and connect, unless a connection is open.

        Raises UnreachableError.
        """
        self.limit.start_mail()
        if self.connection is None:
            self.connect()

    def deliver(self, envelope: Envelope) -> Result:
        """Hand a mail over; all of its recipients get it, or none.

        Raises UnreachableError.
        """
        self.is_handed_over = False
        connection = self.connection or self.connect()
        if envelope.needs_eight_bits and not connection.has_extn("8bitmime"):
            what = "the mail server takes ASCII only (it does not offer 8BITMIME), and this mail holds more"
            return Result(Handover.FAILED, f"{what}: write its body as quoted-printable or base64")
        try:
            refusal = self.announce(connection, envelope)
            if refusal is None:
                connection.send(quote_dots(envelope.content))
        except BROKEN as error:
            return self.explain_break(error)
        return refusal or self.end_data(connection)

    def describe(self, sender: str) -> WayOut:
        """Connect, log in, and name the sender of a mail that does not follow; return what the server offers.

        Raises UnreachableError.
        """
        self.open()
        connection = self.connection or self.connect()
        try:
            code, said = connection.mail(sender)
            connection.rset()
        except BROKEN as error:
            raise UnreachableError(self.describe_error(error)) from error
        if code not in TAKEN:
            raise UnreachableError(f"it takes nothing from {sender}: {describe_answer(code, said)}")
        size = connection.esmtp_features.get("size", "")[:18]
        return WayOut(
            server=f"{self.mail.host}:{self.mail.server_port}",
            encryption=connection.encryption,
            login=self.mail.user or "",
            sender=sender,
            largest=(int(size) or None) if size.isascii() and size.isdecimal() else None,
            offers=tuple(one_line(each.upper()) for each in sorted(connection.esmtp_features)),
        )

    def connect(self) -> SmtpDialogue:
        """Open the connection, encrypt it, and log in.

        Raises UnreachableError with the reason; a certificate that does not fit is one.
        """
        try:
            connection = self.greet()
            if self.mail.user:
                with closing_on_error(connection):
                    log_in_as = log_in_with_token if self.mail.token_command else log_in
                    log_in_as(connection, self.mail.user, self.find_secret())
        except CrmError as error:
            raise UnreachableError(str(error)) from error
        except BROKEN as error:
            raise UnreachableError(self.describe_error(error), hint=hint_for(error)) from error
        self.connection = connection
        return connection

    def greet(self) -> SmtpDialogue:
        """Open the connection and encrypt it as configured; never less."""
        mail = self.mail
        connection = SmtpDialogue(mail.host or "", mail.server_port, self.limit)
        trusted = ssl.create_default_context()
        with closing_on_error(connection):
            connection.open(trusted if mail.security is Security.TLS else None)
            connection.ehlo_or_helo_if_needed()
            if mail.security is Security.STARTTLS:
                connection.start_encryption(trusted)
                connection.ehlo_or_helo_if_needed()
        return connection

    def announce(self, connection: SmtpDialogue, envelope: Envelope) -> Result | None:
        """Say who sends a mail and who gets it, and ask to send its data; return a refusal, if any.

        Raises UnreachableError where the server takes nothing from this sender.
        """
        options = [f"SIZE={len(envelope.content)}"] if connection.has_extn("size") else []
        options += ["BODY=8BITMIME"] if envelope.needs_eight_bits else []
        code, said = connection.mail(envelope.sender, options)
        if code in OF_SERVER and code not in TOO_LARGE:
            self.drop()
            raise UnreachableError(f"it takes nothing from {envelope.sender}: {describe_answer(code, said)}")
        if code not in TAKEN:
            return self.refuse(connection, code, said)
        for recipient in envelope.recipients:
            code, said = connection.rcpt(recipient)
            if code not in TAKEN:
                return self.refuse(connection, code, said, f"{recipient}: ")
        code, said = connection.docmd("DATA")
        return None if code == 354 else self.refuse(connection, code, said)

    def refuse(self, connection: SmtpDialogue, code: int, said: bytes, about: str = "") -> Result:
        """Return the result of an answer that refuses a mail, and take the mail back.

        Raises UnreachableError where the server takes no more mails for the time being.
        """
        if code in OF_SERVER and said.lstrip().startswith(CONGESTED):
            self.drop()
            raise UnreachableError(f"it takes no more mails now: {describe_answer(code, said)}")
        try:
            if code == 421 or connection.rset()[0] != 250:
                self.drop()
        except BROKEN:
            self.drop()
        handover = Handover.FAILED if code in OF_SERVER else Handover.KEPT
        return Result(handover, f"{about}{describe_answer(code, said)}")

    def end_data(self, connection: SmtpDialogue) -> Result:
        """Send the dot that ends a mail, and read whether the server took it."""
        self.is_handed_over = True
        try:
            connection.send(b".\r\n")
            code, said = connection.getreply(is_last=True)
        except BROKEN as error:
            self.drop()
            said_nothing = sentence(
                "no answer after the whole mail: {fault}", fault=self.describe_error(error)
            )
            return Result(Handover.UNCERTAIN, said_nothing)
        self.breaks = 0
        if code in TAKEN:
            return Result(Handover.SENT)
        if code in DEFERRED or code in OF_SERVER:
            self.is_handed_over = False
            return self.refuse(connection, code, said)
        answer = describe_answer(code, said)
        return Result(Handover.UNCERTAIN, sentence("an answer that means nothing: {answer}", answer=answer))

    def explain_break(self, error: Exception) -> Result:
        """Return the result of a connection that broke before the mail was whole.

        Raises UnreachableError where that happened twice in a row: the others would fare no better.
        """
        self.drop()
        self.breaks += 1
        fault = self.describe_error(error)
        reason = sentence("the connection broke before the mail was whole: {fault}", fault=fault)
        if self.breaks > 1:
            raise UnreachableError(reason)
        return Result(Handover.KEPT, reason)

    def describe_error(self, error: Exception) -> str:
        """Return an error of the connection, with the server, on one line."""
        where = f"{self.mail.host}:{self.mail.server_port}"
        if isinstance(error, smtplib.SMTPResponseException):
            answer = describe_answer(error.smtp_code, error.smtp_error)
            return sentence("{server} answered {answer}", server=where, answer=answer)
        if isinstance(error, ssl.SSLCertVerificationError):
            return sentence("{server}: certificate: {fault}", server=where, fault=error.verify_message)
        if isinstance(error, TimeoutError) or "timed out" in str(error):
            if self.limit.is_over:
                seconds = self.mail.timeout * SLOWEST
                return sentence(
                    "{server} took longer than {seconds} s for one mail", server=where, seconds=seconds
                )
            seconds = self.mail.timeout
            return sentence("{server} did not answer within {seconds} s", server=where, seconds=seconds)
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return f"{where}: {one_line(reason)}"

    def drop(self) -> None:
        """Forget the connection, without a farewell."""
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def close(self) -> None:
        """Say goodbye; the answer does not matter."""
        if self.connection is not None:
            with suppress(*BROKEN):
                self.connection.docmd("QUIT")
            self.drop()


@contextmanager
def closing_on_error(connection: SmtpDialogue) -> Iterator[None]:
    """Close a connection if the block ends in an error."""
    try:
        yield
    except BaseException:  # Ctrl-C included: no open connection stays behind
        connection.close()
        raise


def quote_dots(content: bytes) -> bytes:
    """Return the data of a mail, ended by CR LF; a dot that begins a line is doubled (RFC 5321, 4.5.2)."""
    ended = content if content.endswith(b"\r\n") else content + b"\r\n"
    doubled = ended.replace(b"\r\n.", b"\r\n..")
    return b"." + doubled if doubled.startswith(b".") else doubled


def describe_answer(code: int, said: bytes | str) -> str:
    """Return an answer of the mail server on one line."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return one_line(f"{code} {text}")


def hint_for(error: Exception) -> str:
    """Return what to look at after an error of the connection."""
    if isinstance(error, TokenRefusedError):
        return "mail.token_command in crm.yaml has to print a valid token"
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "user and password in crm.yaml"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "mail.security in crm.yaml"
    return ""

"""What every way out of the outbox does: hand a mail over, and say what became of it."""

from enum import StrEnum
from typing import NamedTuple, Protocol

from crmcli.domain.values.errors import TryAgainError
from crmcli.mail.outgoing.envelope import Envelope

SLOWEST = 10  # times the time-out for one answer: the time for one mail altogether


class Handover(StrEnum):
    """The outcome of handing a mail over."""

    SENT = "sent"
    KEPT = "kept"  # not now: the mail server is busy, or is not reached
    FAILED = "failed"  # never: the mail server refuses it
    UNCERTAIN = "uncertain"  # the answer is missing


class Result(NamedTuple):
    """The outcome of handing one mail over, and the reason in the words of the mail server."""

    handover: Handover
    reason: str = ""


class WayOut(NamedTuple):
    """What a mail server or a program for mail offers."""

    server: str  # host and port, or the program
    encryption: str = ""  # the version of TLS
    login: str = ""  # the user
    sender: str = ""  # from whom it takes mail
    largest: int | None = None  # bytes of a mail
    offers: tuple[str, ...] = ()  # extensions of SMTP


class UnreachableError(TryAgainError):
    """Raised where the mail server cannot be reached, or refuses this client; no mail was handed over."""


class Courier(Protocol):
    """A way out: hands over one mail after the other."""

    is_handed_over: bool  # whether the mail server may have taken the last mail whole

    def open(self) -> None:
        """Connect, unless that is done, and begin the time for one mail.

        Raises UnreachableError.
        """

    def deliver(self, envelope: Envelope) -> Result:
        """Hand a mail over.

        Raises UnreachableError.
        """

    def describe(self, sender: str) -> WayOut:
        """Test the way out for mails of a sender, without a mail, and return what it offers.

        Raises UnreachableError.
        """

    def close(self) -> None:
        """End the connection, if there is one."""

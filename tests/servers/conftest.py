"""A mail server on this machine, and a workspace that sends through it."""

from collections.abc import Iterator

import pytest

from tests.harness.crm import Crm
from tests.harness.mail_server import MailServer, a_mail_server
from tests.harness.sending import configure


@pytest.fixture
def server() -> Iterator[MailServer]:
    with a_mail_server() as running:
        yield running


@pytest.fixture
def office(crm: Crm, server: MailServer) -> Crm:
    configure(crm, server.port, "security: none")
    return crm

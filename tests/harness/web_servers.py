"""A `crm serve` under way, as a process of its own, and what a visitor does with it."""

import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tests.harness.crm import Crm

TOKEN = re.compile(r'name="form-token" value="([^"]+)"')


class Served:
    """A server of forms."""

    def __init__(self, crm: Crm, process: "subprocess.Popen[str]", host: str, port: int) -> None:
        self.crm = crm
        self.process = process
        self.host = host
        self.port = port
        self.log: list[str] = []  # what it wrote on stderr, once it has ended

    def open_page(self, path: str = "/contact") -> str:
        """The page of a form."""
        connection = HTTPConnection(self.host, self.port, timeout=20)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            assert answer.status == 200
            return answer.read().decode()
        finally:
            connection.close()

    def memory(self) -> float:
        """The megabytes that it takes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@contextmanager
def serve_forms(crm: Crm, *words: str, **options: Any) -> Iterator[Served]:
    """A server of the forms of a workspace, at any free port, that ends with the block."""
    process = crm.start("serve", *words, "--port", "0", stderr=subprocess.PIPE, **options)
    assert process.stderr is not None
    line = process.stderr.readline()
    assert line.startswith("serving http://"), line
    host, _, port = line.split("//")[1].split("/")[0].rpartition(":")
    served = Served(crm, process, host, int(port))
    try:
        yield served
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)
        served.log = said.splitlines()


def token_of(page: str) -> Mapping[str, str]:
    """The hidden field of a page, as a field to send."""
    found = TOKEN.search(page)
    assert found, page
    return {"form-token": found[1]}

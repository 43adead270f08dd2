"""A Radicale under way on this machine, vdirsyncer between it and folders, and a phone that talks to it."""

import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import unquote

VDIRSYNCER = """\
[general]
status_path = "{home}/status/"

[pair crm]
a = "here"
b = "there"
collections = ["{collection}"]
conflict_resolution = "b wins"

[storage here]
type = "filesystem"
path = "{home}/vdirs"
fileext = "{suffix}"

[storage there]
type = "{kind}"
url = "http://127.0.0.1:{port}/marie/"
username = "marie"
password = "secret"
"""
HREF = re.compile(r"<(?:\w+:)?href>([^<]*)</(?:\w+:)?href>")


class Radicale:
    """A server of calendars and address books, with one collection, and a client that plays the phone."""

    def __init__(self, port: int, home: Path, collection: str, suffix: str) -> None:
        self.port = port
        self.home = home
        self.collection = collection
        self.suffix = suffix

    @property
    def folder(self) -> Path:
        """The folder that vdirsyncer keeps in step with the collection."""
        return self.home / "vdirs" / self.collection

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str]:
        """Send a request as the phone; return the status and the body."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            basic = {"Authorization": "Basic bWFyaWU6c2VjcmV0", **headers}
            connection.request(method, path, body.encode(), basic)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def hrefs(self) -> list[str]:
        """The paths of all items."""
        status, body = self.ask("PROPFIND", f"/marie/{self.collection}/", Depth="1")
        assert status == 207, body
        return [each for each in map(unquote, HREF.findall(body)) if each.endswith(self.suffix)]

    def get(self, id: str) -> str:
        """The text of the item with an id, unfolded."""
        status, body = self.ask("GET", self.href(id))
        assert status == 200, body
        return re.sub("\r?\n[ \t]", "", body)

    def href(self, id: str) -> str:
        """The path of the item whose UID begins with an id."""
        return next(each for each in self.hrefs() if f"UID:{id}" in self.ask("GET", each)[1])

    def put(self, id: str, text: str) -> None:
        status, body = self.ask("PUT", self.href(id), text)
        assert status in (201, 204), body

    def delete(self, id: str) -> None:
        status, body = self.ask("DELETE", self.href(id))
        assert status in (200, 204), body

    def meet(self) -> None:
        """Run vdirsyncer."""
        kind = "caldav" if self.suffix == ".ics" else "carddav"
        config = self.home / "vdirsyncer.conf"
        told = {"home": self.home, "collection": self.collection, "suffix": self.suffix, "kind": kind}
        config.write_text(VDIRSYNCER.format(port=self.port, **told), "utf-8")
        self.folder.mkdir(parents=True, exist_ok=True)
        for words in (["discover", "--no-list"], ["sync"]):
            self.run(config, *words)

    def run(self, config: Path, *words: str) -> str:
        """Run vdirsyncer with a configuration; return what it says."""
        program = Path(sys.executable).with_name("vdirsyncer")
        environment = {**os.environ, "HOME": str(self.home), "LANG": "C.UTF-8", "NO_PROXY": "127.0.0.1"}
        ended = subprocess.run(
            [program, "-c", config, *words],
            env=environment,
            input="y\n" * 4,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout + ended.stderr


@contextmanager
def a_radicale(home: Path, collection: str, suffix: str) -> Iterator[Radicale]:
    """A Radicale at a free port, that ends with the block."""
    home.mkdir()
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    words = ["--config", "", "--server-hosts", f"127.0.0.1:{port}", "--auth-type", "none"]
    words += [
        "--storage-filesystem-folder",
        str(home / "served"),
        "--storage-use-cache-subfolder-for-item",
        "False",
    ]
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "radicale", *words], stderr=subprocess.PIPE, text=True, cwd=home
    )
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if "server ready" in line:
            break
    else:
        raise AssertionError("".join(said))
    threading.Thread(target=process.stderr.read, daemon=True).start()
    server = Radicale(port, home, collection, suffix)
    try:
        kind = "MKCALENDAR" if suffix == ".ics" else "MKCOL"
        body = "" if suffix == ".ics" else ADDRESS_BOOK
        status, answer = server.ask(kind, f"/marie/{collection}/", body)
        assert status == 201, answer
        yield server
    finally:
        process.terminate()
        process.wait(timeout=30)


ADDRESS_BOOK = (
    '<?xml version="1.0"?><mkcol xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><set><prop>'
    "<resourcetype><collection/><C:addressbook/></resourcetype></prop></set></mkcol>"
)

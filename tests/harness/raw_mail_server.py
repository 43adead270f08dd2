"""A mail server that says exactly the bytes that a test gives it, at the speed that the test gives it."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tests.harness.mail_server import CERTIFICATE, TLS

Talk = Callable[["Talker"], None]


class Talker:
    """One connection from a client, and the lines that it has sent."""

    def __init__(self, connection: socket.socket, over: threading.Event) -> None:
        self.connection = connection
        self.over = over  # the test is
        self.lines: list[bytes] = []
        self.left = b""

    def say(self, content: bytes) -> None:
        """Send bytes."""
        self.connection.sendall(content)

    def drip(self, content: bytes, seconds: float) -> None:
        """Send bytes one by one, until all are sent, the client is gone, or the test is over."""
        for byte in content:
            if self.over.wait(seconds):
                return
            self.say(bytes([byte]))

    def hear(self) -> bytes:
        """Return the next line of the client, empty at its end."""
        while b"\n" not in self.left:
            got = self.connection.recv(65536)
            if not got:
                return b""
            self.left += got
        line, _, self.left = self.left.partition(b"\n")
        self.lines.append(line)
        return line.rstrip(b"\r")

    def greet(self, *extensions: bytes) -> None:
        """Say the banner, and answer EHLO with these extensions."""
        self.say(b"220 ready\r\n")
        self.hear()
        self.say(
            b"250-mail.example\r\n" + b"".join(b"250-%b\r\n" % each for each in extensions) + b"250 HELP\r\n"
        )

    def begin_encryption(self) -> None:
        """Encrypt the connection from here on."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(CERTIFICATE, TLS / "key.pem")
        self.connection = context.wrap_socket(self.connection, server_side=True)


class RawServer:
    """A running server: where it listens, and the lines it heard on each connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.heard: list[list[bytes]] = []


@contextmanager
def a_raw_server(talk: Talk, host: str = "127.0.0.1", port: int = 0) -> Iterator[RawServer]:
    """A server that holds this talk with each client while the block runs."""
    over = threading.Event()
    listening = socket.create_server((host, port))
    server = RawServer(listening.getsockname()[1])
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        talker = Talker(connection, over)
        server.heard.append(talker.lines)
        with connection, suppress(OSError):
            talk(talker)
            talker.connection.close()

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                threads.append(threading.Thread(target=serve, args=(connection,), daemon=True))
                threads[-1].start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield server
    finally:
        over.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        accepting.join(5)
        for thread in threads:
            thread.join(5)

"""A POP3 server on loopback (RFC 1939), for programs that fetch mail."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Mailbox(socketserver.ThreadingTCPServer):
    """The messages of one mailbox; those that a client deleted are gone when it quits."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, contents: list[bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.messages = dict(enumerate(contents, start=1))

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Session(socketserver.StreamRequestHandler):
    """One session of a client."""

    server: Mailbox

    def handle(self) -> None:
        self.deleted: set[int] = set()
        self.say("+OK ready")
        for line in self.rfile:
            word, _, rest = line.decode().strip().partition(" ")
            if not self.answer(word.upper(), rest):
                return

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def say_all(self, lines: list[str]) -> None:
        self.say("+OK")
        for line in lines:
            self.say(line)
        self.say(".")

    def answer(self, word: str, rest: str) -> bool:
        """Answer a command; False after the last one."""
        held = {number: each for number, each in self.server.messages.items() if number not in self.deleted}
        number = int(rest.split()[0]) if rest[:1].isdigit() else 0
        if word == "CAPA":
            self.say_all(["USER", "UIDL", "TOP"])
        elif word in ("USER", "PASS", "NOOP"):
            self.say("+OK")
        elif word == "STAT":
            self.say(f"+OK {len(held)} {sum(map(len, held.values()))}")
        elif word == "LIST" and number:
            self.say(f"+OK {number} {len(held[number])}")
        elif word == "LIST":
            self.say_all([f"{number} {len(each)}" for number, each in held.items()])
        elif word == "UIDL" and number:
            self.say(f"+OK {number} uid{number}")
        elif word == "UIDL":
            self.say_all([f"{number} uid{number}" for number in held])
        elif word in ("RETR", "TOP"):
            text = held[number].decode("utf-8", "surrogateescape")
            self.say("+OK")
            for line in text.splitlines():
                stuffed = f".{line}" if line.startswith(".") else line
                self.wfile.write(f"{stuffed}\r\n".encode("utf-8", "surrogateescape"))
            self.say(".")
        elif word == "DELE":
            self.deleted.add(number)
            self.say("+OK")
        elif word == "QUIT":
            self.server.messages = held
            self.say("+OK")
            return False
        else:
            self.say("-ERR unknown")
        return True


@contextmanager
def serve_mailbox(contents: list[bytes]) -> Iterator[Mailbox]:
    """A POP3 server with these messages."""
    with Mailbox(contents) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()

"""yaml-language-server, which editors start: what it finds wrong in a file."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.harness.places import ROOT

INSTALLED = ROOT / "scratch" / "editors" / "node_modules" / ".bin" / "yaml-language-server"


def find_server() -> str | None:
    """Where the server is: installed by `make editors`, or by the system; None without it or node."""
    if shutil.which("node") is None:
        return None
    return str(INSTALLED) if INSTALLED.exists() else shutil.which("yaml-language-server")


class LanguageServer:
    """A running server, asked by messages of the Language Server Protocol."""

    def __init__(self, program: str, home: Path) -> None:
        self.opened = 0
        self.process = subprocess.Popen(
            [program, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=home
        )
        self.send("initialize", {"processId": None, "rootUri": None, "capabilities": {}}, id=1)
        self.receive(lambda message: message.get("id") == 1)
        self.send("initialized", {})
        settings = {"yaml": {"validate": True, "schemaStore": {"enable": False}}}
        self.send("workspace/didChangeConfiguration", {"settings": settings})

    def problems(self, path: Path, text: str) -> list[str]:
        """What the server finds wrong in a text that stands beside a file, each time under another name."""
        self.opened += 1
        path = path.with_name(f"{self.opened}-{path.name}")
        document = {"uri": path.as_uri(), "languageId": "yaml", "version": 1, "text": text}
        self.send("textDocument/didOpen", {"textDocument": document})
        told = self.receive(
            lambda message: (
                message.get("method") == "textDocument/publishDiagnostics"
                and message["params"]["uri"] == path.as_uri()
            )
        )
        return [each["message"] for each in told["params"]["diagnostics"]]

    def send(self, method: str, params: Any, **more: Any) -> None:
        """Send a message."""
        self.write({"jsonrpc": "2.0", "method": method, "params": params, **more})

    def write(self, message: dict[str, Any]) -> None:
        """Write a message with its length before it."""
        content = json.dumps(message).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(content) + content)
        self.process.stdin.flush()

    def receive(self, is_it: Any) -> dict[str, Any]:
        """Wait for a message; questions of the server are answered with nothing."""
        assert self.process.stdout is not None
        while True:
            length = 0
            while (line := self.process.stdout.readline()) not in (b"\r\n", b""):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            message = json.loads(self.process.stdout.read(length))
            if "id" in message and "method" in message:
                items = (
                    message.get("params", {}).get("items", [])
                    if isinstance(message.get("params"), dict)
                    else []
                )
                self.write(
                    {"jsonrpc": "2.0", "id": message["id"], "result": [None] * len(items) if items else None}
                )
            elif is_it(message):
                found: dict[str, Any] = message
                return found

    def stop(self) -> None:
        """End the server."""
        self.process.kill()
        self.process.wait()

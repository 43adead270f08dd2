"""A `crm` for shells that starts at once: what it is asked is done by a process forked for it."""

import atexit
import contextlib
import functools
import json
import os
import shutil
import socket
import sys
import tempfile
import threading
from pathlib import Path

from tests.harness.processes import become_crm, connect, live, read_everything_in

SCRIPT = """#!{python} -IS
import json, os, socket, sys
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
asked = json.dumps([sys.argv, dict(os.environ), os.getcwd(), os.umask(0)]).encode()
socket.send_fds(server, [len(asked).to_bytes(4, "big")], [0, 1, 2])
server.sendall(asked)
sys.exit(int.from_bytes(server.recv(1), "big"))
"""


@functools.cache
def start_standby() -> Path:
    """A directory for PATH with a `crm` in it, which works for as long as this process lives."""
    read_everything_in()
    folder = Path(tempfile.mkdtemp(prefix="crm-standby-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    address = str(folder / "asked")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen()
    threading.Thread(target=serve, args=(listener,), daemon=True).start()
    programs = folder / "bin"
    programs.mkdir()
    script = programs / "crm"
    (programs / "aiosmtpd").symlink_to(Path(sys.executable).parent / "aiosmtpd")  # a mail server to try
    script.write_text(SCRIPT.format(python=os.path.realpath(sys.executable), address=address), "utf-8")
    script.chmod(0o755)
    return programs


def serve(listener: socket.socket) -> None:
    """Do what each `crm` is asked, several at a time."""
    while True:
        asked, _ = listener.accept()
        threading.Thread(target=answer, args=(asked,), daemon=True).start()


ONE_AT_A_TIME = threading.Lock()  # else a process keeps the streams of another open


def begun(asked: socket.socket) -> int:
    """The process that does what is asked."""
    head, streams, _, _ = socket.recv_fds(asked, 4, 3)
    with asked.makefile("rb") as rest:
        arguments, environment, directory, umask = json.loads(rest.read(int.from_bytes(head, "big")))
    pid = os.fork()
    if pid == 0:
        connect(*streams)
        os.umask(umask)
        live(lambda: become_crm(arguments, environment, Path(directory)))
    for stream in streams:
        os.close(stream)
    return pid


def answer(asked: socket.socket) -> None:
    """Run one command on the streams, in the environment and the directory of whoever asked."""
    with asked:
        with ONE_AT_A_TIME:
            pid = begun(asked)
        _, status = os.waitpid(pid, 0)
        code = os.waitstatus_to_exitcode(status)
        with contextlib.suppress(BrokenPipeError):  # whoever asked was ended meanwhile
            asked.sendall(bytes([code if code >= 0 else 128 - code]))

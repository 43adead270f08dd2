"""Work that several cores share: processes forked from this one, which end with it whatever happens.

A process that outlives its parent would keep what it inherited, such as a lock. So each of them lets
go of all that was open before it starts, and it ends when nobody reads its answers any more.
"""

import gc
import os
import pickle
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")
R = TypeVar("R")
LENGTH = 8  # bytes that say how long an answer is
MOST_OPEN = 65_536  # descriptors that a process may have open, as far as is looked


class Worker(NamedTuple):
    """A process, and where its answers arrive."""

    pid: int
    answers: int


def share_tasks(function: Callable[[T], R], tasks: Sequence[T], count: int) -> Iterator[R]:
    """Yield what a function makes of each task, in order, worked out by `count` processes.

    It ends early where one of them dies, as they do for want of memory.
    """
    workers: list[Worker] = []
    try:
        workers.extend(start_worker(function, tasks[number::count]) for number in range(count))
        for number in range(len(tasks)):
            answer = receive_answer(workers[number % count].answers)
            if answer is None:
                return
            yield pickle.loads(answer)  # noqa: S301 - from a process of our own
    finally:
        for worker in workers:
            stop_worker(worker)


def start_worker(function: Callable[[T], R], tasks: Sequence[T]) -> Worker:
    """Start a process that sends what the function makes of these tasks, one after the other.

    An interruption is for the process that was asked, whose end is that of this one, too.
    """
    answers, sending = os.pipe()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        pid = os.fork()
        if pid == 0:
            run_worker(function, tasks, sending)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    os.close(sending)
    return Worker(pid, answers)


def run_worker(function: Callable[[T], R], tasks: Sequence[T], sending: int) -> None:
    """Be such a process: hold nothing but the pipe, answer, and end without a word when nobody listens."""
    code = 1
    try:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        let_go_of_all_but(sending)
        gc.disable()
        for task in tasks:
            send_answer(sending, function(task))
        code = 0
    finally:
        os._exit(code)


def let_go_of_all_but(descriptor: int) -> None:
    """Close every descriptor that was inherited, but the standard streams and this one."""
    most = min(os.sysconf("SC_OPEN_MAX"), MOST_OPEN)
    os.closerange(3, descriptor)
    os.closerange(descriptor + 1, most)


def send_answer(sending: int, answer: Any) -> None:
    """Send an answer, led by its length."""
    body = pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
    rest = memoryview(len(body).to_bytes(LENGTH) + body)
    while rest:
        rest = rest[os.write(sending, rest) :]


def receive_answer(answers: int) -> bytes | None:
    """Return the next answer; None where its process ended without one."""
    head = receive_exactly(answers, LENGTH)
    return None if head is None else receive_exactly(answers, int.from_bytes(head))


def receive_exactly(answers: int, size: int) -> bytes | None:
    """Return so many bytes; None where they do not come."""
    pieces = []
    while size:
        piece = os.read(answers, size)
        if not piece:
            return None
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def stop_worker(worker: Worker) -> None:
    """End a process, and wait until it is gone."""
    os.close(worker.answers)
    with suppress(ProcessLookupError):
        os.kill(worker.pid, signal.SIGKILL)
    os.waitpid(worker.pid, 0)

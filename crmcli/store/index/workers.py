"""Work shared by several cores, in forked processes that always end with this one.

A process that outlives its parent would keep what it inherited, such as a lock. So each worker closes all
inherited descriptors before it starts, and ends when its answers are no longer read.
"""

import fcntl
import gc
import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Generic, NamedTuple, TypeVar

T = TypeVar("T")
R = TypeVar("R")
HELD = 1024 * 1024  # bytes of answers that a pipe holds, so that a worker need not wait for its reader
LENGTH = 8  # bytes of the length before an answer
MOST_OPEN = 65_536  # highest descriptor that is closed in a worker


class Worker(NamedTuple):
    """A process, and the pipe with its answers."""

    pid: int
    answers: int


def count_cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


class Workers(Generic[T, R]):
    """Processes that work on tasks, each on its share of them, from now on until they are stopped."""

    def __init__(self, function: Callable[[T], R], tasks: Sequence[T], count: int) -> None:
        self.tasks = tasks
        self.running: list[Worker] = []
        try:
            for number in range(count):
                self.running.append(start_worker(function, tasks[number::count]))
        except BaseException:  # also on Ctrl-C: no process stays that nobody knows of
            self.stop()
            raise

    def answers(self) -> Iterator[R]:
        """Yield the result for each task, in order; fewer if a process dies, for example for lack of memory."""
        for number in range(len(self.tasks) if self.running else 0):
            answer = receive_answer(self.running[number % len(self.running)].answers)
            if answer is None:
                return
            yield pickle.loads(answer)  # noqa: S301 - from our own process

    def stop(self) -> None:
        """End the processes."""
        while self.running:
            stop_worker(self.running.pop())


def share_tasks(function: Callable[[T], R], tasks: Sequence[T], count: int) -> Iterator[R]:
    """Yield the result of a function for each task, in order, computed by `count` processes.

    It ends early if one of them dies, for example for lack of memory.
    """
    workers = Workers(function, tasks, count)
    try:
        yield from workers.answers()
    finally:
        workers.stop()


def start_worker(function: Callable[[T], R], tasks: Sequence[T]) -> Worker:
    """Start a process that sends the results of the function for these tasks, in order.

    SIGINT is blocked in it: only the parent handles an interruption, and then ends the worker.
    """
    answers, sending = os.pipe()
    if sys.platform == "linux":
        with suppress(OSError):  # where so much is not allowed, the worker waits earlier
            fcntl.fcntl(answers, fcntl.F_SETPIPE_SZ, HELD)
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
    """Run as a worker: close all but the pipe, send answers, and end if they are no longer read."""
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
    """Close every inherited descriptor except the standard streams and this one."""
    most = min(os.sysconf("SC_OPEN_MAX"), MOST_OPEN)
    os.closerange(3, descriptor)
    os.closerange(descriptor + 1, most)


def send_answer(sending: int, answer: Any) -> None:
    """Send an answer, with its length before it."""
    body = pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
    rest = memoryview(len(body).to_bytes(LENGTH) + body)
    while rest:
        rest = rest[os.write(sending, rest) :]


def receive_answer(answers: int) -> bytes | None:
    """Return the next answer; None where its process ended without one."""
    head = receive_exactly(answers, LENGTH)
    return None if head is None else receive_exactly(answers, int.from_bytes(head))


def receive_exactly(answers: int, size: int) -> bytes | None:
    """Return so many bytes; None if the pipe ends before."""
    pieces = []
    while size:
        piece = os.read(answers, size)
        if not piece:
            return None
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def stop_worker(worker: Worker) -> None:
    """Kill a process, and wait until it has ended."""
    os.close(worker.answers)
    with suppress(ProcessLookupError):
        os.kill(worker.pid, signal.SIGKILL)
    os.waitpid(worker.pid, 0)

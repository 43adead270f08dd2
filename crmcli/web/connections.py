"""The connections of the server: each must send its request in time, and gives way where there are too many.

uvicorn waits for the head of a request as long as the client likes. With a limit of connections, some hundred
clients that send nothing, or a byte a minute, would keep all other visitors out.
"""

from asyncio import BaseTransport, TimerHandle
from collections import Counter
from collections.abc import Collection
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from crmcli.web.guard import network_of

PATIENCE = 30.0  # seconds in which a request has to arrive as a whole, and its answer has to be taken
MOST_CONNECTIONS = 200


class PatientConnection(H11Protocol):
    """A connection that is closed if its request, or the visitor's reading of the answer, takes too long."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.since = self.loop.time()
        self.deadline: TimerHandle | None = None

    @property
    def is_answering(self) -> bool:
        """True while a request that has arrived as a whole is answered."""
        cycle = self.cycle
        return bool(cycle) and not cycle.more_body and not cycle.response_complete

    @property
    def network(self) -> str:
        """The address by which the client is counted."""
        return network_of(self.client[0]) if self.client else ""

    def connection_made(self, transport: BaseTransport) -> None:
        """Begin to wait for a request, in place of another connection if there are too many."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self.wait_anew()
        make_room([each for each in self.connections if isinstance(each, PatientConnection)])

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self.stop_waiting()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Begin to wait for the next request, and for the visitor to take the answer."""
        self.wait_anew()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP; whoever answers the request before it finds the client gone.

        uvicorn lets them go on, and their answer, after ours, is a traceback in the log.
        """
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:
            self.transport.close()

    def wait_anew(self) -> None:
        """Start the time in which something has to happen."""
        self.stop_waiting()
        self.since = self.loop.time()
        self.deadline = self.loop.call_later(PATIENCE, self.give_up)

    def stop_waiting(self) -> None:
        """Let no time run."""
        if self.deadline is not None:
            self.deadline.cancel()
            self.deadline = None

    def give_up(self) -> None:
        """Close the connection, unless its request is being answered."""
        if self.is_answering:
            self.wait_anew()
        else:
            self.transport.abort()


def make_room(connections: Collection[PatientConnection]) -> None:
    """Close a connection that waits where there are too many: the oldest of the client with the most."""
    held = [each for each in connections if not each.transport.is_closing()]
    if len(held) <= MOST_CONNECTIONS:
        return
    waiting = [each for each in held if not each.is_answering]
    counts = Counter(each.network for each in waiting)
    if waiting:
        min(waiting, key=lambda each: (-counts[each.network], each.since)).transport.abort()

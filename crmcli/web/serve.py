"""Starting the server of web forms: where it listens, and what is missing when it cannot."""

import gc
import socket
import threading
from collections.abc import Sequence

from crmcli.domain.values.errors import CrmError, UsageError
from crmcli.web.reception import Reception, print_line

HOW_TO_INSTALL = "pip install 'crm-plain[web]'"


def serve_forms(directory: str, names: Sequence[str], host: str, port: int, proxies: Sequence[str]) -> None:
    """Serve forms until the process is told to end; what waits in the spool is filed first.

    Raises CrmError where the packages for serving are not installed, UsageError for an unknown form or an
    address that cannot be listened at.
    """
    try:
        import uvicorn

        from crmcli.web.connections import MOST_CONNECTIONS, PatientConnection
        from crmcli.web.server import build_app
    except ModuleNotFoundError as error:
        raise CrmError(f"serving needs the package {error.name}", hint=HOW_TO_INSTALL) from None
    gc.enable()  # unlike commands, which end soon: connections are garbage with cycles
    reception = Reception(directory, names)
    listening = open_socket(host, port)
    _ = reception.signer  # fails here where forms cannot be stored
    config = uvicorn.Config(
        build_app(reception, proxies),
        log_level="error",  # what strangers send wrongly is not worth a line of the log
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        limit_concurrency=2 * MOST_CONNECTIONS,  # those that wait give way before
        timeout_keep_alive=5,
        timeout_graceful_shutdown=15,
        http=PatientConnection,
        ws="none",
    )
    shown = f"[{host}]" if ":" in host else host
    place = f"http://{shown}:{listening.getsockname()[1]}"
    print_line(f"serving {', '.join(f'{place}/{name}' for name in reception.names)}")
    threading.Thread(target=reception.file_waiting).start()  # may wait for the lock
    uvicorn.Server(config).run(sockets=[listening])


def open_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens at an address; port 0 is any free one.

    Raises UsageError where that is not possible.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"cannot listen: {reason}", where=f"{host}:{port}", hint="--port N") from None

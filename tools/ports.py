"""Ports and addresses of this machine, found without asking anyone outside."""

import contextlib
import http.client
import os
import socket

FIRST, LAST = 8501, 8599


def in_use(port: int, address: str = "127.0.0.1") -> bool:
    """Whether something listens there already; binding alone does not show it on every system."""
    with contextlib.closing(socket.socket()) as caller:
        caller.settimeout(0.5)
        if caller.connect_ex(("127.0.0.1", port)) == 0:
            return True
    with contextlib.closing(socket.socket()) as listener:
        if os.name != "nt":  # there it would share the port instead of only forgiving a closed one
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address, port))
        except OSError:
            return True
    return False


def next_free(address: str) -> int | None:
    return next((port for port in range(FIRST, LAST + 1) if not in_use(port, address)), None)


def lan_address() -> str:
    """The machine's address on its network. Connecting a datagram socket sends nothing."""
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as caller:
        try:
            caller.connect(("192.0.2.1", 9))
        except OSError:
            return socket.gethostname()
        return caller.getsockname()[0]


def healthy(port: int) -> bool:
    """Whether the app answers; straight to it, whatever proxy the machine uses."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()

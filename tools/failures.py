"""What can go wrong while setting up: a sentence of locales/<language>/setup.po and its fields."""

import re

NO_NETWORK = (
    "NewConnectionError",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "NameResolutionError",
    "Max retries exceeded",
    "Connection aborted",
    "ProxyError",
    "SSLError",
    "CERTIFICATE_VERIFY_FAILED",
    "Network is unreachable",
)
NO_SPACE = ("No space left on device", "[Errno 28]", "[WinError 112]", "Disk quota exceeded", "[Errno 122]")
NO_RIGHT = ("Permission denied", "[Errno 13]", "[WinError 5]", "[WinError 32]", "Read-only file system")
LITTLE = 20_000_000  # venv does not say why it could not unpack pip
NO_PACKAGE = re.compile(r"No matching distribution found for ([\w.\-]+)")


class SetupError(Exception):
    """Something that the reader can put right."""

    def __init__(self, key: str, **fields: object) -> None:
        super().__init__(key)
        self.key = key
        self.fields = fields


def explain(output: str, *, free: int, **fields: object) -> SetupError:
    """The one sentence for what pip or venv printed before it gave up; `free`: bytes left on the disk."""
    fields["free"] = f"{free / 1e9:.1f}"
    if free < LITTLE or any(sign in output for sign in NO_SPACE):
        return SetupError("setup.disk_full", **fields)
    if any(sign in output for sign in NO_NETWORK):
        return SetupError("setup.no_network", **fields)
    if missing := NO_PACKAGE.search(output):
        return SetupError("setup.no_package", package=missing[1], **fields)
    if any(sign in output for sign in NO_RIGHT):
        return SetupError("setup.no_permission", **fields)
    return SetupError("setup.failed", **fields)

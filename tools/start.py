"""`python run.py`: the app on a port of this machine, and a browser in front of it."""

import os
import subprocess
import sys
import time
import webbrowser
from argparse import Namespace

from tools import ports
from tools.child import exit_code, running
from tools.environment import Environment
from tools.failures import SetupError
from tools.options import Options
from tools.say import say

LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"  # everywhere: only with --share, which says what it means


def start(arguments: list[str]) -> int:
    chosen = _options(arguments)
    address = EVERYWHERE if chosen.share else LOOPBACK
    python = Environment().ready("requirements.txt")
    port = _port(chosen.port, address)
    if chosen.share:
        say("setup.share", address=ports.lan_address(), port=port)
    command = [python, "-m", "streamlit", "run", "app.py", *_settings(address, port)]
    try:
        with running(command, alone=True) as app:
            if _answers(app, port):
                _show(f"http://{LOOPBACK}:{port}", browser=chosen.browser)
            return exit_code(app.wait())
    except KeyboardInterrupt:
        say("setup.closed")
        return 0


def _show(url: str, *, browser: bool) -> None:
    say("setup.open", url=url)
    if browser and _has_screen():
        webbrowser.open(url)


def _options(arguments: list[str]) -> Namespace:
    options = Options()
    options.add_argument("--share", action="store_true")
    options.add_argument("--no-browser", dest="browser", action="store_false")
    options.add_argument("--port", type=int)
    return options.parse_args(arguments)


def _port(wanted: int | None, address: str) -> int:
    """The port asked for, or the first free one."""
    if wanted is not None:
        if not 1 <= wanted <= 65535:
            raise SetupError("setup.no_such_port", port=wanted)
        if ports.in_use(wanted, address):
            raise SetupError("setup.port_in_use", port=wanted)
        return wanted
    found = ports.next_free(address)
    if found is None:
        raise SetupError("setup.no_port", first=ports.FIRST, last=ports.LAST)
    if found != ports.FIRST:
        say("setup.next_port", taken=ports.FIRST, port=found)
    return found


def _settings(address: str, port: int) -> list[str]:
    """Headless, so that Streamlit neither asks for a mail address nor looks its own address up outside."""
    hosts = (
        ["--server.allowedHosts=*"] if address == EVERYWHERE else []
    )  # .streamlit/config.toml names this machine only
    return [
        f"--server.address={address}",
        f"--server.port={port}",
        *hosts,
        "--server.headless=true",
        "--browser.gatherUsageStats=false",
        "--logger.hideWelcomeMessage=true",
    ]


def _answers(app: subprocess.Popen, port: int, *, patience: float = 120) -> bool:
    """Waits until the app answers; False where it ended."""
    until = time.monotonic() + patience
    while app.poll() is None and time.monotonic() < until:
        if ports.healthy(port):
            return True
        time.sleep(0.1)
    return False


def _has_screen() -> bool:
    """Without one, Linux would open a browser of text in this very terminal."""
    return not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))

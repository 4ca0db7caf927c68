"""Options of a command: a mistake is one sentence in the reader's language."""

from argparse import ArgumentParser
from typing import NoReturn

from tools.failures import SetupError


class Options(ArgumentParser):
    def __init__(self) -> None:
        super().__init__(add_help=False, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        raise SetupError("setup.unknown_option", problem=message)

"""The command line: the page's numbers for scheduled work and for checking."""

import argparse
import locale
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from analysis import commands
from analysis.errors import AnalysisError, CommandError
from analysis.words import LANGUAGES, text


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command: 0 and a table, or 2 and one sentence on standard error."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", newline="\n")
    words = list(sys.argv[1:] if arguments is None else arguments)
    language = _language(words)
    try:
        return _run(words, language)
    except AnalysisError as error:
        print(error.text(language), file=sys.stderr)
        return 2
    except OSError as error:
        place = error.filename if error.filename is not None else ""
        print(text(language, "cli.file_failed", file=place, reason=error.strerror or error), file=sys.stderr)
        return 2


def _run(words: list[str], language: str) -> int:
    parser = build_parser(language)
    options, unknown = parser.parse_known_args(words)
    if unknown:
        raise CommandError("unknown_option", found=unknown[0])
    if not options.command:
        parser.print_help()
        return 0
    options.language = language
    try:
        options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:  # `| head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _language(words: Sequence[str]) -> str:
    """`--lang`, else GENZAICHI_LANG, else Japanese on a Japanese system and English elsewhere."""
    for index, word in enumerate(words):
        if word == "--lang" and words[index + 1 : index + 2]:
            word = f"--lang={words[index + 1]}"
        if word.startswith("--lang=") and word[7:] in LANGUAGES:
            return word[7:]
    wanted = os.environ.get("GENZAICHI_LANG") or locale.getlocale()[0] or ""
    return "ja" if wanted.lower().startswith("ja") else "en"


class _Parser(argparse.ArgumentParser):
    """argparse, its few fixed words in the reader's language and its mistakes as our sentences."""

    language = "en"

    def error(self, message: str) -> NoReturn:
        raise CommandError("syntax", found=message)

    def format_help(self) -> str:
        found = super().format_help()
        for word in ("usage:", "options:", "positional arguments:"):
            found = found.replace(word, text(self.language, f"cli.argparse_{word.split()[0].rstrip(':')}"))
        return found


def build_parser(language: str) -> argparse.ArgumentParser:
    """The parser, its help in `language`."""
    kind = type("Parser", (_Parser,), {"language": language})

    def t(key: str) -> str:
        return text(language, f"cli.{key}").replace("%", "%%")

    parser = kind(prog="python -m analysis", description=t("about"), add_help=False)
    parser.add_argument("-h", "--help", action="help", help=t("help"))
    every = kind(add_help=False)
    every.add_argument("-h", "--help", action="help", help=t("help"))
    every.add_argument("--lang", metavar="ja|en", help=t("lang"))
    every.add_argument("--format", default="csv", metavar="|".join(commands.FORMATS), help=t("format"))
    file = kind(add_help=False)
    for name in ("encoding", "delimiter", "sheet"):
        file.add_argument(f"--{name}", help=t(name))
    file.add_argument("--header", metavar="N", help=t("header"))
    place = kind(add_help=False)
    place.add_argument("--workspace", metavar="DIR", help=t("workspace"))

    verbs = parser.add_subparsers(dest="command", metavar=t("command"), title=t("commands"), parser_class=kind)

    def verb(name: str, run: object, *parents: argparse.ArgumentParser) -> argparse.ArgumentParser:
        about = t(f"about_{name.replace('-', '_')}")
        made = verbs.add_parser(name, help=about, description=about, parents=[every, *parents], add_help=False)
        made.set_defaults(run=run)
        return made

    read = verb("read", commands.read, file)
    read.add_argument("file", nargs="?", metavar="FILE", help=t("file"))
    read.add_argument("--to", metavar="OUT", help=t("to"))
    read.add_argument("--findings", action="store_true", help=t("findings"))

    rate = verb("active-rate", commands.active_rate, place)
    for name, meta in (("users", "FILE"), ("activity", "FILE"), ("period", "2026-04..2026-06")):
        rate.add_argument(f"--{name}", metavar=meta, help=t(name))
    rate.add_argument("--by", metavar="A,B", help=t("by"))
    rate.add_argument("--totals", action="store_true", help=t("totals"))
    rate.add_argument("--every", metavar="month", help=t("every"))
    rate.add_argument("--valid", default="end", metavar="end|any|start", help=t("valid"))
    rate.add_argument("--activities", metavar="A,B", help=t("activities"))
    rate.add_argument("--where", action="append", metavar="COLUMN=A,B", help=t("where"))
    rate.add_argument("--as-of", metavar="DATE", help=t("as_of_rate"))
    rate.add_argument("--map", metavar="ROLE=HEADER,…", help=t("map"))

    add = verb("import", commands.add, file, place)
    add.add_argument("file", nargs="?", metavar="FILE", help=t("file"))
    add.add_argument("--kind", metavar="users|activity|…", help=t("kind"))
    add.add_argument("--as-of", metavar="DATE", help=t("as_of"))
    add.add_argument("--map", metavar="ROLE=HEADER,…", help=t("map"))
    add.add_argument("--with-personal", action="store_true", help=t("with_personal"))

    verb("imports", commands.imports, place)
    for name, run in (("undo", commands.undo), ("redo", commands.redo)):
        verb(name, run, place).add_argument("id", nargs="?", metavar="ID", help=t("id"))
    return parser

"""The command line: the page's numbers for scheduled work and for checking."""

import argparse
import locale
import os
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from analysis import commands, commands_customers, commands_levels, commands_products, commands_progress
from analysis.command_parts import FORMATS
from analysis.errors import AnalysisError, CommandError
from analysis.words import LANGUAGES, text

PERIOD = "2026-04..2026-06"


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
        print(" ".join(error.text(language).splitlines()), file=sys.stderr)  # a name may run over lines
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
    every.add_argument("--format", default="csv", metavar="|".join(FORMATS), help=t("format"))
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
    _ask_of_users(rate, t)
    rate.add_argument("--totals", action="store_true", help=t("totals"))
    rate.add_argument("--every", metavar="month", help=t("every"))

    ladder = verb("stages", commands_progress.stages, place)
    _ask_of_users(ladder, t)
    ladder.add_argument("--definitions", metavar="FILE.json", help=t("definitions"))
    ladder.add_argument("--targets", metavar="FILE", help=t("targets"))
    ladder.add_argument("--verdicts", action="store_true", help=t("verdicts"))

    way = verb("funnel", commands_progress.funnel, place)
    way.add_argument("--activity", action="append", metavar="FILE", help=t("activity"))
    way.add_argument("--orders", action="append", metavar="FILE", help=t("orders_funnel"))
    way.add_argument("--of", metavar="activity|orders", help=t("of_funnel"))
    for name, metavar in (("groups", "FILE.csv"), ("grouping", "NAME")):
        way.add_argument(f"--{name}", metavar=metavar, help=t(name))
    way.add_argument("--cancellations", metavar="net|without|…", help=t("cancellations"))
    way.add_argument("--currency", metavar="JPY", help=t("currency"))
    way.add_argument("--steps", metavar="A,B,C", help=t("steps_funnel"))
    way.add_argument("--within", metavar="30d", help=t("within"))
    way.add_argument("--order", default="in_order", metavar="in_order|strict|unordered", help=t("order"))
    way.add_argument("--period", metavar=PERIOD, help=t("period_funnel"))
    way.add_argument("--by", metavar="A,B", help=t("by"))
    way.add_argument("--as-of", metavar="DATE", help=t("as_of_rate"))
    way.add_argument("--map", metavar="ROLE=HEADER,…", help=t("map"))

    process = verb("steps", commands_progress.steps, file, place)
    _ask_of_list(process, t, "cases", "steps")
    process.add_argument("--business-days", action="store_true", help=t("business_days"))

    deals = verb("pipeline", commands_progress.pipeline, file, place)
    _ask_of_list(deals, t, "deals", "phases")

    bought = verb("products", commands_products.products, file, place)
    bought.add_argument("--orders", action="append", metavar="FILE", help=t("orders"))
    bought.add_argument(
        "--show", default="measures", metavar="measures|first|next|pairs|preview", help=t("show_products")
    )
    for name, metavar in (("groups", "FILE.csv"), ("grouping", "NAME"), ("by", "A,B"), ("period", PERIOD)):
        bought.add_argument(f"--{name}", metavar=metavar, help=t(name))
    bought.add_argument("--rest", default="code", metavar="code|other", help=t("rest"))
    bought.add_argument("--days", metavar="N", help=t("days_again"))
    bought.add_argument("--cancellations", default="net", metavar="net|without|…", help=t("cancellations"))
    bought.add_argument("--currency", metavar="JPY", help=t("currency"))
    _ask_further(bought, t)

    for name, run in commands_customers.COMMANDS.items():
        commands_customers.ask(verb(name, run, file, place), name, t)

    commands_levels.ask(verb("levels", commands_levels.levels, file, place), t)

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


def _ask_of_users(verb: argparse.ArgumentParser, t: Callable[[str], str]) -> None:
    """What is asked of users and what they did."""
    verb.add_argument("--users", metavar="FILE", help=t("users"))
    verb.add_argument("--activity", action="append", metavar="FILE", help=t("activity"))
    verb.add_argument("--period", metavar=PERIOD, help=t("period"))
    verb.add_argument("--by", metavar="A,B", help=t("by"))
    verb.add_argument("--valid", default="end", metavar="end|any|start", help=t("valid"))
    verb.add_argument("--activities", metavar="A,B", help=t("activities"))
    verb.add_argument("--where", action="append", metavar="COLUMN=A,B", help=t("where"))
    verb.add_argument("--as-of", metavar="DATE", help=t("as_of_rate"))
    verb.add_argument("--map", metavar="ROLE=HEADER,…", help=t("map"))


def _ask_further(verb: argparse.ArgumentParser, t: Callable[[str], str]) -> None:
    """What is asked of every log: which rows, until when, and what its columns are."""
    verb.add_argument("--where", action="append", metavar="COLUMN=A,B", help=t("where"))
    verb.add_argument("--as-of", metavar="DATE", help=t("as_of_rate"))
    verb.add_argument("--map", metavar="ROLE=HEADER,…", help=t("map"))


def _ask_of_list(verb: argparse.ArgumentParser, t: Callable[[str], str], kind: str, order: str) -> None:
    """What is asked of a list of cases or deals."""
    verb.add_argument(f"--{kind}", metavar="FILE", help=t(kind))
    verb.add_argument(f"--{order}", metavar="A,B,C", help=t(order))
    verb.add_argument("--by", metavar="A,B", help=t("by"))
    verb.add_argument("--where", action="append", metavar="COLUMN=A,B", help=t("where"))
    verb.add_argument("--as-of", metavar="DATE", help=t(f"as_of_{kind}"))
    verb.add_argument("--map", metavar="ROLE=HEADER,…", help=t("map_list"))

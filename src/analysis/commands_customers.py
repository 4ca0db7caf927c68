"""The commands of customers: who carries the sales, by several rankings, and where these differ."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.command_parts import data, day_of, emit, given, listed, merges_of, rule_of
from analysis.compare_rankings import compare_rankings
from analysis.customers import measure_customers
from analysis.errors import CommandError, SegmentsTextError
from analysis.period import Period
from analysis.rank_changes import rank_changes
from analysis.ranking import active_customers, rank_customers, top_customers
from analysis.rfm import SCORE, rfm_bins, scores_of
from analysis.rfm import rfm as rfm_of
from analysis.rfm_migration import rfm_migration
from analysis.rfm_segments import Segments, standard_segments
from analysis.surprises import surprises as surprises_of
from analysis.words import text
from analysis.workspace import Workspace

KINDS = ("orders", "customers", "inquiries", "visits", "deals", "contracts")
WHOLE = (
    *("rank", "of", "rank_before", "of_before", "rank_change", "r", "f", "m", "segment_place"),
    *("from_place", "to_place", "actual_rank", "noticed_rank"),
)


def rank(options: Namespace) -> None:
    """Customers in the order of a measure, with share and band; the first of them, or how ranks have changed."""
    bands = _shares(options.bands)
    if options.changes and options.period is None:
        raise CommandError("only_with", option="--changes", other="--period")
    with _data(options) as workspace:
        choices = _choices(options, workspace)
        found = _measured(workspace, options, _period(options), choices)
        if options.changes:
            before = _measured(workspace, options, _required(options).previous(), choices)
            result = rank_changes(found, before, options.by).sort_values(["rank", "rank_before", "customer_id"])
        elif options.top is not None:
            result = top_customers(found, options.by, n=_whole(options.top, "--top"))
            result = result.sort_values(["rank", "part", "customer_id"])
        else:
            result = rank_customers(found, options.by, bands=bands).sort_values(["rank", "outside", "customer_id"])
    _tell_equal(found, options)
    _emit(result, options)


def rfm(options: Namespace) -> None:
    """Scores of recency, frequency and amount, and the segments that they make."""
    cuts, period = _cuts(options.cuts), _period(options)
    if options.migration and period is None:
        raise CommandError("only_with", option="--migration", other="--period")
    bins = _whole(options.bins, "--bins")
    own = {"bins": bins, "cuts": cuts, "segments": _segments(options, bins, cuts).to_json()}
    with _data(options, ("orders",)) as workspace:
        choices = own | _choices(options, workspace)
        found = workspace.run(rfm_of, as_of=day_of(options.as_of, "--as-of"), period=period, **choices)
        if options.migration:
            before = workspace.run(rfm_of, period=_required(options).previous(), **choices)
            result = rfm_migration(before, found).sort_values(["from_place", "to_place"])
        else:
            order = ["segment_place", "monetary", "customer_id"]
            result = found.sort_values(order, ascending=[True, False, True])
    _tell_bins(found, bins, cuts, options.language)
    _emit(result, options)


def compare(options: Namespace) -> None:
    """How far rankings of the same customers agree, pair by pair."""
    with _data(options) as workspace:
        found = _measured(workspace, options, _period(options), _choices(options, workspace))
        result = compare_rankings(found, listed(given(options, "by")), top=_whole(options.top, "--top"))
    _emit(result, options)


def surprises(options: Namespace) -> None:
    """Customers who are among the first by one measure and far down by another."""
    choices = {"top": _share(options.top, "--top"), "gap": _share(options.gap, "--gap")}
    with _data(options) as workspace:
        found = _measured(workspace, options, _period(options), _choices(options, workspace))
        result = surprises_of(found, options.actual, options.noticed, **choices)
    _emit(result.sort_values(["gap", "customer_id"], ascending=[False, True]), options)


def _data(options: Namespace, kinds: tuple[str, ...] = KINDS) -> Any:
    """The workspace, or the files that were named."""
    named = tuple(kind for kind in kinds if getattr(options, kind, None))
    if named:
        given(options, "orders")
    return data(options, named or ("orders",))


def _measured(workspace: Workspace, options: Namespace, period: Period | None, choices: dict[str, Any]) -> pd.DataFrame:
    """Those who ordered or gave back something, and nobody."""
    as_of = day_of(options.as_of, "--as-of")
    found = workspace.run(measure_customers, as_of=as_of, period=period, **choices)
    return active_customers(found)


def _choices(options: Namespace, workspace: Workspace) -> dict[str, Any]:
    return {
        "merges": merges_of(workspace, options.language),
        "cancellations": options.cancellations,
        "currency": options.currency,
        "where": rule_of(options.where),
    }


def _period(options: Namespace) -> Period | None:
    return Period.parse(options.period) if options.period else None


def _required(options: Namespace) -> Period:
    return Period.parse(given(options, "period"))


def _whole(value: str, option: str) -> int:
    if not value.isdecimal():
        raise CommandError("number", option=option, found=value)
    return int(value)


def _share(value: str, option: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise CommandError("number", option=option, found=value) from None


def _shares(value: str) -> tuple[float, ...]:
    return tuple(_share(part, "--bands") for part in listed(value))


def _cuts(value: str) -> Any:
    """`quantile`, `r`, or `monetary=10000,50000;recency_days=30,90`."""
    if "=" not in value:
        return value
    found = {}
    for part in value.split(";"):
        measure, _, numbers = part.partition("=")
        found[measure.strip()] = [_share(number, "--cuts") for number in listed(numbers)]
    return found


def _segments(options: Namespace, bins: int, cuts: Any) -> Segments:
    """The segments of a file, else the usual ones."""
    if options.segments is None:
        return standard_segments(options.language, bins=scores_of(bins, cuts))
    try:
        return Segments.from_json(Path(options.segments).read_bytes().decode("utf-8-sig"))
    except (UnicodeDecodeError, RecursionError, SegmentsTextError):
        raise CommandError("segments", found=options.segments) from None


def _tell_equal(found: pd.DataFrame, options: Namespace) -> None:
    """Says where a ranking tells nobody apart."""
    values = found.loc[found["customer_id"].notna(), options.by].dropna()
    if len(values) == 1:
        _say("cli.one_customer", options.language)
    elif len(values) and values.nunique() == 1:
        _say("cli.all_equal", options.language, measure=options.by, n=len(values))


def _tell_bins(found: pd.DataFrame, bins: int, cuts: Any, language: str) -> None:
    """Says what a frequency counts, and which scores nobody has because values are equal."""
    inside = found[found["outside"].isna()]
    if len(inside) and inside["frequency_of"].iloc[0] == "rows":
        _say("cli.frequency_of_rows", language)
    if len(inside) == 1:
        _say("cli.one_customer", language)
    held = rfm_bins(found, bins=bins, cuts=cuts)
    for measure in SCORE:
        empty = sorted(held.loc[(held["measure"] == measure) & (held["customers"] == 0), "score"])
        if len(inside) and empty:
            _say("cli.bins_collapsed", language, measure=measure, scores=", ".join(map(str, empty)))


def _say(key: str, language: str, **fields: object) -> None:
    print(text(language, key, **fields), file=sys.stderr)


def _emit(result: pd.DataFrame, options: Namespace) -> None:
    """The table, places and scores as whole numbers although some are missing."""
    whole = {name: "Int64" for name in WHOLE if name in result}
    emit(result.astype(whole).reset_index(drop=True), options)


COMMANDS = {"rank": rank, "rfm": rfm, "compare": compare, "surprises": surprises}
PERIOD = "2026-04..2026-06"


def ask(verb: ArgumentParser, name: str, t: Callable[[str], str]) -> None:
    """The options of one of `COMMANDS`."""
    others = () if name == "rfm" else KINDS[1:]
    for kind in ("orders", *others):
        words = t("orders" if kind == "orders" else f"of_{kind}")
        action = "append" if kind in ("orders", "inquiries", "visits") else "store"
        verb.add_argument(f"--{kind}", action=action, metavar="FILE", help=words)
    own: dict[str, list[tuple[str, str | None, str]]] = {
        "rank": [("by", "amount", "MEASURE"), ("bands", "0.7,0.9", "A,B"), ("top", None, "N")],
        "rfm": [("bins", "5", "N"), ("cuts", "quantile", "quantile|r|…"), ("segments", None, "FILE.json")],
        "compare": [("by", None, "A,B"), ("top", "20", "N")],
        "surprises": [
            *(("actual", "amount", "MEASURE"), ("noticed", "inquiries", "MEASURE")),
            *(("top", "0.1", "SHARE"), ("gap", "0.4", "SHARE")),
        ],
    }
    for option, usual, metavar in own[name]:
        verb.add_argument(f"--{option}", default=usual, metavar=metavar, help=t(f"{option}_{name}"))
    for command, flag in (("rank", "changes"), ("rfm", "migration")):
        if name == command:
            verb.add_argument(f"--{flag}", action="store_true", help=t(flag))
    verb.add_argument("--period", metavar=PERIOD, help=t("period_orders"))
    verb.add_argument("--cancellations", default="net", metavar="net|without|…", help=t("cancellations"))
    verb.add_argument("--currency", metavar="JPY", help=t("currency"))
    verb.add_argument("--where", action="append", metavar="COLUMN=A,B", help=t("where"))
    verb.add_argument("--as-of", metavar="DATE", help=t("as_of_orders"))
    verb.add_argument("--map", metavar="ROLE=HEADER,…", help=t("map"))

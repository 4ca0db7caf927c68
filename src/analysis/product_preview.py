"""What each rule of a grouping catches, what none catches, what two of them catch."""

from datetime import date, datetime, timedelta
from functools import reduce
from operator import add

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis.errors import ChoiceError
from analysis.frames import Frame, fold, open_frames, text_frame, union, whole
from analysis.product_catch import CODE, Caught, catch
from analysis.product_groups import Groups
from analysis.product_rules import GroupRule

PARTS = ("all", "one", "several", "none", "blank")
RULE = "rule"
AMOUNT = "_pg_amount"
RESULT = ("part", "group", "number", "kind", "value", "codes", "rows", "amount")


def preview(orders: IntoFrameT, groups: Groups) -> IntoFrameT:
    """What each rule catches by itself, what no group catches, and what two or more catch.

    Args:
        orders, groups: see `with_groups`; optionally `amount`.

    Returns:
        One row per rule (`part` "rule": `group`, `number` within the group from 1, `kind`, `value`), and one each
        (`number` 0) for `part` "all" = "one" (caught by one group) + "several" (the first listed has them) + "none" +
        "blank" (no code, and in no group), unsorted: `codes` (different ones, as written; one may stand in two parts
        where a rule looks at days or other columns), `rows` and `amount` (as the rows say, returns taken off; null
        without the column).
    """
    caught = _opened(orders, groups)
    return nw.maybe_reset_index(union([_by_part(caught), _by_rule(caught)])).to_native()


def preview_codes(
    orders: IntoFrameT, groups: Groups, *, part: str = "all", group: str | None = None, number: int = 0
) -> IntoFrameT:
    """The codes behind a number of `preview`.

    Args:
        orders, groups: see `with_groups`.
        part: of `preview`.
        group, number: of part "rule", which.

    Returns:
        One row per code and group, unsorted: `product_code` (null: blank), `product_group` (null: none), `also_in`
        (the next group that would catch it; null: none), `rows`, `amount`.

    Raises:
        ChoiceError: there is no such part or rule.
    """
    if part not in (*PARTS, RULE):
        raise ChoiceError("part", part, (*PARTS, RULE))
    caught = _opened(orders, groups)
    if part == RULE:
        frame = _hits(caught, [(1, _rule(caught, group, number))])
    else:
        frame = caught.frame if part == "all" else caught.frame.filter(nw.col("_pg_part") == part)
    counted = frame.group_by(CODE, "_pg_first", "_pg_second").agg(rows=nw.len(), amount=nw.col(AMOUNT).sum())
    named = {"product_code": CODE, "product_group": "_pg_first", "also_in": "_pg_second"}
    listed = counted.select(**{name: nw.col(old) for name, old in named.items()}, **_measures(caught))
    return nw.maybe_reset_index(listed).to_native()


def _opened(orders: IntoFrameT, groups: Groups) -> Caught:
    """Orders with the first two groups that catch each row, and its part of the preview."""
    (frame,) = open_frames(orders=orders)
    caught = catch(frame, groups)
    amount = nw.col("amount") if "amount" in caught.schema else nw.lit(None, dtype=nw.Float64)
    flags = {f"_pg_{place}": caught.holds(place) for place in range(1, len(caught.groups) + 1)}
    flagged = caught.frame.with_columns(
        **{AMOUNT: amount}, **{name: nw.when(flag).then(1).otherwise(0) for name, flag in flags.items()}
    )
    named = list(zip(flags, caught.names, strict=True))
    first = nw.coalesce(*(nw.when(nw.col(flag) == 1).then(nw.lit(name)) for flag, name in named))
    placed = flagged.with_columns(_pg_first=first, _pg_times=reduce(add, map(nw.col, flags)))
    others = [nw.when((nw.col(flag) == 1) & (nw.col("_pg_first") != name)).then(nw.lit(name)) for flag, name in named]
    blank = nw.when(nw.col(CODE).is_null()).then(nw.lit("blank")).otherwise(nw.lit("none"))
    some = nw.when(nw.col("_pg_times") == 1).then(nw.lit("one")).otherwise(nw.lit("several"))
    marked = placed.with_columns(
        _pg_second=nw.coalesce(*others), _pg_part=nw.when(nw.col("_pg_times") == 0).then(blank).otherwise(some)
    )
    return Caught(marked, caught.groups, caught.schema, caught.classes, caught.written)


def _by_part(caught: Caught) -> Frame:
    every = caught.frame.with_columns(_pg_part=nw.lit("all"))
    parts = [frame.select("_pg_part", CODE, AMOUNT) for frame in (every, caught.frame)]
    table = text_frame(caught.frame, [(part,) for part in PARTS], ("_pg_part",))
    counted = table.join(_counted(union(parts), "_pg_part"), on="_pg_part", how="left")
    nothing = {name: nw.lit(None, dtype=nw.String) for name in ("group", "kind", "value")}
    told = counted.with_columns(
        part=nw.col("_pg_part"), number=nw.lit(0, dtype=nw.Int64), **nothing, codes=whole("codes"), **_measures(caught)
    )
    return told.select(*RESULT)


def _by_rule(caught: Caught) -> Frame:
    rules = [(group.name, n, rule) for group in caught.groups for n, rule in enumerate(group.rules, 1)]
    hits = _hits(caught, [(i, rule) for i, (_, _, rule) in enumerate(rules)])
    lines = [(str(i), group, str(n), rule.kind, rule.value) for i, (group, n, rule) in enumerate(rules)]
    table = text_frame(caught.frame, lines, ("_pg_rule", *RESULT[1:5]))
    counted = table.join(_counted(hits, "_pg_rule"), on="_pg_rule", how="left")
    told = counted.with_columns(
        nw.col("number").cast(nw.Int64), part=nw.lit(RULE), codes=whole("codes"), **_measures(caught)
    )
    return told.select(*RESULT)


def _hits(caught: Caught, rules: list[tuple[int, GroupRule]]) -> Frame:
    """The rows that each rule catches by itself, with its number as text; a row once for each rule."""
    columns = ("_pg_rule", CODE, AMOUNT, "_pg_first", "_pg_second")
    others = [(i, rule) for i, rule in rules if rule.rule]
    found = [
        caught.frame.filter(caught.attribute(rule)).with_columns(_pg_rule=nw.lit(str(i))).select(*columns)
        for i, rule in others
    ]
    return union([_of_codes(caught, rules).select(*columns), *found])


def _of_codes(caught: Caught, rules: list[tuple[int, GroupRule]]) -> Frame:
    """The rows that rules about codes catch."""
    alike: dict[str, list[str]] = {}
    for code in caught.written:
        alike.setdefault(fold(code), []).append(code)
    pairs = []
    for i, rule in rules:
        codes = alike.get(rule.sought, []) if rule.kind == "code" else list(filter(rule.catches, caught.written))
        pairs += [(code, str(i), _midnight(rule.valid_from), _midnight(rule.valid_to, after=True)) for code in codes]
    table = text_frame(caught.frame, pairs, (CODE, "_pg_rule", "_pg_from", "_pg_to"))
    joined = caught.frame.join(table, on=CODE, how="inner")
    if "ordered_at" not in caught.schema:  # then no rule is about days
        return joined
    begin, end = (
        nw.when(nw.col(name) != "").then(nw.col(name)).cast(nw.Datetime("us")) for name in ("_pg_from", "_pg_to")
    )
    timed = joined.with_columns(_pg_from=begin, _pg_to=end)
    at = nw.col("ordered_at")
    return timed.filter(
        nw.col("_pg_from").is_null() | (at >= nw.col("_pg_from")), nw.col("_pg_to").is_null() | (at < nw.col("_pg_to"))
    )


def _midnight(day: date | None, *, after: bool = False) -> str:
    """The start of the day, or of the day after it, as text; empty without a day."""
    if day is None:
        return ""
    whole_day = datetime(day.year, day.month, day.day) + timedelta(days=int(after))
    return whole_day.isoformat(" ")


def _counted(frame: Frame, by: str) -> Frame:
    """Codes, rows and amount of each value."""
    each = frame.group_by(by, CODE).agg(_pg_rows=nw.len(), _pg_sum=nw.col(AMOUNT).sum())
    coded = each.with_columns(_pg_codes=nw.when(~nw.col(CODE).is_null()).then(1).otherwise(0))
    return coded.group_by(by).agg(
        codes=nw.col("_pg_codes").sum(), rows=nw.col("_pg_rows").sum(), amount=nw.col("_pg_sum").sum()
    )


def _measures(caught: Caught) -> dict[str, nw.Expr]:
    """Rows and amount, 0 of nothing; the amount null where orders have none."""
    amount = nw.col("amount").fill_null(0) if "amount" in caught.schema else nw.lit(None, dtype=nw.Float64)
    return {"rows": whole("rows"), "amount": amount}


def _rule(caught: Caught, group: str | None, number: int) -> GroupRule:
    rules = {f"{each.name} {n}": rule for each in caught.groups for n, rule in enumerate(each.rules, 1)}
    if f"{group} {number}" not in rules:
        raise ChoiceError("rule", f"{group} {number}", [*rules])
    return rules[f"{group} {number}"]

"""Which group a row of orders belongs to, and what a preview says, against plain Python on pandas and DuckDB."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from process_oracle import found, rows_of
from products_oracle import group_of, groups_of, line, orders, preview_table
from usage_oracle import ENGINES
from worlds import PHASES

import analysis as an
from analysis.errors import ChoiceError, DimensionNameError, MissingColumnError, NoGroupError

engines = pytest.mark.parametrize("engine", ENGINES)
CODES = ["BE-030", "be-030", "ＢＥ-030T", "SP-BE03", "LO-150", "美容液", "", None, "BE-0\x1e30", "'; --"]
NAMES = ["美容液 30mL", "化粧水", None]
DAYS = ["2025-03-31 23:59:59", "2025-04-01", "2025-09-30 23:59:59", "2025-10-01", None]


def rule(kind, value, valid_from=None, valid_to=None):
    return {"kind": kind, "value": value} | {
        name: day for name, day in (("valid_from", valid_from), ("valid_to", valid_to)) if day
    }


def grouping(*groups):
    return {"name": "種類", "groups": [{"name": name, "rules": rules} for name, rules in groups]}


SERUM = grouping(("美容液", [rule("code", "BE-030"), rule("prefix", "sp-")]), ("定期", [rule("pattern", "*T")]))


def labels(table, groups, **options):
    return [row["product_group"] for row in rows_of(an.with_groups(table, groups, **options))]


@engines
def test_codes_that_no_group_catches_stay_or_share_a_line(engine):
    rows = [("a", "2026-01-01", code, 1) for code in ("BE-030", "SP-BE03", "BE-030T", "LO-150", None, "")]
    table = orders(*rows, engine=engine)
    assert labels(table, SERUM) == ["美容液", "美容液", "定期", "LO-150", None, None]
    assert labels(table, SERUM, rest="other") == ["美容液", "美容液", "定期", "(other)", None, None]
    assert labels(table, None) == ["BE-030", "SP-BE03", "BE-030T", "LO-150", None, None]


@engines
def test_of_two_groups_the_first_listed_has_the_code(engine):
    both = [rule("prefix", "BE")], [rule("code", "BE-030")]
    table = orders(("a", "2026-01-01", "BE-030", 1), engine=engine)
    assert labels(table, grouping(("x", both[0]), ("y", both[1]))) == ["x"]
    assert labels(table, grouping(("y", both[1]), ("x", both[0]))) == ["y"]


@engines
def test_a_code_that_reads_like_a_group_is_not_taken_for_it(engine):
    table = orders(("a", "2026-01-01", "美容液", 1), ("a", "2026-01-01", "BE-030", 1), engine=engine)
    assert labels(table, SERUM) == ["美容液 (code)", "美容液"]


@engines
@pytest.mark.parametrize(
    ("at", "caught"),
    [
        ("2025-03-31 23:59:59", False),
        ("2025-04-01", True),
        ("2025-09-30 23:59:59", True),
        ("2025-10-01", False),
        (None, False),
    ],
)
def test_a_rule_holds_from_its_first_to_its_last_day(engine, at, caught):
    for value in (rule("code", "A"), rule("attribute", "name=n")):
        held = grouping(("x", [{**value, "valid_from": "2025-04-01", "valid_to": "2025-09-30"}]))
        table = orders({"ordered_at": at, "product_code": "A", "name": "n"}, engine=engine)
        assert labels(table, held) == ["x" if caught else "A"]


@engines
def test_a_group_can_look_at_another_column_even_where_the_code_is_blank(engine):
    table = orders({"name": "美容液 見本"}, {"name": "化粧水", "product_code": "LO"}, {"name": None}, engine=engine)
    assert labels(table, grouping(("x", [rule("attribute", "name=*美容液*")]))) == ["x", "LO", None]


def test_numbers_are_codes_too():
    table = pd.DataFrame({"product_code": [1, 2, 3], "amount": [1, 2, 3]})
    assert labels(table, grouping(("x", [rule("code", "2"), rule("prefix", "3")]))) == ["1", "x", "x"]


RULES = st.builds(
    lambda rule, days: rule | {side: day for side, day in zip(("valid_from", "valid_to"), days, strict=True) if day},
    st.sampled_from(
        [
            *[rule("code", code) for code in CODES if code],
            *[rule("prefix", prefix) for prefix in ("b", "ＢＥ-", "lo")],
            *[rule("pattern", pattern) for pattern in ("*0", "BE-03?*", "?P-*", "*")],
            rule("attribute", "name=化粧水"),
        ]
    ),
    st.sampled_from(
        [(None, None), (None, None), ("2025-04-01", None), (None, "2025-09-30"), ("2025-04-01", "2025-09-30")]
    ),
)
GROUPINGS = st.lists(st.lists(RULES, min_size=1, max_size=3), min_size=1, max_size=3).map(
    lambda groups: grouping(*zip(["美容液", "LO-150", "c"], groups, strict=False))
)
LINES = st.lists(
    st.tuples(
        st.just("a"),
        st.sampled_from(DAYS),
        st.sampled_from(CODES),
        st.integers(-3, 9),
        st.none(),
        st.sampled_from(NAMES),
    ),
    min_size=1,
    max_size=8,
)


def check(engine, lines, groups):
    rows, table = [line(row) for row in lines], orders(*lines, engine=engine)
    for rest in ("code", "other"):
        assert labels(table, groups, rest=rest) == [group_of(row, groups, rest) for row in rows]
    told = found(an.preview(table, groups), "part", "group", "number")
    assert {where: (row["codes"], row["rows"], row["amount"]) for where, row in told.items()} == preview_table(
        rows, groups
    )
    for (part, group, number), row in told.items():
        behind = rows_of(an.preview_codes(table, groups, part=part, group=group, number=number))
        assert sum(each["rows"] for each in behind) == row["rows"]
        assert len({each["product_code"] for each in behind} - {None}) == row["codes"]
    listed = {(r["product_code"], r["product_group"], r["also_in"]) for r in rows_of(an.preview_codes(table, groups))}
    expected = [(row.get("product_code") or None, [*groups_of(row, groups), None, None][:2]) for row in rows]
    assert listed == {(code, first, second) for code, (first, second) in expected}


given_orders = given(lines=LINES, groups=GROUPINGS)


@engines
@settings(max_examples=3, phases=PHASES)
@given_orders
def test_agrees_with_one_line_at_a_time(engine, lines, groups):
    check(engine, lines, groups)


@pytest.mark.long
@engines
@settings(max_examples=12, phases=PHASES)
@given_orders
def test_agrees_with_one_line_at_a_time_at_length(engine, lines, groups):
    check(engine, lines, groups)


@engines
def test_every_row_stands_in_one_part_of_the_preview(engine):
    rows = [("a", "2026-01-01", code, amount) for code, amount in zip(CODES, range(1, 99), strict=False)]
    told = found(an.preview(orders(*rows, engine=engine), SERUM), "part", "group", "number")
    parts = {part: told[part, None, 0] for part in ("all", "one", "several", "none", "blank")}
    for number in ("rows", "amount", "codes"):
        assert parts["all"][number] == sum(parts[p][number] for p in ("one", "several", "none", "blank"))
    assert (parts["all"]["rows"], parts["blank"]["rows"]) == (len(CODES), 2)
    assert told["rule", "美容液", 1]["codes"] == 2  # BE-030 and be-030


@engines
def test_a_rule_that_catches_nothing_is_a_row_of_nothing(engine):
    told = found(
        an.preview(orders(("a", "2026-01-01", "A", 1), engine=engine), grouping(("x", [rule("code", "B")]))), "part"
    )
    assert [told["rule"][name] for name in ("kind", "value", "codes", "rows", "amount")] == ["code", "B", 0, 0, 0]


@engines
def test_orders_without_amounts_or_days_are_previewed_too(engine):
    table = ENGINES[engine](pd.DataFrame({"product_code": ["A", "B"]}, dtype="str"))
    told = found(an.preview(table, grouping(("x", [rule("code", "A")]))), "part", "group", "number")
    assert (told["all", None, 0]["rows"], told["all", None, 0]["amount"]) == (2, None)


# Used by others


@engines
def test_a_funnel_goes_from_group_to_group(engine):
    rows = [("a", "2026-01-01", "SP-BE03", 1), ("a", "2026-01-05", "BE-030T", 1), ("b", "2026-01-02", "BE-030", 1)]
    log = an.product_activity(orders(*rows, engine=engine), SERUM)
    steps = found(an.funnel(log, ["美容液", "定期"], as_of=date(2026, 1, 31)), "step")
    assert [steps[name]["reached"] for name in ("美容液", "定期")] == [2, 1]
    assert {row["order_id"] for row in rows_of(log)} == {None}


@engines
def test_a_metric_over_orders_can_be_asked_about_a_group(engine):
    def customers(orders, *, where):
        return {row["customer_id"] for row in rows_of(orders) if row["product_group"] == where}

    table = orders(("a", "2026-01-01", "BE-030", 1), ("b", "2026-01-01", "LO-150", 1), engine=engine)
    assert an.in_groups(customers)(table, groups=SERUM, where="美容液") == {"a"}
    assert an.in_groups(customers)(table, groups=None, where="LO-150") == {"b"}


# Mistakes


def test_mistakes_are_said_in_a_sentence():
    table = orders(("a", "2026-01-01", "A", 1))
    with pytest.raises(MissingColumnError, match="product_code"):
        an.with_groups(table.drop(columns="product_code"), SERUM)
    with pytest.raises(MissingColumnError, match="品名"):
        an.with_groups(table, grouping(("x", [rule("attribute", "品名=A")])))
    with pytest.raises(MissingColumnError, match="ordered_at"):
        an.with_groups(table.drop(columns="ordered_at"), grouping(("x", [rule("code", "A", "2026-01-01")])))
    with pytest.raises(DimensionNameError, match="product_group"):
        an.with_groups(table.assign(Product_Group="x"), SERUM)
    with pytest.raises(NoGroupError, match="種類"):
        an.with_groups(table, grouping())
    with pytest.raises(ChoiceError, match="others"):
        an.with_groups(table, SERUM, rest="others")
    with pytest.raises(ChoiceError, match="two"):
        an.preview_codes(table, SERUM, part="two")
    with pytest.raises(ChoiceError, match="美容液 9"):
        an.preview_codes(table, SERUM, part="rule", group="美容液", number=9)

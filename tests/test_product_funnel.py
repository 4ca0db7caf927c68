"""The funnel over purchases: literal rows, plain Python, the page of products, and the form that a workspace keeps."""

from datetime import date, datetime, timedelta

import pytest
from engine_data import put
from funnel_oracle import OracleStep
from funnel_oracle import people as oracle_people
from funnel_oracle import table as oracle_table
from hypothesis import given, settings
from hypothesis import strategies as st
from process_oracle import found, moment, rows_of
from products_oracle import line, orders, purchases
from usage_oracle import ENGINES
from worlds import PHASES

import analysis as an
from analysis.errors import DimensionNameError, MissingColumnError, UnknownProductError
from analysis.funnel_arrays import FunnelArrays
from analysis.funnel_steps import ORDERS, STATES, Step
from analysis.workspace import Workspace

engines = pytest.mark.parametrize("engine", ENGINES)
SERUM = {
    "name": "種類",
    "groups": [
        {"name": "美容液", "rules": [{"kind": "prefix", "value": "BE-"}]},
        {"name": "化粧水", "rules": [{"kind": "pattern", "value": "LO-*"}]},
    ],
}
JANUARY = an.Period(date(2026, 1, 1), date(2026, 2, 1))
SHOP = [
    ("a", "2026-01-01 09:00", "SP-1", 10, "o1", "店"),
    ("a", "2026-01-11 09:00", "BE-030", 60, "o2", "通販"),
    ("a", "2026-01-21 09:00", "BE-030T", 60, "o3", "店"),
    ("b", "2026-01-05", "SP-1", 10, "o4", "通販"),
    ("b", "2026-01-08", "BE-030", -60, "o5", "通販"),  # taken back: no purchase
    ("c", "2026-01-25", "SP-1", 10, "o6", None),
    ("d", "2026-01-06", "SP-1", 10, "o7", "店"),
    ("d", "2026-01-06", "BE-030", 60, "o7", "店"),  # in the same order, so it is not later
    (None, "2026-01-07", "SP-1", 10, "o8", "店"),
    ("z", "2026-02-01", "LO-150", 1, "o9", "店"),
]
COUNTS = ("entered", "reached", "waiting", "lost")


def pick(row, *names):
    return tuple(row[name] for name in names)


def steps_of(result, *keys):
    return found(result, *keys, "position")


@engines
def test_customers_go_from_a_code_to_a_group(engine):
    table = orders(*SHOP, engine=engine)
    result = steps_of(an.product_funnel(table, ["SP-1", "美容液"], groups=SERUM, within="14d", period=JANUARY))
    assert {place: pick(row, "step", *COUNTS) for place, row in result.items()} == {
        1: ("SP-1", 4, 4, 0, 0),
        2: ("美容液", 4, 1, 1, 2),
    }
    assert pick(result[2], "overall_rate", "median_days") == (1 / 4, 10.0)
    bare = steps_of(an.product_funnel(table, ["SP-1", "BE-030", "BE-030T"]))
    assert [row["reached"] for row in bare.values()] == [4, 1, 1]


@engines
@pytest.mark.parametrize(("state", "who"), [("reached", "a"), ("waiting", "c"), ("lost", "bd")])
def test_every_number_opens_into_its_customers(engine, state, who):
    table = orders(*SHOP, engine=engine)
    options = {"groups": SERUM, "within": "14d", "period": JANUARY, "position": 2}
    listed = rows_of(an.product_funnel_people(table, ["SP-1", "美容液"], state=state, **options))
    assert "".join(sorted(row["customer_id"] for row in listed)) == who
    until = {row["customer_id"]: row["waits_until"] for row in listed}
    assert until.get("c") in (None, datetime(2026, 2, 8))


@engines
def test_a_dimension_is_the_value_of_the_line_at_the_first_step(engine):
    table = orders(*SHOP, engine=engine)
    result = steps_of(an.product_funnel(table, ["SP-1", "美容液"], groups=SERUM, by="name"), "name")
    assert {where: row["reached"] for where, row in result.items()} == {
        ("店", 1): 2,
        ("店", 2): 1,
        ("通販", 1): 1,
        ("通販", 2): 0,
        (None, 1): 1,
        (None, 2): 0,
    }
    options = {"groups": SERUM, "position": 1, "state": "reached"}
    blank = rows_of(an.product_funnel_people(table, ["SP-1", "美容液"], group={"name": None}, **options))
    assert [row["customer_id"] for row in blank] == ["c"]


@engines
def test_ways_of_writing_that_were_merged_are_one_customer(engine):
    table = orders(("a", "2026-01-01", "A", 1), ("Ａ", "2026-01-05", "B", 1), engine=engine)
    assert [row["reached"] for row in steps_of(an.product_funnel(table, ["A", "B"])).values()] == [1, 0]
    merged = an.product_funnel(table, ["A", "B"], merges={"Ａ": "a"})
    assert [row["reached"] for row in steps_of(merged).values()] == [1, 1]


@engines
def test_lines_of_one_order_share_its_moment_and_two_of_one_product_are_one_purchase(engine):
    rows = [("a", "2026-01-01 10:00", "A", 1, "o1"), ("a", "2026-01-01 10:05", "A", 1, "o1")]
    table = orders(*rows, ("a", "2026-01-01 10:09", "B", 1, "o1"), engine=engine)
    assert [row["reached"] for row in steps_of(an.product_funnel(table, ["A", "B"])).values()] == [1, 0]
    twice = steps_of(an.product_funnel(table, ["A", "A"], order="unordered"))
    assert [row["reached"] for row in twice.values()] == [1, 0]


@engines
def test_a_condition_holds_for_a_purchase_where_one_of_its_lines_fulfils_it(engine):
    rows = [("a", "2026-01-01", "A", 1, "o1"), ("a", "2026-01-01", "A", 9, "o1"), ("b", "2026-01-01", "A", 1, "o2")]
    large = Step("A", where={"column": "amount", "at_least": 5})
    table = orders(*rows, engine=engine)
    assert steps_of(an.product_funnel(table, [large]))[1]["reached"] == 1
    assert steps_of(an.product_funnel(table, [large], by="name"), "name")[None, 1]["reached"] == 1


@engines
def test_with_returns_as_written_they_are_purchases(engine):
    table = orders(*SHOP, engine=engine)
    options = {"groups": SERUM, "cancellations": "as_written"}
    assert steps_of(an.product_funnel(table, ["SP-1", "美容液"], **options))[2]["reached"] == 2


@engines
def test_what_was_bought_can_be_a_step(engine):
    result = found(an.bought_products(orders(*SHOP, engine=engine), groups=SERUM), "product")
    assert {product: row["customers"] for product, row in result.items()} == {"SP-1": 4, "美容液": 2, "化粧水": 1}


@engines
def test_the_first_two_purchases_are_those_of_the_page_of_products(engine):
    """Who goes strictly from their first purchase to the next is who `next_products` says went this way."""
    rows = [
        (who, f"2026-01-0{day}", code, 1, f"o{who}{day}")
        for who, codes in {"a": "AB", "b": "AB", "c": "AC", "d": "BA", "e": "A"}.items()
        for day, code in enumerate(codes, 1)
    ]
    table = orders(*rows, engine=engine)
    ways = found(an.next_products(table), "from_product", "to_product", "nothing")
    result = steps_of(an.product_funnel(table, ["A", "B"], order="strict", period=an.Period.parse("2026-01-01")))
    assert result[1]["reached"] == ways["A", "B", 0]["from_customers"] == 4
    assert result[2]["reached"] == ways["A", "B", 0]["customers"] == 2


# Against plain Python

CODES = ["A", "B", "BE-1", "BE-2", None]
LINES = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", None]),
        st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 9)).map(
            lambda at: at.replace(minute=0, second=0, microsecond=0, hour=at.hour // 12 * 12)
        ),
        st.sampled_from(CODES),
        st.sampled_from([-5, 0, 3]),
        st.sampled_from(["1", "2", "3", "C4", None]),
    ),
    min_size=1,
    max_size=14,
)
worlds = given(
    lines=LINES,
    order=st.sampled_from(ORDERS),
    within=st.sampled_from([None, 2]),
    period=st.sampled_from([None, an.Period(date(2026, 1, 2), date(2026, 1, 6))]),
    names=st.lists(st.sampled_from(["A", "B", "美容液"]), min_size=1, max_size=3),
)


def events_of(rows):
    """Purchases as the oracle of products says, as the log that the oracle of the funnel takes."""
    bought, known = purchases(rows, grouping=SERUM)
    events = [
        {"user_id": who, "occurred_at": at, "activity": what}
        for who, when in bought.items()
        for at, bag in when.items()
        for what in bag
    ]
    return events, known


def check(engine, lines, order, within, period, names):
    # every product is bought once, a year before: none is unknown, and nobody enters then
    early = [(f"early {code}", "2025-01-01", code, 1, f"e{code}") for code in ("A", "B", "BE-1")]
    every = [*lines, *early]
    events, known = events_of([line(row) for row in every])
    period = period or an.Period(date(2026, 1, 1), date(2027, 1, 1))
    length = timedelta(days=within) if within else None
    said = {"period": period, "within": length, "order": order, "as_of": known}
    asked = [OracleStep((name,)) for name in names]
    options = {"groups": SERUM, "period": period, "within": within, "order": order}
    table = orders(*every, engine=engine)
    result = steps_of(an.product_funnel(table, names, **options))
    expected = {place: row for (_, place), row in oracle_table(events, asked, **said).items()}
    for place, row in expected.items():
        for name, value in row.items():
            assert result[place][name] == pytest.approx(value), (place, name)
    everyone, last = oracle_people(events, asked, **said), len(names)
    for state in STATES:
        listed = rows_of(an.product_funnel_people(table, names, position=last, state=state, **options))
        assert sorted(row["customer_id"] for row in listed) == sorted(
            each.user for each in everyone if each.states[last] == state
        )


@engines
@settings(max_examples=8, phases=PHASES)
@worlds
def test_agrees_with_one_purchase_at_a_time(engine, lines, order, within, period, names):
    check(engine, lines, order, within, period, names)


@pytest.mark.long
@engines
@settings(max_examples=60, phases=PHASES)
@worlds
def test_agrees_with_one_purchase_at_a_time_at_length(engine, lines, order, within, period, names):
    check(engine, lines, order, within, period, names)


# The form that a workspace keeps


def plain(result, *keys):
    rows = rows_of(result[[*keys]])
    return sorted((tuple(None if value != value else value for value in row.values()) for row in rows), key=str)


RESULT = ("step", "position", *COUNTS, "step_rate", "overall_rate", "median_days", "p90_days_from_start")


@settings(max_examples=8, phases=PHASES)
@given(lines=LINES, order=st.sampled_from(ORDERS), within=st.sampled_from([None, 2]), by=st.sampled_from([(), "店"]))
def test_what_a_workspace_keeps_agrees_with_the_table(tmp_path_factory, lines, order, within, by):
    early = [("z", datetime(2025, 1, 1), code, 1, "e") for code in ("A", "BE-1")]
    rows = [line(row) | {"店": str(row[3])} for row in [*lines, *early]]
    ws = Workspace.open(tmp_path_factory.mktemp("purchases") / "workspace")
    put(ws, "orders", rows)
    steps = ["A", Step("美容液", where={"column": "amount", "at_least": 1})]
    options = {"groups": SERUM, "within": within, "order": order}
    table = ws.table("orders")
    keys = [by, *RESULT] if by else RESULT
    expected = an.product_funnel(table, steps, by=by, **options)
    assert plain(ws.run(an.product_funnel, steps, by=by, **options), *keys) == plain(expected, *keys)
    bought = an.bought_products(table, groups=SERUM)
    assert plain(ws.run(an.bought_products, groups=SERUM), *bought.columns) == plain(bought, *bought.columns)
    group = {"店": "3"} if by else None
    for state in STATES:
        asked = {"position": 2, "state": state, "group": group, **options}
        listed = an.product_funnel_people(table, steps, **asked)
        found_there = ws.run(an.product_funnel_people, steps, **asked)
        assert plain(found_there, *listed.columns) == plain(listed, *listed.columns)
    ws.close()


def imported(*rows):
    """Lines as a workspace takes them."""
    return [{**each, "ordered_at": moment(each["ordered_at"])} for each in map(line, rows)]


@pytest.fixture
def ws(tmp_path):
    workspace = Workspace.open(tmp_path / "workspace")
    put(workspace, "orders", imported(*SHOP))
    yield workspace
    workspace.close()


def reached(ws, *steps, **options):
    return ws.run(an.product_funnel, steps, **options).sort_values("position")["reached"].tolist()


def test_another_way_of_counting_is_another_answer(ws):
    assert reached(ws, "SP-1", "BE-030") == [4, 1]
    assert reached(ws, "SP-1", "美容液", groups=SERUM) == [4, 1]
    assert reached(ws, "SP-1", "BE-030", cancellations="as_written") == [4, 2]
    assert reached(ws, "SP-1", "BE-030", merges={"c": "a"}) == [3, 1]
    assert reached(ws, "SP-1", "BE-030", where={"column": "name", "in": ["通販"]}) == [1, 0]
    assert reached(ws, "SP-1", "BE-030", as_of=date(2026, 1, 10), where={"column": "amount", "at_least": 0}) == [3, 0]
    assert reached(ws, "SP-1", "BE-030") == [4, 1]


def test_purchases_are_sorted_once_for_all_questions_that_read_no_more(ws, monkeypatch):
    sorted_for, prepare = [], FunnelArrays.prepare

    def counted(log, *, columns):
        sorted_for.append(len(columns))
        return prepare(log, columns=columns)

    monkeypatch.setattr(FunnelArrays, "prepare", counted)
    ws.run(an.bought_products)
    for _ in range(2):
        assert reached(ws, "SP-1", "BE-030") == [4, 1]
    assert sorted_for == [0]
    large = Step("SP-1", where={"column": "amount", "at_least": 10})
    ws.run(an.product_funnel, [large, "BE-030"], by="name")
    assert reached(ws, large, "BE-030", order="strict") == [4, 1]
    ws.run(an.product_funnel_people, ["SP-1"], position=1, state="reached", group={"name": "店"})
    assert sorted_for == [0, 2]


def test_an_undone_import_leaves_the_numbers_and_comes_back_with_redo(ws):
    later = put(ws, "orders", imported(("e", "2026-01-02", "SP-1", 1, "o10"), ("e", "2026-01-03", "BE-030", 1)))
    assert reached(ws, "SP-1", "BE-030") == [5, 2]
    ws.undo(later.id)
    assert reached(ws, "SP-1", "BE-030") == [4, 1]
    ws.redo(later.id)
    assert reached(ws, "SP-1", "BE-030") == [5, 2]


# Mistakes


@pytest.mark.parametrize("kept", [False, True])
def test_mistakes_are_said_in_a_sentence(ws, kept):
    def ask(steps, **options):
        if kept:
            return ws.run(an.product_funnel, steps, **options)
        return an.product_funnel(orders(*SHOP), steps, **options)

    with pytest.raises(UnknownProductError, match=r'"SP-2".*"SP-1"'):
        ask(["SP-2"])
    with pytest.raises(UnknownProductError, match="化粧品"):
        ask(["化粧品"], groups=SERUM)
    with pytest.raises(MissingColumnError, match="色"):
        ask(["SP-1"], by="色")
    with pytest.raises(MissingColumnError, match="色"):
        ask([Step("SP-1", where={"column": "色", "in": ["赤"]})])
    with pytest.raises(DimensionNameError, match="name"):
        ask(["SP-1"], by=["name", "name"])

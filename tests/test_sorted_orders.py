"""A workspace counts measures and RFM over sorted order lines: the same as over its table, through every change."""

from datetime import date, datetime
from decimal import Decimal

import pandas as pd
import pytest
from engine_data import put
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import PHASES

import analysis as an
from analysis.errors import BeforeFirstOrderError, ChoiceError
from analysis.order_arrays import COVERED, sort
from analysis.order_lines import CANCELLATIONS
from analysis.workspace import Workspace

KNOWN = [None, date(2026, 6, 1), date(2026, 6, 15), date(2026, 6, 30)]
PERIODS = [None, an.Period.parse("2026-06"), an.Period(date(2026, 6, 2), date(2026, 6, 16))]
MOMENTS = [
    datetime(2026, 6, 1),
    datetime(2026, 6, 1, 23, 59, 59),
    datetime(2026, 6, 15, 12),
    datetime(2026, 6, 30, 23, 59),
]


def line(customer, at, amount, number=None, **more):
    return {"customer_id": customer, "ordered_at": at, "amount": amount, "order_id": number, **more}


def plain(frame):
    values = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return sorted(values, key=repr)


def over_table(ws, metric, **options):
    """The metric over the table itself."""
    with ws.read() as reader:
        result = metric(reader.table("orders"), **options)
        from analysis.workspace.engine import to_pandas

        return plain(to_pandas(result))


@pytest.fixture
def ws(tmp_path):
    workspace = Workspace.open(tmp_path / "workspace")
    yield workspace
    workspace.close()


lines = st.lists(
    st.builds(
        line,
        customer=st.sampled_from([*"abc", None, ""]),
        at=st.sampled_from(MOMENTS),
        amount=st.sampled_from([Decimal(written) for written in ("1", "2.5", "0.1", "0.2", "-1", "0", "1000")]),
        number=st.sampled_from(["1", "2", "C3", "c4", None, ""]),
        status=st.sampled_from(["売上", "キャンセル", None]),
        quantity=st.sampled_from([1, -1, None]),
    ),
    min_size=1,
    max_size=14,
)


def check(tmp_path_factory, rows, as_of, period, rule):
    ws = Workspace.open(tmp_path_factory.mktemp("orders") / "workspace")
    put(ws, "orders", rows)
    for metric, more in ((an.measure_customers, {"measures": sorted(COVERED)}), (an.rfm, {"bins": 3})):
        options = {"as_of": as_of, "period": period, "cancellations": rule, **more}
        try:
            expected = over_table(ws, metric, **options)
        except BeforeFirstOrderError:
            with pytest.raises(BeforeFirstOrderError):
                ws.run(metric, **options)
            continue
        assert plain(ws.run(metric, **options)) == expected, metric.__name__
    ws.close()


@settings(max_examples=10, phases=PHASES)
@given(rows=lines, as_of=st.sampled_from(KNOWN), period=st.sampled_from(PERIODS), rule=st.sampled_from(CANCELLATIONS))
def test_agrees_with_the_table(tmp_path_factory, rows, as_of, period, rule):
    check(tmp_path_factory, rows, as_of, period, rule)


@pytest.mark.long
@settings(max_examples=60, phases=PHASES)
@given(rows=lines, as_of=st.sampled_from(KNOWN), period=st.sampled_from(PERIODS), rule=st.sampled_from(CANCELLATIONS))
def test_agrees_with_the_table_at_length(tmp_path_factory, rows, as_of, period, rule):
    check(tmp_path_factory, rows, as_of, period, rule)


def test_it_is_the_sorted_form_that_answers_and_what_it_does_not_know_an_engine_does(ws):
    put(ws, "orders", [line("a", MOMENTS[0], 5, "1", area="東"), line("b", MOMENTS[1], 7, "2", area="西")])
    with ws.read() as reader:
        arrays = sort(reader.table("orders"))
        form = an.rfm.over_orders.answer
        assert form(arrays, reader.cursor.from_arrow, as_of=KNOWN[-1]) is not None
        for more in ({"where": {"column": "area", "in": ["東"]}}, {"merges": {"b": "a"}}, {"currency": "JPY"}):
            assert form(arrays, reader.cursor.from_arrow, **more) is None
        measures = an.measure_customers.over_orders.answer
        assert measures(arrays, reader.cursor.from_arrow, measures=["amount"]) is not None
        for more in ({}, {"measures": ["products"]}, {"measures": ["amount"], "customers": object()}):
            assert measures(arrays, reader.cursor.from_arrow, **more) is None
    assert ws.run(an.rfm, where={"column": "area", "in": ["東"]})["customer_id"].tolist() == ["a"]
    assert ws.run(an.measure_customers, merges={"b": "a"}, measures=["amount"])["amount"].tolist() == [12]


def test_an_undone_import_leaves_the_numbers_and_comes_back_with_redo(ws):
    put(ws, "orders", [line("a", MOMENTS[0], 5, "1")])
    later = put(ws, "orders", [line("b", MOMENTS[1], 7, "2")])
    counted = lambda: sorted(ws.run(an.rfm)["customer_id"])  # noqa: E731
    assert counted() == ["a", "b"]
    ws.undo(later.id)
    assert counted() == ["a"]
    ws.redo(later.id)
    assert counted() == ["a", "b"]


def test_two_currencies_are_left_to_the_engine_which_asks(ws):
    put(ws, "orders", [line("a", MOMENTS[0], 5, currency="JPY"), line("b", MOMENTS[1], 7, currency="USD")])
    with ws.read() as reader:
        assert sort(reader.table("orders")) is None
    with pytest.raises(an.AnalysisError, match="JPY, USD"):
        ws.run(an.rfm)
    assert ws.run(an.rfm, currency="USD")["monetary"].tolist() == [7]


def test_mistakes_are_the_same(ws):
    put(ws, "orders", [line("a", MOMENTS[0], 5)])
    with pytest.raises(ChoiceError, match="cancellations"):
        ws.run(an.rfm, cancellations="never")
    with pytest.raises(ChoiceError, match="measures"):
        ws.run(an.measure_customers, measures=["sales"])
    with pytest.raises(BeforeFirstOrderError, match="2026-06-01"):
        ws.run(an.rfm, as_of=date(2026, 5, 31))


def test_amounts_that_are_no_exact_numbers_are_left_to_the_engine():
    frame = pd.DataFrame({"customer_id": ["a"], "ordered_at": MOMENTS[:1], "amount": [0.1]})
    assert sort(frame.astype({"ordered_at": "datetime64[us]"})) is None

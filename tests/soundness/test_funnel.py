"""The funnel agrees with a search through everything: portable on pandas and DuckDB, and over sorted arrays."""

import os
from datetime import date, datetime, timedelta

import pandas as pd
import pytest
from funnel_oracle import STATES, OracleStep, people, table
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from usage_oracle import ENGINES, records

import analysis as an

COLUMNS = ("user_id", "occurred_at", "activity", "device")
LONG = os.environ["GENZAICHI_LONG"] == "1"
EXAMPLES = 40 if LONG else 8
pytestmark = [pytest.mark.long] if LONG else []  # the same tests, tried on more
START = datetime(2026, 3, 30)
# coarse, so that moments coincide and windows end exactly where something happens
moments = st.integers(0, 40).map(lambda n: START + timedelta(hours=6 * n))
events = st.fixed_dictionaries(
    {
        "user_id": st.sampled_from(["a", "a", "b", "c", None, ""]),
        "occurred_at": moments,
        "activity": st.sampled_from(["A", "A", "B", "C", "X", None]),
        "device": st.sampled_from(["pc", "phone", None, ""]),
    }
)
logs = st.lists(events, min_size=1, max_size=14)
PC = {"column": "device", "in": ["pc"]}
KINDS = {
    "A": (an.Step("A"), OracleStep(("A",))),
    "B": (an.Step("B"), OracleStep(("B",))),
    "B or C": (an.Step(["B", "C"]), OracleStep(("B", "C"))),
    "C": (an.Step("C"), OracleStep(("C",))),
    "A on pc": (an.Step("A", where=PC), OracleStep(("A",), lambda event: event["device"] == "pc")),
    "B?": (an.Step("B", optional=True), OracleStep(("B",), None, True)),
    "C?": (an.Step(["A", "C"], optional=True), OracleStep(("A", "C"), None, True)),
}
funnels = st.tuples(
    st.sampled_from(["A", "B", "B or C", "A on pc"]), st.lists(st.sampled_from([*KINDS]), min_size=0, max_size=3)
).map(lambda pair: [pair[0], *pair[1]])
options = st.fixed_dictionaries(
    {
        "within": st.sampled_from([None, 0.25, 1, 2.5, 30]).map(lambda n: n and timedelta(days=n)),
        "period": st.sampled_from([None, an.Period.parse("2026-04"), an.Period.parse("2026-04-02..2026-04-03")]),
        "as_of": st.sampled_from([None, date(2026, 4, 3), date(2026, 4, 8), date(2026, 4, 20)]),
        "order": st.sampled_from(["in_order", "in_order", "strict", "unordered"]),
    }
)
checked = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def frame(log):
    texts = ["user_id", "activity", "device"]
    found = pd.DataFrame(log, columns=list(COLUMNS))
    return found.astype({"occurred_at": "datetime64[us]", **dict.fromkeys(texts, "str")})


def asked(log, names, order):
    """The steps of both sides; such as the function refuses are not asked for."""
    done = {event["activity"] for event in log if event["user_id"]}
    steps, oracle = zip(*(KINDS[name] for name in names), strict=True)
    assume(order != "unordered" or not any(step.optional for step in oracle))
    assume(all(done & set(step.names) for step in oracle))
    return list(steps), list(oracle)


def same(result, expected, by):
    rows = {(row[by] if by else None, row["position"]): row for row in records(result)}
    assert rows.keys() == expected.keys()
    for key, numbers in expected.items():
        for name, value in numbers.items():
            assert rows[key][name] == (value if value is None else pytest.approx(value, rel=1e-9)), (key, name)


FORMS = {
    "pandas": lambda log, steps, **more: an.funnel(frame(log), steps, **more),
    "duckdb": lambda log, steps, **more: an.funnel(ENGINES["duckdb"](frame(log)), steps, **more),
    "arrays": lambda log, steps, **more: an.FunnelArrays.prepare(frame(log), columns=["device"]).funnel(steps, **more),
}


def agrees(form, log, names, more, by):
    steps, oracle = asked(log, names, more["order"])
    expected = table(log, oracle, by=by or None, **more)
    same(FORMS[form](log, steps, by=by or (), **more), expected, by)


question = given(log=logs, names=funnels, more=options, by=st.sampled_from(["", "device"]))


@pytest.mark.parametrize("form", ["pandas", "duckdb"])
@checked
@question
def test_every_number_agrees_with_the_search(form, log, names, more, by):
    agrees(form, log, names, more, by)


@settings(checked, max_examples=10 * EXAMPLES)
@question
def test_every_number_over_arrays_agrees_with_the_search(log, names, more, by):
    agrees("arrays", log, names, more, by)


@checked
@given(log=logs, names=funnels, more=options)
def test_the_arrays_agree_with_the_portable_form_on_longer_logs(log, names, more):
    steps, _ = asked(log, names, more["order"])
    moved = [{**e, "user_id": u, "occurred_at": e["occurred_at"] + d} for u, d in shifts() for e in log if e["user_id"]]
    assume(moved)
    portable = records(FORMS["pandas"](moved, steps, by="device", **more))
    fast = records(FORMS["arrays"](moved, steps, by="device", **more))
    assert sorted(fast, key=place) == [pytest.approx(row, nan_ok=True) for row in sorted(portable, key=place)]


def shifts():
    return [(f"u{i % 5}", timedelta(days=i, microseconds=i % 2)) for i in range(12)]


def place(row):
    return str(row["device"]), row["position"]


@checked
@given(log=logs, names=funnels, more=options, state=st.sampled_from(STATES), group=st.sampled_from([{}, "pc", None]))
def test_every_list_holds_the_people_of_its_number(log, names, more, state, group):
    steps, oracle = asked(log, names, more["order"])
    by = None if group == {} else "device"
    chosen = {} if group == {} else {"device": group}
    everyone = people(log, oracle, by=by, **more)
    arrays = an.FunnelArrays.prepare(frame(log), columns=["device"])
    for k in range(1, len(steps) + 1):
        mine = [each for each in everyone if each.states[k] == state and (by is None or each.group == group)]
        expected = sorted((each.user, each.start, each.furthest, each.times[k]) for each in mine)
        for found in (
            an.funnel_people(frame(log), steps, position=k, state=state, group=chosen, **more),
            arrays.people(steps, position=k, state=state, group=chosen, **more),
        ):
            rows = [(r["user_id"], r["entered_at"], r["furthest"], r["reached_at"]) for r in records(found)]
            assert sorted(rows) == expected


@checked
@given(log=logs, names=funnels, more=options)
def test_each_step_splits_the_entered_into_three(log, names, more):
    steps, _ = asked(log, names, more["order"])
    rows = records(FORMS["arrays"](log, steps, **more))
    assert all(row["entered"] == row["reached"] + row["waiting"] + row["lost"] for row in rows)
    assert more["within"] is not None or all(row["lost"] == 0 for row in rows)

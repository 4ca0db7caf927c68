"""Whatever form answers a call (events, days of use, arrays), the number is that of the portable form over events."""

import math
import sys
from datetime import date, datetime, timedelta
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pytest
from engine_data import put
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import analysis as an
from analysis.movement import mix_effect
from analysis.period import EVERY, Period
from analysis.workspace import Workspace
from analysis.workspace.choice import Call
from analysis.workspace.engine import to_pandas

ACCOUNTS = ["001", "002", "003", "004", "005", "山田", "Z9"]
IDS = [*ACCOUNTS, "x1", "x2"]
FIRST = date(2025, 12, 20)
SPAN = 110
EXAMPLES = 300 if "--long" in sys.argv else 12

days = st.integers(0, SPAN).map(lambda n: FIRST + timedelta(days=n))
midnights = days.map(lambda day: datetime(day.year, day.month, day.day))
seconds = st.sampled_from([0, 1, 43_200, 86_399])
moments = st.tuples(midnights, seconds).map(lambda pair: pair[0] + timedelta(seconds=pair[1]))
events = st.fixed_dictionaries(
    {
        "user_id": st.sampled_from(IDS),
        "occurred_at": moments,
        "activity": st.sampled_from(["login", "order", None]),
        "端末": st.sampled_from(["PC", "タブレット", None]),
    }
)
logs = st.lists(events, min_size=1, max_size=40)
account = st.fixed_dictionaries(
    {
        "エリア": st.sampled_from(["関東", "近畿", None]),
        "区分": st.sampled_from(["営業", "店舗", "営業 ", None]),
        "valid_from": st.none() | midnights,
        "valid_to": st.none() | midnights,
        "status": st.sampled_from([None, "有効", "停止", "DISABLED"]),
    }
)
rosters = st.dictionaries(st.sampled_from(ACCOUNTS), account, min_size=1).map(
    lambda found: [{"user_id": key, **fields} for key, fields in found.items()]
)
periods = st.tuples(days, st.integers(1, 70)).map(lambda pair: Period(pair[0], pair[0] + timedelta(days=pair[1])))
rules = st.sampled_from(
    [
        None,
        {"all": []},
        {"all": [{"column": "エリア", "in": ["関東", None]}]},
        {
            "all": [
                {"column": "エリア", "not_in": ["関東"]},
                {"any": [{"column": "区分", "in": ["店舗"]}, {"column": "区分", "contains": "営"}]},
            ]
        },
        {"any": [{"column": "エリア", "in": ["近畿"]}, {"column": "区分", "in": [None]}]},
        {"all": [{"column": "valid_from", "at_least": "2026-01-05"}]},
        {"all": [{"column": "user_id", "in": ["001", "山田", "x1"]}]},
        {"all": [{"column": "端末", "in": ["PC"]}]},
        {"all": [{"column": "activity", "in": ["login", None]}]},
        {"all": [{"column": "occurred_at", "below": "2026-01-20T12:00"}]},
    ]
)
choices = st.fixed_dictionaries(
    {
        "valid": st.sampled_from(["end", "any", "start"]),
        "activities": st.sampled_from([None, "login", ["order", None], ["nothing"]]),
        "where": rules,
        "as_of": st.none() | days,
    }
)
dimensions = st.sampled_from(
    [
        [],
        ["エリア"],
        ["区分", "エリア"],
        ["activity"],
        ["端末"],
        ["エリア", "端末"],
        ["user_id"],
        ["status"],
        ["occurred_at"],
    ]
)


@st.composite
def calls(draw) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """A metric, its arguments and options."""
    name = draw(st.sampled_from(["rate", "trend", "pivot", "people", "equation", "overlap", "movement", "mix"]))
    period, options = draw(periods), draw(choices)
    if name == "rate":
        return an.active_rate, (period,), {**options, "by": draw(dimensions)}
    if name == "trend":
        more = {"every": draw(st.sampled_from(EVERY)), "by": draw(dimensions), "fiscal_start": draw(st.integers(1, 12))}
        return an.active_rate_trend, (period,), {**options, **more}
    if name == "pivot":
        rows = draw(st.sampled_from([["エリア"], ["エリア", "区分"], ["区分", "activity"]]))
        return (
            an.active_rate_pivot,
            (period,),
            {**options, "rows": rows, "columns": draw(st.sampled_from([[], ["status"]]))},
        )
    if name == "people":
        state = draw(st.sampled_from(["valid", "active", "inactive", "never", "invalid", "outside"]))
        return an.people, (period,), {**options, "state": state}
    if name == "equation":
        return an.id_equation, (period,), options
    if name == "overlap":
        return an.overlap, (period, draw(st.sampled_from(["エリア", "activity", "端末"]))), options
    return draw(moves(an.movement if name == "movement" else mix_effect))


@st.composite
def moves(draw, *metrics: Any) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """A metric that compares two periods, its arguments and options."""
    more = {"previous": draw(st.none() | periods), "by": draw(dimensions)}
    return draw(st.sampled_from(metrics)), (draw(periods),), {**draw(choices), **more}


QUICK = [Phase.explicit, Phase.reuse, Phase.generate]  # an example takes a second: no shrinking


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), phases=QUICK)
@given(
    st.lists(rosters, min_size=1, max_size=3),
    st.lists(days, min_size=3, max_size=3),
    st.lists(logs, min_size=1, max_size=3),
    st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=3),
    st.lists(calls(), min_size=4, max_size=8),
)
def test_every_form_gives_the_number_of_the_events(people, roster_days, uses, changes, questions):
    with TemporaryDirectory() as folder:
        ws = Workspace.open(folder)
        try:
            for roster, day in zip(people, roster_days, strict=False):
                put(ws, "users", roster, as_of=day)
            for log in [*uses, uses[0] + uses[-1]]:
                put(ws, "activity", log)
            for undo, position in changes:
                known = ws.imports()
                (ws.undo if undo else ws.redo)(known[position % len(known)].id)
            for metric, args, options in questions:
                compare(ws, metric, args, options)
        finally:
            ws.close()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), phases=QUICK)
@given(st.lists(rosters, min_size=2, max_size=3), st.lists(days, min_size=3, max_size=3), logs, st.data())
def test_who_moved_from_one_roster_to_another(people, roster_days, uses, data):
    with TemporaryDirectory() as folder:
        ws = Workspace.open(folder)
        try:
            for roster, day in zip(people, roster_days, strict=False):
                put(ws, "users", roster, as_of=day)
            put(ws, "activity", uses)
            for metric, args, options in data.draw(st.lists(moves(an.movement, mix_effect), min_size=4, max_size=8)):
                compare(ws, metric, args, options)
        finally:
            ws.close()


def compare(ws: Workspace, metric: Any, args: tuple[Any, ...], options: dict[str, Any]) -> None:
    """The workspace's answer, and each form it might have chosen, against events and all rosters."""
    with ws.read() as r:
        users = r.table("users", history=True)
        if "activity" not in r.columns("activity") or "エリア" not in r.columns("users"):
            return
        expected = outcome(lambda: metric(users, r.table("activity"), *args, **options))
        call = Call(r, metric, args, options) if isinstance(expected, list) else None
        if call and call.whole_days:
            usage = ws.answers.usage(r.imports("activity"))
            found = outcome(lambda: call.days(usage))
            assert same(found, expected), ("days", metric.__name__, args, options, found, expected)
    found = outcome(lambda: ws.run(metric, *args, **options))
    assert same(found, expected), (metric.__name__, args, options, found, expected)


def outcome(answer: Any) -> list[tuple[Any, ...]] | str:
    """Rows in order, or the code of the mistake."""
    try:
        frame = to_pandas(answer())
    except an.AnalysisError as error:
        return error.code
    columns = sorted(frame.columns)
    plain = frame[columns].astype(object).where(frame[columns].notna(), None)
    return [tuple(columns), *sorted(plain.itertuples(index=False, name=None), key=repr_of)]


def repr_of(row: tuple[Any, ...]) -> str:
    return repr([round(value, 9) if isinstance(value, float) else value for value in row])


def same(found: Any, expected: Any) -> bool:
    if isinstance(found, str) or isinstance(expected, str) or len(found) != len(expected):
        return found == expected
    return all(
        alike(a, b) for left, right in zip(found, expected, strict=True) for a, b in zip(left, right, strict=True)
    )


def alike(a: Any, b: Any) -> bool:
    """Counts exactly, rates and bounds to 1e-12."""
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-12)
    return a == b


@pytest.fixture
def ws(tmp_path):
    workspace = Workspace.open(tmp_path / "ws")
    yield workspace
    workspace.close()


def test_the_arrays_cover_what_the_page_asks_most(ws):
    """A form that silently declined every call would pass the property test and be slow."""
    put(ws, "users", [{"user_id": "a", "エリア": "関東", "valid_from": datetime(2026, 1, 1)}], as_of=date(2026, 1, 1))
    put(ws, "activity", [{"user_id": "a", "occurred_at": datetime(2026, 3, 1), "activity": "login"}])
    period, rule = Period.parse("2026-03"), {"all": [{"column": "エリア", "in": ["関東"]}]}
    asked = [
        (an.active_rate, {"by": ["エリア"], "where": rule}),
        (an.active_rate_pivot, {"rows": ["エリア"], "columns": ["status"], "activities": ["login"]}),
        (an.id_equation, {"where": rule}),
        (an.active_rate_trend, {"every": "week", "where": rule, "valid": "any"}),
        (an.movement, {"by": ["エリア"], "where": rule}),
        (an.movement, {"previous": Period.parse("2026-01")}),
        (mix_effect, {"previous": Period.parse("2026-01"), "by": ["エリア"], "where": rule}),
    ]
    put(ws, "users", [{"user_id": "a", "エリア": "関東", "status": "有効"}], as_of=date(2026, 2, 1))
    with ws.read() as r:
        usage = ws.answers.usage(r.imports("activity"))
        for metric, options in asked:
            found = Call(r, metric, (period,), options).arrays(usage, ws.answers._rosters)
            assert isinstance(found, pd.DataFrame), metric.__name__


def test_derived_files_may_be_deleted_at_any_time(ws):
    put(ws, "users", [{"user_id": "a"}], as_of=date(2026, 1, 1))
    log = put(ws, "activity", [{"user_id": "a", "occurred_at": datetime(2026, 3, 1)}])
    put(ws, "activity", [{"user_id": "a", "occurred_at": datetime(2026, 3, 1)}] * 2)
    period = Period.parse("2026-03")
    assert ws.run(an.active_rate, period)["active_users"].tolist() == [1]
    for path in sorted(ws.layout.derived.rglob("*.parquet")):
        path.unlink()
    ws.answers.close()
    assert ws.run(an.active_rate, period)["active_users"].tolist() == [1]
    assert len(ws.table("activity")) == 2
    assert log.active


def test_what_derived_holds_of_an_erased_import_goes(ws):
    put(ws, "activity", [{"user_id": "keeps-this-one", "occurred_at": datetime(2026, 3, 1)}])
    gone = put(ws, "activity", [{"user_id": "erase-this-one", "occurred_at": datetime(2026, 3, 2)}])
    ws.prepare()
    ws.erase(gone.id)
    left = b"".join(path.read_bytes() for path in ws.layout.derived.rglob("*") if path.is_file())
    assert b"erase-this-one" not in left
    assert b"keeps-this-one" in left

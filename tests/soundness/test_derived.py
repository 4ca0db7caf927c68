"""Whatever form answers a call (events, days of use, arrays), the number is that of the portable form over events."""

import math
from datetime import date, datetime, timedelta
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from engine_data import put
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import analysis as an
from analysis.lifecycle_arrays import LIFECYCLE
from analysis.movement import mix_effect
from analysis.period import EVERY, Period
from analysis.retention import KEPT, retention_people
from analysis.stage_definitions import standard_stages
from analysis.stage_movement import STAGE_MOVES
from analysis.stage_people import STANDINGS
from analysis.stages import stages_with_total
from analysis.workspace import Workspace
from analysis.workspace.choice import Call
from analysis.workspace.engine import to_pandas

ACCOUNTS = ["001", "002", "003", "004", "005", "山田", "Z9"]
IDS = [*ACCOUNTS, "x1", "x2"]
FIRST = date(2025, 12, 20)
SPAN = 110
EXAMPLES = 3

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


conditions = st.fixed_dictionaries(
    {
        "measure": st.sampled_from(["uses", "days", "weeks", "months", "kinds"]),
        "at_least": st.integers(1, 3),
    },
    optional={"activities": st.sampled_from([["login"], ["order", None], ["login", "order"], ["nothing"]])},
)
stage_rules = st.one_of(
    conditions,
    st.builds(
        lambda group, parts: {group: parts},
        st.sampled_from(["all", "any"]),
        st.lists(conditions, min_size=2, max_size=2),
    ),
)
ladders = st.lists(stage_rules, min_size=1, max_size=4).map(
    lambda found: [an.Stage(f"段{i}", rule, (None, 0.5)[i % 2]) for i, rule in enumerate(found)]
)
targets = st.sampled_from([None, [{"metric": "段0", "period": None, "target": 0.4, "エリア": "関東"}]])
spans = st.tuples(days, st.integers(20, 100)).map(lambda pair: Period(pair[0], pair[0] + timedelta(days=pair[1])))


@st.composite
def progress(draw) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """A metric about how far people have come, its arguments and options."""
    name = draw(st.sampled_from(["stages", "total", "verdicts", "movement", "people", "movers", "life", "life people"]))
    if draw(st.booleans()):
        name = draw(st.sampled_from(["sticky", "retention", "curve", "cell"]))
    options, by = draw(choices), draw(dimensions)
    fiscal = {"every": draw(st.sampled_from(EVERY)), "fiscal_start": draw(st.integers(1, 12))}
    begun = draw(st.sampled_from([None, "login", ["order", None], ["nothing"]]))
    start = {"start": draw(st.sampled_from(["first", "every"])), "start_activities": begun}
    previous = {"previous": draw(st.none() | periods)}
    if name in ("stages", "total", "verdicts"):
        metric = {"stages": an.stages, "total": stages_with_total, "verdicts": an.stage_verdicts}[name]
        return metric, (draw(spans), draw(ladders)), {**options, "by": by, "targets": draw(targets)}
    if name == "movement":
        return an.stage_movement, (draw(periods), draw(ladders)), {**options, **previous, "by": by}
    if name == "people":
        state = draw(st.sampled_from(STANDINGS))
        return an.stage_people, (draw(spans), draw(ladders)), {**options, "stage": "段0", "state": state}
    if name == "movers":
        cell = draw(st.none() | st.tuples(*[st.none() | st.integers(0, 2)] * 2))
        more = {"move": draw(st.none() | st.sampled_from(STAGE_MOVES)), "cell": cell}
        return an.stage_movers, (draw(periods), draw(ladders)), {**options, **previous, **more}
    if name == "life":
        return an.lifecycle, (draw(spans),), {**options, **fiscal, "by": by}
    if name == "life people":
        state = draw(st.sampled_from(LIFECYCLE))
        return an.lifecycle_people, (draw(periods),), {**options, **previous, "state": state}
    if name == "sticky":
        return (
            an.stickiness,
            (draw(spans),),
            {**options, **fiscal, "by": by, "inner": draw(st.sampled_from(["day", "week"]))},
        )
    if name in ("retention", "curve"):
        metric = an.retention if name == "retention" else an.retention_curve
        return metric, (draw(spans),), {**options, **fiscal, **start, "by": by}
    span = draw(spans)
    part = draw(st.sampled_from(list(span.split(fiscal["every"], fiscal["fiscal_start"]))))
    more = {"cohort": part.start, "age": draw(st.integers(0, 3)), "state": draw(st.sampled_from(KEPT))}
    return retention_people, (span,), {**options, **fiscal, **start, **more}


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
    st.lists(progress(), min_size=4, max_size=8),
)
def test_every_form_gives_the_number_of_the_events(people, roster_days, uses, changes, questions, further):
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
            for metric, args, options in [*questions, *further]:
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


LIFE = [
    ("a", [(1, 3), (1, 9), (2, 2), (3, 31)]),
    ("b", [(1, 31), (3, 1)]),
    ("c", [(2, 14)]),
    ("d", [(1, 5), (2, 27), (2, 28), (3, 2)]),
    ("x", [(2, 1)]),
]
UNITS = [{"measure": each, "at_least": n} for each in ("days", "weeks", "months", "kinds") for n in (1, 2, 3)]
ORDERS = {"measure": "days", "at_least": 2, "activities": ["order", None]}
GRID: list[tuple[Any, tuple[Any, ...], dict[str, Any]]] = [
    *((an.stages, ([an.Stage("段", rule, 0.5)],), {"by": ["エリア"]}) for rule in [*UNITS, ORDERS]),
    *(
        (an.stages, ([an.Stage("段", {group: [UNITS[1], ORDERS]}), an.Stage("次", UNITS[7], 0.2)],), {})
        for group in ("all", "any")
    ),
    (an.stage_verdicts, ([an.Stage("段", UNITS[0], 0.5), an.Stage("次", UNITS[4], 0.9)],), {"by": ["エリア"]}),
    *((an.stage_movement, ([an.Stage("段", UNITS[0])],), {"by": by, "valid": "start"}) for by in ([], ["エリア"])),
    *((an.stage_people, ([an.Stage("段", UNITS[4])],), {"stage": "段", "state": state}) for state in STANDINGS),
    *((an.stage_movers, ([an.Stage("段", UNITS[0])],), {"move": move}) for move in STAGE_MOVES),
    *((an.stage_movers, ([an.Stage("段", UNITS[0])],), {"cell": cell}) for cell in ((0, 1), (1, 1), (None, 1))),
    *((an.lifecycle, (), {"every": every, "by": by}) for every in ("week", "month") for by in ([], ["エリア"])),
    *((an.lifecycle_people, (), {"state": state, "previous": Period.parse("2026-01")}) for state in LIFECYCLE),
    *((an.stickiness, (), {"every": "month", "inner": inner}) for inner in ("day", "week")),
    (an.stickiness, (), {"every": "week", "as_of": date(2026, 2, 20), "by": ["エリア"]}),
    *((an.retention, (), {"every": every, "start": s}) for every in ("month", "week") for s in ("first", "every")),
    (an.retention, (), {"as_of": date(2026, 3, 1), "by": ["エリア"]}),
    *((an.retention, (), {"start_activities": "order", "start": s, "by": ["エリア"]}) for s in ("first", "every")),
    (an.retention_curve, (), {"start_activities": "login", "activities": ["order"]}),
    (retention_people, (), {"cohort": date(2026, 2, 1), "age": 1, "start_activities": "login"}),
    *((an.retention_curve, (), {"every": every, "by": ["エリア"]}) for every in ("month", "week")),
    *((retention_people, (), {"cohort": date(2026, 2, 1), "age": 1, "state": state}) for state in KEPT),
    *((an.people, (), {"state": state}) for state in ("valid", "active", "inactive", "never", "invalid", "outside")),
]


@pytest.mark.long
@pytest.mark.parametrize("span", ["2026-02..2026-03", "2026-01-29..2026-03-03"])
def test_every_question_about_progress_has_the_number_of_the_events(ws, span):
    areas = {"a": "関東", "b": "近畿", "c": None, "d": "関東", "e": "関東", "f": "近畿"}
    began = {"a": datetime(2026, 2, 2), "d": datetime(2026, 2, 28)}
    ended = {"b": datetime(2026, 3, 1), "e": datetime(2026, 2, 15)}
    people = [
        {"user_id": who, "エリア": area, "valid_from": began.get(who), "valid_to": ended.get(who), "status": None}
        for who, area in areas.items()
    ]
    put(ws, "users", [*people[:-1], {**people[-1], "status": "停止"}], as_of=date(2026, 1, 1))
    used = [
        {"user_id": who, "occurred_at": datetime(2026, *day, 9), "activity": ["login", "order", None][i % 3]}
        for who, days_used in LIFE
        for i, day in enumerate(days_used)
    ]
    put(ws, "activity", used)
    for metric, args, options in GRID:
        compare(ws, metric, (Period.parse(span), *args), options)


RETAINED = [
    *(
        (an.retention, {"every": every, "start": s, "by": ["エリア"]})
        for every in ("month", "week")
        for s in ("first", "every")
    ),
    (an.retention, {"where": {"column": "エリア", "in": ["近畿", None]}, "by": ["エリア", "status"]}),
    (an.retention, {"start_activities": "login"}),
    (an.retention_curve, {"every": "month", "by": ["エリア"]}),
    (an.retention_curve, {"valid": "end"}),
]


def test_retention_counts_whoever_stood_on_any_list_once_and_by_the_latest(ws):
    """Leavers, newcomers, one who comes back, one who moves, one who is blocked on one list and not on another."""
    lists = [
        (date(2026, 1, 1), {"a": "関東", "b": "近畿", "c": None, "d": "関東"}, {"d"}),
        (date(2026, 2, 10), {"a": "近畿", "c": None, "e": "関東"}, set()),
        (date(2026, 3, 5), {"a": "近畿", "b": "中部", "d": "関東", "f": "近畿"}, {"b", "f"}),
    ]
    for day, areas, blocked in lists:
        people = [
            {"user_id": who, "エリア": area, "valid_to": None, "status": "停止" if who in blocked else "有効"}
            for who, area in areas.items()
        ]
        put(ws, "users", people, as_of=day)
    put(
        ws,
        "activity",
        [
            {"user_id": who, "occurred_at": datetime(2026, *day, 9), "activity": ["login", "order", None][i % 3]}
            for who, days_used in [*LIFE, ("e", [(2, 11), (3, 20)]), ("f", [(3, 6)])]
            for i, day in enumerate(days_used)
        ],
    )
    period = Period.parse("2026-01..2026-03")
    assert ws.run(an.retention, period).query("age == 0")["cohort_users"].tolist() == [3, 2]  # a, b, d; c, e
    for metric, options in RETAINED:
        compare(ws, metric, (period,), options)
        with ws.read() as r:
            usage = ws.answers.usage(r.imports("activity"))
            assert Call(r, metric, (period,), dict(options)).arrays(usage, ws.answers._rosters) is not None


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
    usual = (standard_stages("ja"),)
    period, rule = Period.parse("2026-03"), {"all": [{"column": "エリア", "in": ["関東"]}]}
    asked = [
        (an.active_rate, {"by": ["エリア"], "where": rule}),
        (an.active_rate_pivot, {"rows": ["エリア"], "columns": ["status"], "activities": ["login"]}),
        (an.id_equation, {"where": rule}),
        (an.active_rate_trend, {"every": "week", "where": rule, "valid": "any"}),
        (an.movement, {"by": ["エリア"], "where": rule}),
        (an.movement, {"previous": Period.parse("2026-01")}),
        (mix_effect, {"previous": Period.parse("2026-01"), "by": ["エリア"], "where": rule}),
        *((an.people, {"state": state, "where": rule}) for state in ("active", "inactive", "never")),
        (an.stages, {"args": usual, "where": rule}),
        (stages_with_total, {"args": usual, "by": ["エリア"], "where": rule}),
        (an.stage_verdicts, {"args": usual, "by": ["エリア"]}),
        (an.stage_movement, {"args": usual, "where": rule}),
        (an.stage_people, {"args": usual, "stage": "定着", "state": "next", "where": rule}),
        (an.stage_movers, {"args": usual, "cell": (0, 1), "previous": Period.parse("2026-02")}),
        (an.lifecycle, {"where": rule}),
        (an.lifecycle_people, {"state": "new", "where": rule}),
        (an.stickiness, {"where": rule}),
        (an.retention, {"where": rule}),
        (an.retention_curve, {"where": rule}),
        (retention_people, {"cohort": date(2026, 3, 1), "where": rule}),
    ]
    put(ws, "users", [{"user_id": "a", "エリア": "関東", "status": "有効"}], as_of=date(2026, 2, 1))
    with ws.read() as r:
        usage = ws.answers.usage(r.imports("activity"))
        for metric, options in asked:
            more = dict(options)
            found = Call(r, metric, (period, *more.pop("args", ())), more).arrays(usage, ws.answers._rosters)
            assert found is not None, metric.__name__


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

"""A workspace counts a funnel over the sorted log: the same as over its table, through every change of the imports."""

from datetime import date, datetime, timedelta

import pandas as pd
import pytest
from engine_data import put
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis as an
from analysis.errors import MissingColumnError, UnknownStepError
from analysis.funnel_steps import ORDERS
from analysis.workspace import Workspace

STEPS = ["見る", "入れる", an.Step(["買う", "定期"], where={"column": "端末", "in": ["PC", None]})]
DAY = datetime(2026, 5, 1)


@pytest.fixture
def ws(tmp_path):
    workspace = Workspace.open(tmp_path / "workspace")
    yield workspace
    workspace.close()


def event(user, day, activity, **more):
    return {"user_id": user, "occurred_at": DAY + timedelta(days=day), "activity": activity, **more}


def plain(frame: pd.DataFrame) -> list[dict]:
    values = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return sorted(values, key=repr)


def both(ws, metric, *args, **options):
    """The answer of the workspace, once it is seen to be that of the metric over the table."""
    answer = plain(ws.run(metric, *args, **options))
    assert answer == plain(metric(ws.table("activity"), *args, **options))
    return answer


def test_a_funnel_of_a_workspace_is_that_of_its_table_and_asks_for_columns_as_they_are_named(ws):
    put(ws, "activity", [event("a", 0, "見る", 端末="PC"), event("a", 1, "入れる", 端末="PC")])
    put(ws, "activity", [event("a", 2, "買う"), event("b", 0, "見る", 端末="スマホ")], columns=["端末"])
    assert {row["position"]: row["reached"] for row in both(ws, an.funnel, STEPS[:2])} == {1: 2, 2: 1}
    split = both(ws, an.funnel, STEPS, by=["端末"], within="30d")
    assert {(row["端末"], row["position"], row["reached"], row["waiting"]) for row in split} == {
        ("PC", 1, 1, 0), ("PC", 2, 1, 0), ("PC", 3, 1, 0),
        ("スマホ", 1, 1, 0), ("スマホ", 2, 0, 1), ("スマホ", 3, 0, 1),
    }  # fmt: skip
    both(ws, an.funnel_people, STEPS, position=2, state="waiting", group={"端末": "スマホ"}, within="30d")


def test_an_undone_import_leaves_the_funnel_and_comes_back_with_redo(ws):
    put(ws, "activity", [event("a", 0, "見る"), event("a", 1, "入れる")])
    later = put(ws, "activity", [event("b", 0, "見る"), event("b", 3, "入れる")])
    reached = lambda: [row["reached"] for row in both(ws, an.funnel, STEPS[:2])]  # noqa: E731
    assert reached() == [2, 2]
    ws.undo(later.id)
    assert reached() == [1, 1]
    ws.redo(later.id)
    assert reached() == [2, 2]


def test_mistakes_are_those_of_the_metric_and_the_next_question_is_answered(ws):
    put(ws, "activity", [event("a", 0, "見る", 段="一"), event("a", 1, "入れる", 段="二")])
    with pytest.raises(MissingColumnError, match="端末"):
        ws.run(an.funnel, STEPS[:2], by=["端末"])
    with pytest.raises(UnknownStepError, match="見ル"):
        ws.run(an.funnel, ["見ル"])
    assert [row["reached"] for row in both(ws, an.funnel, STEPS[:2])] == [1, 1]


def test_a_rule_may_name_a_column_that_is_called_like_one_of_the_result(ws):
    put(ws, "activity", [event("a", 0, "見る", step="x"), event("b", 0, "見る", step="y")])
    ruled = an.Step("見る", where={"column": "step", "in": ["x"]})
    assert [row["reached"] for row in both(ws, an.funnel, [ruled])] == [1]


EVENTS = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.integers(0, 4),
        st.sampled_from(["見る", "入れる", "買う", "定期", None]),
        st.sampled_from(["PC", "スマホ", None]),
    ),
    min_size=1,
    max_size=12,
)


def agree(tmp_path_factory, rows, order, within, split):
    ws = Workspace.open(tmp_path_factory.mktemp("log") / "workspace")
    known = [event(user, day, kind, 端末=device) for user, day, kind, device in rows]
    put(ws, "activity", [*known, *(event("z", 9, kind, 端末="PC") for kind in ("見る", "入れる", "買う"))])
    options = {"order": order, "within": within, "as_of": date(2026, 5, 4)}
    both(ws, an.funnel, STEPS, by=["端末"] if split else [], **options)
    both(ws, an.funnel_people, STEPS, position=2, state="lost" if within else "waiting", **options)
    ws.close()


ASKED = (EVENTS, st.sampled_from(ORDERS), st.sampled_from([None, 1, 3]), st.booleans())


@settings(max_examples=6)
@given(*ASKED)
def test_any_funnel_of_a_workspace_is_that_of_its_table(tmp_path_factory, rows, order, within, split):
    agree(tmp_path_factory, rows, order, within, split)


@pytest.mark.long
@settings(max_examples=24)
@given(*ASKED)
def test_any_funnel_of_a_workspace_is_that_of_its_table_tried_on_more(tmp_path_factory, rows, order, within, split):
    agree(tmp_path_factory, rows, order, within, split)

"""What a metric may ask of a frame, and what it refuses."""

from datetime import date, datetime

import narwhals.stable.v2 as nw
import pandas as pd
import pytest
from usage_oracle import APRIL, ENGINES, World, account, use

import analysis as an
from analysis import frames
from analysis.errors import (
    BlankKeyError,
    ChoiceError,
    ColumnTypeError,
    DimensionNameError,
    DuplicateKeyError,
    KeyTypeError,
    MissingColumnError,
    MixedFramesError,
    NameClashError,
)

engines = pytest.mark.parametrize("engine", ENGINES)
WORLD = World({None: [account("a", "East")]}, [use("a", "2026-04-02", "login", "pc")])


def rate(users, activity, engine="pandas", **options):
    convert = ENGINES[engine]
    return an.active_rate(convert(users), convert(activity), APRIL, **options)


@engines
@pytest.mark.parametrize("at", [date(2026, 4, 1), datetime(2026, 4, 1, 9, 5, 0, 1)])
def test_a_moment_is_a_timestamp_without_a_zone(engine, at):
    frame = nw.from_native(ENGINES[engine](pd.DataFrame({"n": [1]}))).with_columns(at=frames.moment(at))
    assert frame.collect_schema()["at"] == nw.Datetime("us")
    assert frames.facts(frame)["at"] == datetime(at.year, at.month, at.day) if type(at) is date else at


@engines
def test_the_ratio_to_nobody_is_null_and_no_nan(engine):
    counts = nw.from_native(ENGINES[engine](pd.DataFrame({"active": [0, 1], "valid": [0, 4]})))
    quotients = counts.select(rate=frames.ratio("active", "valid"))
    assert frames.facts(quotients.select(known=nw.col("rate").count(), highest=nw.col("rate").max())) == {
        "known": 1,  # DuckDB counts NaN, and holds it for the highest
        "highest": 0.25,
    }


@engines
@pytest.mark.parametrize("rows", [0, 3])
def test_literal_rows_come_from_any_frame(engine, rows):
    like = nw.from_native(ENGINES[engine](pd.DataFrame({"n": range(rows)})))
    days = [(date(2026, 4, 1), date(2026, 4, 30)), (date(2026, 5, 1), date(2026, 5, 31))]
    made = frames.rows(frames.literal_rows(like, days, ["first", "last"]))
    assert [(row["first"].date(), row["last"].date()) for row in sorted(made, key=lambda row: row["first"])] == days


@engines
@pytest.mark.parametrize("texts", [["0"], ["0", "1", "2"]])
def test_every_row_is_repeated_once_for_each_text_also_where_it_is_blank(engine, texts):
    frame = nw.from_native(ENGINES[engine](pd.DataFrame({"n": [7, 8], "area": ["east", None]})))
    found = frames.rows(frames.repeated(frame, texts, "at"))
    assert sorted((row["n"], row["at"]) for row in found) == [(n, text) for n in (7, 8) for text in texts]
    assert sum(row["area"] != "east" for row in found) == len(texts)


@engines
@pytest.mark.parametrize(
    "pairs",
    [[], [("a", "1")], [("a", "1"), ("", ""), ("b\x1e", "2\x1f\x1c")], [("関東", "")]],
    ids=["none", "one", "marks and blanks", "blank cell"],
)
def test_pairs_of_texts_come_from_any_frame(engine, pairs):
    like = nw.from_native(ENGINES[engine](pd.DataFrame({"n": [1, 2]})))
    made = frames.rows(frames.text_frame(like, pairs, ["left", "right"]))
    assert sorted((row["left"], row["right"]) for row in made) == sorted(pairs)


@engines
def test_an_account_that_stands_twice_is_refused(engine):
    users = pd.DataFrame({"user_id": ["a", "a", "b"]})
    with pytest.raises(DuplicateKeyError, match="one row for each user_id: 3 rows, but 2"):
        rate(users, WORLD.activity_frame(), engine)


@engines
def test_an_account_that_stands_twice_in_one_roster_of_a_history_is_refused(engine):
    day = datetime(2026, 4, 1)
    users = pd.DataFrame({"user_id": ["a", "a"], "roster_as_of": [day, day]})
    with pytest.raises(DuplicateKeyError, match=r"each user_id \+ roster_as_of: 2 rows, but 1"):
        rate(users, WORLD.activity_frame(), engine)


@engines
@pytest.mark.parametrize("blank", [None, ""])
def test_an_account_without_an_id_is_refused(engine, blank):
    users = pd.DataFrame({"user_id": ["a", blank]})
    with pytest.raises(BlankKeyError, match="1 row without a user_id") as found:
        rate(users, WORLD.activity_frame(), engine)
    assert found.value.text("ja").startswith("users に user_id が空の行が 1 行あります。")


@engines
@pytest.mark.parametrize("table", ["users", "activity"])
@pytest.mark.parametrize(
    "moments", [pd.to_datetime(["2026-04-02"]).tz_localize("Asia/Tokyo"), ["2026-04-02"], [20260402]]
)
def test_a_moment_that_is_no_timestamp_without_zone_is_refused_with_the_way_out(engine, table, moments):
    users, activity = pd.DataFrame({"user_id": ["a"]}), WORLD.activity_frame()
    if table == "users":
        users["valid_from"] = moments
    else:
        activity["occurred_at"] = moments
    with pytest.raises(ColumnTypeError, match=r"timestamp without a time zone\. In pandas: pd\.to_datetime\(") as found:
        rate(users, activity, engine)
    assert "pd.to_datetime(" in found.value.text("ja")
    assert (found.value.fields["table"], found.value.code) == (table, "moment_type")


@engines
@pytest.mark.parametrize("table", ["users", "activity"])
def test_a_table_without_a_column_it_needs_is_refused(engine, table):
    users, activity = WORLD.users_frame(), WORLD.activity_frame()
    broken = {"users": users, "activity": activity}
    broken[table] = broken[table].drop(columns="user_id").rename(columns={"status": "user"})
    with pytest.raises(MissingColumnError, match=f'The table {table} has no column "user_id"'):
        rate(broken["users"], broken["activity"], engine)


def test_a_dimension_that_nobody_has_names_both_tables():
    with pytest.raises(MissingColumnError, match=r'no column "areas".*area.*activity\.device') as found:
        rate(WORLD.users_frame(), WORLD.activity_frame(), by=["areas"])
    assert found.value.fields["near"] == ["area"]


def test_activities_need_the_column_activity():
    with pytest.raises(MissingColumnError, match='The table activity has no column "activity"'):
        rate(WORLD.users_frame(), WORLD.activity_frame().drop(columns="activity"), activities=["login"])


@pytest.mark.parametrize("by", [["area", "area"], ["valid_users"], ["partial"]])
def test_a_dimension_named_twice_or_like_a_result_is_refused(by):
    users = WORLD.users_frame().assign(valid_users="x", partial="x")
    with pytest.raises(DimensionNameError, match=f'"{by[0]}" cannot be a dimension here'):
        rate(users, WORLD.activity_frame(), by=by)


def test_a_pivot_and_a_list_keep_their_own_names_free():
    users = WORLD.users_frame().assign(row_level="x", last_active="x")
    with pytest.raises(DimensionNameError, match="row_level"):
        an.active_rate_pivot(users, WORLD.activity_frame(), APRIL, rows=["row_level"])
    listed = an.people(users, WORLD.activity_frame(), APRIL, state="valid")
    assert set(listed["users.last_active"]) == {"x"}
    assert str(listed["last_active"].dtype).startswith("datetime64")
    assert len(rate(users, WORLD.activity_frame(), by=["row_level"])) == 1


@pytest.mark.parametrize("column", ["Status", "STATUS", "ｓｔａｔｕｓ", "Valid_To", "User_ID"])
def test_a_column_that_an_engine_takes_for_a_role_is_refused(column):
    users = WORLD.users_frame().assign(**{column: "x"})
    with pytest.raises(NameClashError, match="only capitals or width differ"):
        rate(users, WORLD.activity_frame())


def test_tables_of_two_engines_are_refused():
    users, activity = WORLD.users_frame(), ENGINES["duckdb"](WORLD.activity_frame())
    with pytest.raises(MixedFramesError, match="come from different engines"):
        an.active_rate(users, activity, APRIL)


@engines
def test_ids_of_two_types_are_refused(engine):
    users = pd.DataFrame({"user_id": [1, 2]})
    with pytest.raises(KeyTypeError, match=r'"user_id" of activity is String, but Int64 in the other table'):
        rate(users, WORLD.activity_frame(), engine)


@pytest.mark.parametrize(
    ("metric", "options", "option"),
    [
        (an.active_rate, {"valid": "today"}, "valid"),
        (an.active_rate_trend, {"every": "fortnight"}, "every"),
        (an.people, {"state": "sleepy"}, "state"),
        (an.movers, {"move": "gone"}, "move"),
    ],
)
def test_an_option_that_does_not_exist_is_refused(metric, options, option):
    with pytest.raises(ChoiceError, match=f"{option} cannot be"):
        metric(WORLD.users_frame(), WORLD.activity_frame(), APRIL, **options)


def test_movement_has_no_parts_of_the_activity():
    with pytest.raises(MissingColumnError, match='The table users has no column "device"'):
        an.movement(WORLD.users_frame(), WORLD.activity_frame(), APRIL, by=["device"])


def test_an_index_called_like_a_column_is_left_out():
    """A notebook sets one with `set_index(…, drop=False)`; twice the same label is none of its rows twice."""
    users = pd.DataFrame({"user_id": ["a", "b"]}).set_index("user_id", drop=False)
    activity = pd.DataFrame({"user_id": ["a", "a"], "occurred_at": [datetime(2026, 4, 2)] * 2}, index=[7, 7])
    (row,) = an.active_rate(users, activity, APRIL).to_dict("records")
    assert (row["valid_users"], row["active_users"]) == (2, 1)
    cases = pd.DataFrame({"case_id": ["x", "x"], "step": ["A", "B"], "entered_at": [datetime(2026, 4, 2)] * 2})
    found = an.step_times(cases.set_index("case_id", drop=False), ["A", "B"]).set_index("step")
    assert found["reached"].to_dict() == {"A": 1, "B": 1}

"""One test for each way in which an active rate could be wrong without anyone noticing."""

from datetime import date, datetime

import pandas as pd
import pytest
from usage_oracle import APRIL, CONNECTION, ENGINES, QUARTER, World, account, keyed, records, use

import analysis as an

engines = pytest.mark.parametrize("engine", ENGINES)


def one(result):
    (row,) = records(result)
    return row


def counts(result, *keys):
    return {key: (row["valid_users"], row["active_users"]) for key, row in keyed(result, *keys).items()}


@engines
def test_many_logins_of_one_person_count_once(engine):
    uses = [use("a", f"2026-04-{day:02}") for day in range(1, 31)] * 3
    world = World({None: [account("a"), account("b")]}, uses)
    row = one(an.active_rate(*world.frames(engine), APRIL))
    assert (row["valid_users"], row["active_users"]) == (2, 1)


@engines
def test_a_person_on_two_devices_counts_in_both_and_once_in_the_total(engine):
    world = World({None: [account("a"), account("b")]}, [use("a", "2026-04-02", device=d) for d in ("pc", "phone")])
    frames = world.frames(engine)
    pivot = counts(an.active_rate_pivot(*frames, APRIL, rows=["device"]), "row_level", "device")
    assert pivot == {(0, "pc"): (2, 1), (0, "phone"): (2, 1), (1, None): (2, 1)}
    assert records(an.overlap(*frames, APRIL, ["device"])) == [{"user_id": "a", "parts": 2}]


@engines
def test_a_blank_area_is_one_row_however_it_is_written(engine):
    users = pd.DataFrame({"user_id": list("abcd"), "area": pd.Series(["East", None, "", float("nan")], dtype=object)})
    activity = pd.DataFrame({"user_id": ["b", "c"], "occurred_at": pd.to_datetime(["2026-04-02"] * 2)})
    convert = ENGINES[engine]
    result = an.active_rate(convert(users), convert(activity), APRIL, by=["area"])
    assert counts(result, "area") == {("East",): (1, 0), (None,): (3, 2)}


@engines
def test_a_column_that_is_blank_throughout_is_one_row(engine):
    users = pd.DataFrame({"user_id": ["a", "b"], "area": [None, None]})
    activity = pd.DataFrame({"user_id": ["b"], "occurred_at": pd.to_datetime(["2026-04-02"])})
    convert = ENGINES[engine]
    result = an.active_rate_pivot(convert(users), convert(activity), APRIL, rows=["area"])
    assert counts(result, "row_level", "area") == {(0, None): (2, 1), (1, None): (2, 1)}


@engines
def test_a_login_by_a_stranger_or_by_nobody_is_in_no_rate(engine):
    uses = [use("z", "2026-04-02"), use(None, "2026-04-02"), use("", "2026-04-02")]
    frames = World({None: [account("a")]}, uses).frames(engine)
    assert one(an.active_rate(*frames, APRIL))["active_users"] == 0
    equation = one(an.id_equation(*frames, APRIL))
    assert (equation["ids_in_log"], equation["outside"]) == (1, 1)
    assert [row["user_id"] for row in records(an.people(*frames, APRIL, state="outside"))] == ["z"]


@engines
def test_a_login_by_a_disabled_account_is_in_no_rate(engine):
    rows = [
        account("a"),
        account("b", status=" 停止中 "),
        account("c", status="Ｄｉｓａｂｌｅｄ"),
        account("d", status="有効"),
    ]
    frames = World({None: rows}, [use(u, "2026-04-02") for u in "abc"]).frames(engine)
    row = one(an.active_rate(*frames, APRIL))
    assert (row["valid_users"], row["active_users"]) == (2, 1)
    assert one(an.id_equation(*frames, APRIL))["invalid"] == 2


@engines
def test_half_a_month_is_never_compared_as_a_whole_one(engine):
    world = World({None: [account("a")]}, [use("a", "2026-05-15 12:00:00")])
    trend = keyed(an.active_rate_trend(*world.frames(engine), QUARTER), "period_start")
    assert {start.month: row["partial"] for (start,), row in trend.items()} == {4: False, 5: True, 6: True}
    assert one(an.movement(*world.frames(engine), QUARTER))["partial"] is True


@engines
def test_a_rate_is_over_the_roster_of_its_time(engine):
    rosters = {
        date(2026, 4, 1): [account("a", "East"), account("b", "East")],
        date(2026, 5, 15): [account("a", "West"), *(account(f"new{i}", "West") for i in range(8))],
    }
    frames = World(rosters, [use("a", "2026-04-10"), use("b", "2026-06-10")]).frames(engine)
    trend = counts(an.active_rate_trend(*frames, QUARTER, by=["area"]), "period_start", "area")
    months = {(start.month, area): pair for (start, area), pair in trend.items()}
    assert months == {(4, "East"): (2, 1), (5, "West"): (9, 0), (6, "West"): (9, 0)}
    assert counts(an.active_rate(*frames, QUARTER, valid="start", by=["area"]), "area") == {("East",): (2, 2)}
    either = counts(an.active_rate(*frames, QUARTER, valid="any", by=["area"]), "area")
    assert either == {("West",): (9, 1), ("East",): (1, 1)}
    assert one(an.id_equation(*frames, QUARTER))["outside"] == 1


@engines
def test_before_the_first_roster_the_first_one_counts(engine):
    frames = World({date(2026, 6, 1): [account("a")]}, [use("a", "2026-04-10")]).frames(engine)
    assert counts(an.active_rate(*frames, APRIL)) == {(): (1, 1)}


@engines
def test_two_dimensions_that_differ_only_in_letter_case_are_refused(engine):
    users = pd.DataFrame({"user_id": ["a", "b"], "Area": ["East", "West"]})
    activity = pd.DataFrame({"user_id": ["a"], "occurred_at": pd.to_datetime(["2026-04-02"]), "area": ["North"]})
    frames = [ENGINES[engine](table) for table in (users, activity)]
    for by in (["Area", "area"], ["Ａｒｅａ", "area"]):
        with pytest.raises(an.AnalysisError, match="named twice"):
            an.active_rate(*frames, APRIL, by=by)
    apart = counts(an.active_rate(*frames, APRIL, by=["Area", "activity.area"]), "Area", "activity.area")
    assert apart == {("East", "North"): (1, 1), ("West", "North"): (1, 0)}


@engines
def test_an_area_of_the_login_is_not_the_area_of_the_person(engine):
    users = pd.DataFrame({"user_id": ["a", "b"], "area": ["East", "West"]})
    activity = pd.DataFrame({"user_id": ["a"], "occurred_at": pd.to_datetime(["2026-04-02"]), "area": ["West"]})
    frames = [ENGINES[engine](table) for table in (users, activity)]
    assert counts(an.active_rate(*frames, APRIL, by=["area"]), "area") == {("East",): (1, 1), ("West",): (1, 0)}
    assert counts(an.active_rate(*frames, APRIL, by=["activity.area"]), "activity.area") == {("West",): (2, 1)}
    there = {"all": [{"column": "activity.area", "in": ["East"]}]}
    assert counts(an.active_rate(*frames, APRIL, where=there)) == {(): (2, 0)}


@engines
def test_ids_that_look_like_numbers_stay_what_they_are(engine):
    world = World({None: [account("001"), account("1")]}, [use("1", "2026-04-02")])
    assert [r["user_id"] for r in records(an.people(*world.frames(engine), APRIL, state="active"))] == ["1"]


@engines
def test_whole_numbers_as_ids_count_like_texts(engine):
    users = pd.DataFrame({"user_id": [1, 2, 3], "level": [10, 10, 20]})
    activity = pd.DataFrame({"user_id": [1, 9], "occurred_at": pd.to_datetime(["2026-04-02"] * 2)})
    frames = [ENGINES[engine](table) for table in (users, activity)]
    assert counts(an.active_rate(*frames, APRIL, by=["level"]), "level") == {(10,): (2, 1), (20,): (1, 0)}
    assert one(an.id_equation(*frames, APRIL))["outside"] == 1


def test_categories_of_pandas_count_like_texts():
    world = World({None: [account("a", "East"), account("b", None)]}, [use("a", "2026-04-02", "login", "pc")])
    users, activity = world.users_frame(), world.activity_frame()
    users = users.astype({"user_id": "category", "area": "category", "status": "category"})
    activity = activity.astype({"user_id": "category", "activity": "category", "device": "category"})
    result = an.active_rate(users, activity, APRIL, by=["area", "device"], activities=["login", "never seen"])
    assert counts(result, "area", "device") == {("East", "pc"): (1, 1), (None, "pc"): (1, 0)}
    assert list(an.people(users, activity, APRIL, state="active")["user_id"]) == ["a"]


def test_enums_of_duckdb_count_like_texts():
    cursor = CONNECTION.cursor()
    cursor.execute("create temp table u as select 'a'::enum('a', 'b') as user_id, 'East'::enum('East') as area")
    cursor.execute(
        "create temp table l as select 'a'::enum('z', 'a') as user_id, timestamp '2026-04-02' as occurred_at,"
        " 'login'::enum('login', 'order') as activity"
    )
    users, activity = cursor.table("u"), cursor.table("l")
    result = an.active_rate(users, activity, APRIL, by=["area", "activity"], activities=["login", "never seen"])
    assert counts(result, "area", "activity") == {("East", "login"): (1, 1)}
    assert len(records(an.people(users, activity, APRIL, state="active"))) == 1


@engines
@pytest.mark.parametrize("name", ["_u0", "_valid", "_used", "_disabled", "_chosen", "_bucket", "_rows", "period"])
def test_a_dimension_may_be_called_like_a_helper(engine, name):
    users = pd.DataFrame({"user_id": ["a", "b"], name: ["x", "y"], "status": ["", "無効"]})
    activity = pd.DataFrame({"user_id": ["a"], "occurred_at": pd.to_datetime(["2026-04-02"])})
    frames = [ENGINES[engine](table) for table in (users, activity)]
    assert counts(an.active_rate(*frames, APRIL, by=[name]), name) == {("x",): (1, 1)}
    where = {"all": [{"column": name, "in": ["x"]}]}
    assert [row[name] for row in records(an.people(*frames, APRIL, state="active", where=where))] == ["x"]
    assert records(an.people(*frames, APRIL, state="invalid")) == []


@engines
def test_no_kind_of_activity_chosen_counts_nobody(engine):
    frames = World({None: [account("a")]}, [use("a", "2026-04-02", "login")]).frames(engine)
    assert counts(an.active_rate(*frames, APRIL, activities=[])) == {(): (1, 0)}
    assert counts(an.active_rate(*frames, APRIL, activities=None)) == {(): (1, 1)}


@engines
def test_the_last_instant_of_the_period_is_inside(engine):
    uses = [use("a", datetime(2026, 4, 30, 23, 59, 59, 999_999)), use("b", datetime(2026, 5, 1))]
    frames = World({None: [account("a"), account("b")]}, uses).frames(engine)
    assert [row["user_id"] for row in records(an.people(*frames, APRIL, state="active"))] == ["a"]


@engines
def test_never_looks_at_all_history_and_not_beyond_the_period(engine):
    uses = [use("a", "2025-01-01"), use("b", "2026-05-01"), use("c", "2026-04-30 23:00:00")]
    frames = World({None: [account(u) for u in "abcd"]}, uses).frames(engine)
    never = {row["user_id"] for row in records(an.people(*frames, APRIL, state="never"))}
    inactive = keyed(an.people(*frames, APRIL, state="inactive"), "user_id")
    assert never == {"b", "d"}
    assert {user: row["last_active"] for (user,), row in inactive.items()} == {
        "a": pd.Timestamp("2025-01-01"),
        "b": None,
        "d": None,
    }

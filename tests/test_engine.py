"""The reading side of a workspace: what its tables show, that it is locked down, and that threads do not meet."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from shutil import rmtree

import duckdb
import pandas as pd
import pytest
from engine_data import put, use

import analysis as an
from analysis.errors import ChoiceError, MissingColumnError
from analysis.workspace import Workspace
from analysis.workspace.sql import quote

MARCH = an.Period.parse("2026-03")


@pytest.fixture
def ws(tmp_path):
    workspace = Workspace.open(tmp_path / "作業 場所")
    yield workspace
    workspace.close()


def rows(frame: pd.DataFrame) -> list[tuple]:
    """Rows with None for blank, sorted."""
    plain = frame.astype(object).where(frame.notna(), None)
    return sorted(plain.itertuples(index=False, name=None), key=repr)


def test_imports_meet_by_the_names_of_their_columns_and_a_lacking_one_is_blank(ws):
    put(ws, "activity", [use("a", "2026-03-01", "login", 端末="PC")])
    put(ws, "activity", [use("b", "2026-03-02", 画面="注文", 端末="タブレット")])
    shown = ws.table("activity")
    assert list(shown.columns) == ["user_id", "occurred_at", "activity", "端末", "画面"]
    assert rows(shown.drop(columns="occurred_at")) == [("a", "login", "PC", None), ("b", None, "タブレット", "注文")]


def test_headers_that_differ_only_in_width_and_case_are_one_column(ws):
    put(ws, "users", [{"user_id": "a", "Area": "関東"}], as_of=date(2026, 1, 1))
    put(ws, "users", [{"user_id": "a", "ＡＲＥＡ": "近畿"}], as_of=date(2026, 2, 1))
    assert ws.table("users", history=True).drop(columns="roster_as_of").to_dict("list") == {
        "user_id": ["a", "a"],
        "Area": ["関東", "近畿"],
    }


@pytest.mark.parametrize(
    ("as_of", "area"),
    [("2025-12-31", "一"), ("2026-01-01", "一"), ("2026-01-31", "一"), ("2026-02-01", "二"), (None, "二")],
)
def test_a_roster_counts_from_its_day_on_and_the_first_before_it(ws, as_of, area):
    put(ws, "users", [{"user_id": "a", "エリア": "一"}], as_of=date(2026, 1, 1))
    put(ws, "users", [{"user_id": "a", "エリア": "二"}], as_of=date(2026, 2, 1))
    shown = ws.table("users", as_of=as_of and date.fromisoformat(as_of))
    assert rows(shown) == [("a", area)]


def test_of_two_rosters_of_one_day_the_younger_counts_and_a_history_holds_each_account_once_a_day(ws):
    put(ws, "users", [{"user_id": "a"}, {"user_id": "b"}], as_of=date(2026, 1, 1))
    put(ws, "users", [{"user_id": "a"}, {"user_id": "c"}], as_of=date(2026, 1, 1))
    assert rows(ws.table("users")) == [("a",), ("c",)]
    day = pd.Timestamp("2026-01-01")
    assert rows(ws.table("users", history=True)) == [("a", day), ("c", day)]


def test_a_second_row_of_an_account_is_not_shown(ws):
    put(ws, "users", [{"user_id": "a", "_repeat": False}, {"user_id": "a", "_repeat": True}], as_of=date(2026, 1, 1))
    assert rows(ws.table("users")) == [("a",)]
    log = put(ws, "activity", [use("a", "2026-03-05")])
    assert log.accepted == 1
    assert ws.run(an.active_rate, MARCH)[["valid_users", "active_users"]].to_numpy().tolist() == [[1, 1]]


def test_an_event_that_an_older_import_holds_is_shown_once_until_the_older_one_is_undone(ws):
    older = put(ws, "activity", [use("a", "2026-03-01"), use("b", "2026-03-02")])
    put(ws, "activity", [use("b", "2026-03-02"), use("c", "2026-03-03")])
    assert sorted(ws.table("activity")["user_id"]) == ["a", "b", "c"]
    ws.undo(older.id)
    assert sorted(ws.table("activity")["user_id"]) == ["b", "c"]
    ws.redo(older.id)
    assert sorted(ws.table("activity")["user_id"]) == ["a", "b", "c"]


def test_nothing_imported_is_a_table_without_rows(ws):
    assert list(ws.table("users").columns) == ["user_id"]
    assert list(ws.table("users", history=True).columns) == ["user_id", "roster_as_of"]
    found = ws.run(an.active_rate, MARCH)
    assert found[["valid_users", "active_users"]].to_numpy().tolist() == [[0, 0]]


def test_a_log_without_a_roster_and_a_roster_without_a_log_are_answered(ws):
    put(ws, "activity", [use("a", "2026-03-01")])
    assert ws.run(an.active_rate, MARCH)["valid_users"].tolist() == [0]
    ws.undo("000001")
    put(ws, "users", [{"user_id": "a"}], as_of=date(2026, 3, 31))
    assert ws.run(an.active_rate, MARCH)[["valid_users", "active_users"]].to_numpy().tolist() == [[1, 0]]


def test_relations_of_one_block_can_be_joined(ws):
    put(ws, "users", [{"user_id": "a", "エリア": "関東"}], as_of=date(2026, 1, 1))
    put(ws, "activity", [use("a", "2026-03-01")])
    with ws.read() as r:
        both = r.table("users").join(r.table("activity"), "user_id")
        assert both.fetchall() == [("a", "関東", datetime(2026, 3, 1))]


def test_events_up_to_a_day_include_the_day(ws):
    put(ws, "activity", [use("a", "2026-03-01 23:59:59"), use("b", "2026-03-02")])
    assert ws.table("activity", as_of=date(2026, 3, 1))["user_id"].tolist() == ["a"]


def test_an_unknown_kind_or_column_is_named(ws):
    with pytest.raises(ChoiceError, match="user"):
        ws.table("user")
    put(ws, "users", [{"user_id": "a"}], as_of=date(2026, 1, 1))
    put(ws, "activity", [use("a", "2026-03-01")])
    with pytest.raises(MissingColumnError, match="エリア"):
        ws.run(an.active_rate, MARCH, by="エリア")
    with pytest.raises(MissingColumnError, match="activity"):
        ws.run(an.active_rate, MARCH, activities=["login"])


def test_a_metric_without_a_declaration_gets_the_tables_that_its_parameters_name(ws):
    def count(activity, users, *, at_least):
        return activity.join(users, "user_id").aggregate("count(*) AS n").filter(f"n >= {at_least:d}")

    put(ws, "users", [{"user_id": "a"}], as_of=date(2026, 1, 1))
    put(ws, "activity", [use("a", "2026-03-01"), use("z", "2026-03-01")])
    assert ws.run(count, at_least=1)["n"].tolist() == [1]


def test_the_instance_reaches_only_the_workspace(ws, tmp_path):
    outside = tmp_path / "outside.csv"
    outside.write_text("a\n1\n")
    with ws.read() as r:
        for query in (
            f"SELECT * FROM read_csv('{outside}')",
            f"COPY (SELECT 1) TO '{tmp_path / 'new.csv'}'",
            f"ATTACH '{tmp_path / 'new.duckdb'}'",
            "INSTALL httpfs",
        ):
            with pytest.raises(duckdb.PermissionException):
                r.cursor.execute(query)
        with pytest.raises(duckdb.InvalidInputException, match="locked"):
            r.cursor.execute("SET enable_external_access = true")
        with pytest.raises(duckdb.CatalogException):
            r.cursor.execute("SELECT * FROM outside")


@pytest.mark.long
def test_eight_threads_get_their_own_answers_while_imports_come_and_go(ws):
    areas = [f"エリア{n}" for n in range(8)]
    put(ws, "users", [{"user_id": f"{a}-{n}", "エリア": a} for a in areas for n in range(20)], as_of=date(2026, 1, 1))
    log = [use(f"{a}-{n}", f"2026-03-{n + 1:02d}", 端末="PC") for k, a in enumerate(areas) for n in range(k + 1)]
    put(ws, "activity", log)
    again = put(ws, "activity", log)
    assert again.accepted == 0

    def ask(number: int) -> tuple[list[int], int, int]:
        k = number % 8
        rule = {"all": [{"column": "エリア", "in": [areas[k]]}]}
        fast = ws.run(an.active_rate, MARCH, where=rule)
        slow = ws.run(an.active_rate, MARCH, by="端末", where=rule)
        people = ws.run(an.people, MARCH, state="active", where=rule)
        return fast["active_users"].tolist() + slow["active_users"].tolist(), len(people), k

    with ThreadPoolExecutor(9) as pool:

        def flip(_):
            ws.undo(again.id)
            ws.redo(again.id)

        flips = [pool.submit(flip, n) for n in range(3)]
        answers = list(pool.map(ask, range(64)))
        [flip.result() for flip in flips]
    assert answers == [([n % 8 + 1] * 2, n % 8 + 1, n % 8) for n in range(64)]


def test_quote_leaves_no_way_out():
    name = 'a" FROM users; DROP TABLE users; --'
    with duckdb.connect() as connection:
        assert connection.sql(f"SELECT 1 AS {quote(name)}").columns == [name]


def test_a_folder_made_anew_is_read_anew(tmp_path):
    folder = tmp_path / "ws"
    for status in (None, "停止"):
        ws = Workspace.open(folder)
        put(ws, "users", [{"user_id": "a", **({"status": status} if status else {})}], as_of=date(2026, 4, 1))
        put(ws, "activity", [use("a", "2026-04-02")])
        valid = ws.run(an.active_rate, an.Period.parse("2026-04"))["valid_users"].tolist()
        assert valid == [0 if status else 1]
        rmtree(folder)


@pytest.mark.parametrize(("as_of", "phase"), [("2026-01-31", "1 アポ"), ("2026-02-01", "2 提案"), (None, "2 提案")])
def test_a_metric_about_a_list_gets_the_one_in_force_on_its_day(ws, as_of, phase):
    put(ws, "deals", [{"deal_id": "d", "phase": "1 アポ"}], as_of=date(2026, 1, 1))
    put(ws, "deals", [{"deal_id": "d", "phase": "2 提案"}], as_of=date(2026, 2, 1))
    shown = ws.run(an.pipeline_deals, state="all", as_of=as_of and date.fromisoformat(as_of))
    assert shown["phase"].tolist() == [phase]

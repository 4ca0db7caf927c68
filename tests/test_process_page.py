"""The page of the process as a script: the sample's production, lists of other forms, and what is missing or odd."""

import json
from datetime import date, datetime

import pytest
import streamlit as st
from engine_data import put
from page_runs import captions, metrics, opened, table, tables

from analysis.exports import read_export
from analysis.process_plan import Plan
from analysis.workspace import Workspace
from dashboard import incoming
from dashboard.process_answers import SETTING
from tests.support.parts import AS_OF, DATA, entry, mapping

STEPS = ["アサイン", "日程確定", "取材", "執筆", "編集", "提出", "校正", "公開"]
MEASURES = "waiting_now"
LISTED = "case_id"


@pytest.fixture(scope="module")
def production(tmp_path_factory):
    """The production of the sample company, imported once."""
    place = tmp_path_factory.mktemp("production") / "workspace"
    ws = Workspace.open(place)
    ws.add(read_export(DATA / entry("production")["file"]), mapping=mapping("production"), as_of=AS_OF)
    yield ws
    ws.close()
    st.cache_data.clear()


@pytest.fixture
def fresh(tmp_path):
    """An empty workspace."""
    ws = Workspace.open(tmp_path / "workspace")
    yield ws
    ws.close()


@pytest.fixture
def at(monkeypatch):
    """`at(ws, lang="en")` is the page over a workspace, with these choices in the URL."""

    def visit(ws, **params):
        monkeypatch.setenv("GENZAICHI_WORKSPACE", str(ws.folder))
        return opened("process", **params)

    yield visit
    incoming.close_all()


def cell(*parts):
    return json.dumps(parts, ensure_ascii=False)


def steps(app):
    return table(app, "reached").set_index("step")


def listed(app):
    """The list below an open cell."""
    return table(app, LISTED)


def test_the_shops_wait_where_the_sample_says(at, production):
    app = at(production)
    assert metrics(app) == {
        "案件": "60 件",
        "終わった": "24 件",
        "いま待っている": "36 件",
        "お客さま待ち": "28 件",
        "当社待ち": "8 件",
        "いちばん長い待ち": "74 日",
    }
    found = steps(app)
    assert found.index.tolist() == STEPS
    assert found["waiting_now"].tolist() == [14, 6, 1, 3, 2, 2, 8, 0]
    assert found.loc["アサイン", ["median_days", "km_median_days"]].tolist() == [23.5, 28.0]
    assert "案件 60 ＝ 終わった 24 ＋ 待っている 36" in captions(app)
    assert "終わった件だけの平均は短く出ます。" in captions(app)


def test_the_page_speaks_english(at, production):
    app = at(production, lang="en")
    assert metrics(app)["Waiting for お客さま"] == "28"
    assert "14 wait at アサイン" in captions(app)


@pytest.mark.parametrize(
    ("step", "state"), [("アサイン", "waiting_now"), ("公開", "done"), ("提出", "skipped"), ("執筆", "negative")]
)
def test_a_number_opens_as_many_cases_as_it_says(at, production, step, state):
    app = at(production, cell=cell(step, state))
    assert len(listed(app)) == steps(app).loc[step, state] > 0


def test_whom_cases_wait_for_opens_those_who_have_waited_longest_first(at, production):
    found = listed(at(production, side=cell("当社", "waiting_now")))
    assert len(found) == 8
    assert found["waiting_days"].is_monotonic_decreasing
    assert set(found["stands_in"]) <= {"取材", "執筆", "編集", "提出"}


def test_without_a_column_the_step_says_whose_turn_it_is_once_somebody_has_said_it(at, production):
    app = at(production, ball="-steps")
    assert metrics(app)["（決まっていない）待ち"] == "36 件"
    assert "お客さま・当社のどちらの番か" in captions(app)
    sides = dict.fromkeys(("アサイン", "日程確定", "校正"), "customer") | dict.fromkeys(STEPS[2:6], "us")
    production.set_setting(SETTING, Plan(tuple(STEPS), sides).to_json())
    try:
        found = metrics(at(production, ball="-steps"))
        assert (found["お客さま待ち"], found["当社待ち"]) == ("28 件", "8 件")
    finally:
        production.set_setting(SETTING, "")


@pytest.mark.long
def test_business_days_leave_out_the_days_off_of_our_own(at, production):
    calendar = steps(at(production))["median_days"]
    office = steps(at(production, days="business"))["median_days"]
    assert (office.dropna() <= calendar.dropna()).all()
    production.set_setting("closed_days", [f"2026-02-{day:02d}" for day in range(1, 29)])
    try:
        app = at(production, days="business")
        assert (steps(app)["median_days"].dropna() < office.dropna()).any()
        assert "自社の休みは 28 日登録されています" in captions(app)
    finally:
        production.set_setting("closed_days", [])


@pytest.mark.long
@pytest.mark.parametrize("by", ["owner", "種別", "start_month"])
def test_the_parts_of_a_dimension_add_up_and_open(at, production, by):
    app = at(production, by=by)
    found = table(app, "s0")
    assert found["s0"].sum() == 14
    value = {"owner": found["value"].iloc[0], "種別": found["value"].iloc[0]}.get(by)
    key = value if value else "2026-01-01T00:00:00"
    rows = found[found["value"] == (value or "2026年1月")]
    app = at(production, by=by, by_waiting_now=cell(key, "s0"))
    assert len(listed(app)) == rows["s0"].iloc[0] > 0


@pytest.mark.long
def test_a_missing_date_may_be_one_that_nobody_wrote_down(at, production):
    app = at(production, blank="missing")
    assert steps(app).loc["提出", ["skipped", "missing"]].tolist() == [0, 3]
    assert "日付のない工程" in table(app, "how")["what"].tolist()


def test_while_names_are_hidden_nobody_is_told_apart_by_owner(at, production):
    production.set_setting("names_hidden", True)
    try:
        app = at(production, by="owner", cell=cell("アサイン", "waiting_now"))
        assert "担当者" not in [option for box in app.selectbox for option in box.options]
        assert "owner" not in listed(app).columns
    finally:
        production.set_setting("names_hidden", False)


def test_junk_in_the_url_is_ignored(at, production):
    junk = dict.fromkeys(("days", "blank", "ball", "by", "show", "cell", "side", "note", "as_of"), "x")
    app = at(production, **junk, where='["店名"]')
    assert metrics(app)["案件"] == "60 件"
    assert tables(app, LISTED) == []


def test_without_cases_the_page_says_what_it_needs(at, fresh):
    app = at(fresh)
    assert metrics(app) == {}
    assert "工程の一覧を取り込む" in [button.label for button in app.button]


# A case and step a row: the order is given, never guessed


def log(ws, *rows):
    entries = [{"case_id": c, "step": s, "entered_at": datetime.fromisoformat(d)} for c, s, d in rows]
    put(ws, "cases", entries, as_of=date(2026, 1, 31))


def test_the_order_of_a_log_is_proposed_and_nothing_is_counted_before_it_is_confirmed(at, fresh):
    log(fresh, ("a", "受付", "2026-01-05"), ("a", "完了", "2026-01-09"), ("b", "受付", "2026-01-20"))
    app = at(fresh)
    assert metrics(app) == {}
    assert "工程の順番を確かめてください" in "".join(each.value for each in app.markdown)
    assert table(app, "place")[["place", "step"]].to_numpy().tolist() == [[1, "受付"], [2, "完了"]]
    app.button(key="FormSubmitter:plan_form-この順番で見る").click().run()
    assert Plan.from_json(fresh.setting(SETTING)).steps == ("受付", "完了")
    assert metrics(app)["いま待っている"] == "1 件"


def test_a_step_without_a_place_is_said_and_its_cases_are_nowhere(at, fresh):
    log(fresh, ("a", "受付", "2026-01-05"), ("a", "保留", "2026-01-09"), ("b", "受付", "2026-01-20"))
    fresh.set_setting(SETTING, Plan(("受付", "完了")).to_json())
    app = at(fresh)
    assert "順番に入っていない工程：保留" in captions(app)
    assert "まだどの案件も入っていない工程：完了" in captions(app)
    # nobody has reached the end, so that nobody is finished
    assert (metrics(app)["終わった"], metrics(app)["いま待っている"]) == ("0 件", "1 件")
    assert "順番にない工程・一覧から消えた 1" in captions(app)
    found = at(fresh, note=cell("elsewhere", "n"))
    assert listed(found)["case_id"].tolist() == ["a"]


def test_one_case_without_a_date_waits_and_nobody_knows_for_how_long(at, fresh):
    put(fresh, "cases", [{"case_id": "a", "step": "受付"}], as_of=date(2026, 1, 31))
    fresh.set_setting(SETTING, Plan(("受付", "完了")).to_json())
    app = at(fresh)
    assert (metrics(app)["いま待っている"], metrics(app)["いちばん長い待ち"]) == ("1 件", "–")


def noted(app):
    """What is in no average -> how many."""
    found = table(app, "how")
    return dict(zip(found["what"], found["n"], strict=True))


def note(name):
    return cell(name, "n")


def test_what_is_in_no_average_opens_as_many_rows_as_it_says(at, production):
    """Over all steps: a row a case and step, so that a case may stand in it twice."""
    app = at(production, note=note("negative"))
    rows = listed(app)
    assert len(rows) == noted(app)["出た日が入った日より前"] == steps(app)["negative"].sum() > 0
    assert set(rows["step"]) == set(steps(app).query("negative > 0").index)
    assert len(listed(at(production, note=note("skipped")))) == noted(app)["飛ばした工程"] == 3


def test_entries_without_a_place_or_a_date_are_listed_from_the_whole_table_whatever_is_filtered(at, fresh):
    rows = [("a", "受付", datetime(2026, 1, 5), "東"), ("a", "保留", datetime(2026, 1, 9), "東")]
    rows += [("b", "受付", None, "西"), ("b", "完了", datetime(2026, 1, 20), "西")]
    columns = ("case_id", "step", "entered_at", "地区")
    put(fresh, "cases", [dict(zip(columns, row, strict=True)) for row in rows], as_of=date(2026, 1, 31))
    fresh.set_setting(SETTING, Plan(("受付", "完了")).to_json())
    for name, case, step in (("unlisted", "a", "保留"), ("undated", "b", "受付")):
        app = at(fresh, note=note(name), where='["地区","西"]')
        found = listed(app)
        assert found[["case_id", "step"]].to_numpy().tolist() == [[case, step]]
    assert noted(app) == {
        "日付のない工程": 1,
        "日付のない記録": 1,
        "順番にない工程の記録": 1,
    }


@pytest.mark.long
def test_lists_that_were_uploaded_again_and_again_are_compared_and_it_is_said(at, fresh):
    for day, line in ((31, "AA"), (28, "AB")):
        month = 1 if day == 31 else 2
        rows = [{"case_id": c, "step": s} for c, s in zip("ab", line, strict=True)]
        put(fresh, "cases", rows, as_of=date(2026, month, day))
    fresh.set_setting(SETTING, Plan(("A", "B", "C")).to_json())
    app = at(fresh)
    assert "推定" in captions(app)
    assert "2 回分の一覧" in captions(app)
    assert steps(app)["waiting_now"].tolist() == [1, 1]
    inferred = listed(at(fresh, note=note("inferred")))
    assert inferred[["case_id", "step"]].to_numpy().tolist() == [["a", "A"], ["b", "B"], ["b", "A"]]
    before = at(fresh, as_of="2026-01-31")
    assert steps(before)["waiting_now"].tolist() == [2]


def test_a_filter_that_nobody_fits_can_be_lifted(at, production):
    app = at(production, where=['["種別","売場づくり"]', '["ボール","お客さま"]', '["店名","山手百貨店"]'])
    assert "この条件に合う行はありません" in "".join(each.value for each in app.markdown)
    assert [button.label for button in app.button if button.label == "すべて外す"]

"""The commands of progress: the planted figures of the sample, those of the functions, and one sentence a mistake."""

import io
import json
from datetime import date

import pandas as pd
import pytest
from command_line import run, sentence, table

import analysis as an
from analysis.exports.phases import dates_of
from analysis.lesson import sample

USERS, DEALS, CASES = (
    sample(name) for name in ("usage/users_20260331.csv", "sfa/deals_20260331.csv", "story/production_20260331.xlsx")
)
LOGS = [sample(f"usage/{name}") for name in ("usage_fy2025.csv", "orders.csv", "inquiries.xlsx")]
ACTIVITY = [word for path in LOGS for word in ("--activity", path)]
QUARTER, STEPS = "2026-01..2026-03", ["アサイン", "日程確定", "取材", "執筆", "編集", "提出", "校正", "公開"]
WAY = ["ログイン", "カタログ閲覧", "注文"]
COMMANDS = ["funnel", "steps", "pipeline", "stages"]


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("GENZAICHI_LANG", "en")


@pytest.fixture(scope="module")
def workspace(sample_company):
    return sample_company


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Small files in the folder where the command runs."""
    monkeypatch.chdir(tmp_path)

    def write(**contents):
        for name, text in contents.items():
            (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")

    return write


def same(found, result, *order):
    """The command's table is the function's, whole and in order."""
    expected = result.sort_values([*order], ignore_index=True)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)


# The planted figures


def test_stages_of_the_sample_are_744_420_and_156_of_1200():
    found = table("stages", "--users", USERS, *ACTIVITY, "--period", QUARTER, "--lang", "ja").set_index("stage")
    assert found["users"].to_dict() == {"認知": 744, "定着": 420, "活用": 156}
    assert found["gap_users"].tolist() == [96, 120, 84]
    assert (set(found["valid_users"]), found["skipped"].tolist()) == ({1200}, [0, 0, 33])


def test_steps_of_the_sample_need_only_the_file():
    found = table("steps", "--cases", CASES)
    assert found["step"].tolist() == STEPS
    assert found["waiting_now"].tolist() == [14, 6, 1, 3, 2, 2, 8, 0]
    assert (found["waiting_now"].sum(), found["reached"].iloc[0], found["reached"].iloc[-1]) == (36, 60, 24)
    assert found["skipped"].tolist() == [0, 0, 0, 0, 0, 3, 0, 0]


def test_the_pipeline_of_the_sample_needs_only_the_file():
    found = table("pipeline", "--deals", DEALS)
    assert found["deals"].tolist() == [34, 28, 23, 15, 72, 128]
    assert found["reached"].tolist()[:5] == [300, 220, 154, 105, 72]
    assert found["outcome"].tolist() == ["open"] * 4 + ["won", "lost"]
    assert found["unknown_path"].sum() == 0


def test_the_pipeline_of_each_owner():
    found = table("pipeline", "--deals", DEALS, "--by", "owner").set_index(["owner", "phase"])["deals"]
    won, over = found.xs("5 受注", level="phase"), found.xs("6 失注", level="phase")
    assert (won["岡 直人"], won["佐伯 由香"], over["佐伯 由香"], won.sum()) == (3, 18, 22, 72)


def test_96_people_order_in_the_quarter():
    """A log without a column of kinds is of one kind, which its file's name says."""
    found = table("funnel", "--activity", LOGS[1], "--steps", "order", "--period", QUARTER)
    assert found[["step", "entered"]].values.tolist() == [["order", 96]]


# The functions say the same, through a workspace


def test_every_function_of_progress_runs_on_a_workspace(workspace):
    assert len(workspace.run(an.funnel, WAY[:2])) == 2
    assert workspace.run(an.step_times, STEPS[:3])["waiting_now"].sum() == 14 + 6
    assert workspace.run(an.pipeline)["deals"].sum() == 300
    stages = workspace.run(an.stages, an.Period.parse(QUARTER), an.standard_stages())
    assert sorted(stages["users"]) == [156, 420, 744]


def test_a_funnel_is_that_of_the_function(workspace):
    words = ("--steps", ", ".join(WAY), "--period", QUARTER, "--within", "30d", "--by", "端末")
    found = table("funnel", "--workspace", workspace.folder, *words)
    options = {"period": an.Period.parse(QUARTER), "within": "30d", "by": "端末"}
    same(found, workspace.run(an.funnel, WAY, **options), "端末", "position")


def test_stages_are_those_of_the_function(workspace):
    words = ("--period", QUARTER, "--by", "エリア", "--where", "ユーザー区分=営業", "--valid", "any")
    found = table("stages", "--workspace", workspace.folder, *words)
    rule = {"all": [{"column": "ユーザー区分", "in": ["営業"]}]}
    options = {"by": "エリア", "where": rule, "valid": "any"}
    result = workspace.run(an.stages, an.Period.parse(QUARTER), an.standard_stages("en"), **options)
    same(found, result, "エリア", "position")


def test_steps_are_those_of_the_function(workspace):
    words = ("--as-of", "2026-03-31", "--business-days", "--by", "種別", "--steps", "アサイン,取材,公開")
    found = table("steps", "--workspace", workspace.folder, *words)
    options = {"as_of": date(2026, 3, 31), "days": an.BusinessDays(), "by": "種別"}
    same(found, workspace.run(an.step_times, ["アサイン", "取材", "公開"], **options), "種別", "position")


def test_a_pipeline_is_that_of_the_function_with_the_dates_of_its_phases(workspace):
    order = ["1 アプローチ", "2 ヒアリング", "3 提案", "4 見積"]
    words = ("--phases", ",".join(order), "--where", "source=展示会,紹介", "--as-of", "2026-03-31")
    found = table("pipeline", "--workspace", workspace.folder, *words)
    steps = workspace.imports("deals")[-1].mapping.steps
    options = {
        "dates": dates_of(order, steps),
        "where": {"all": [{"column": "source", "in": ["展示会", "紹介"]}]},
        "as_of": date(2026, 3, 31),
    }
    same(found, workspace.run(an.pipeline, order, **options), "position", "phase")
    assert len(options["dates"]) == 4


# Files of other forms


def test_a_window_and_several_logs(files):
    files(
        a="user_id,occurred_at,activity\nu1,2026-01-01 09:00,login\nu2,2026-01-01 09:00,login\n",
        b="user_id,occurred_at,activity\nu1,2026-01-31 09:00,order\nu2,2026-01-31 09:01,order\n",
    )
    words = ("funnel", "--activity", "a.csv", "--activity", "b.csv", "--steps", "login,order", "--within", "30d")
    found = table(*words, "--as-of", "2026-02-28").set_index("step")
    assert found.loc["order", ["entered", "reached", "waiting", "lost"]].tolist() == [2, 1, 0, 1]


@pytest.mark.parametrize(("order", "reached"), [("in_order", 2), ("strict", 1), ("unordered", 3)])
def test_the_order_of_a_funnel(files, order, reached):
    rows = [("u1", "login"), ("u1", "order"), ("u2", "login"), ("u2", "help"), ("u2", "order"), ("u3", "order")]
    rows += [("u3", "login")]
    lines = [f"{user},2026-01-01 09:{minute:02},{kind}" for minute, (user, kind) in enumerate(rows)]
    files(log="\n".join(["user_id,occurred_at,activity", *lines, ""]))
    found = table("funnel", "--activity", "log.csv", "--steps", "login,order", "--order", order)
    assert found["reached"].tolist() == [3, reached]


def test_an_active_rate_counts_every_log_that_is_given(files):
    files(
        users="user_id\na\nb\nc\n",
        one="user_id,occurred_at\na,2026-01-05\n",
        two="user_id,occurred_at\nb,2026-01-06\n",
    )
    words = ("--users", "users.csv", "--activity", "one.csv", "--activity", "two.csv", "--period", "2026-01")
    row = table("active-rate", *words).iloc[0]
    assert (row["active_users"], row["valid_users"]) == (2, 3)


def test_steps_of_a_row_per_entry(files):
    files(log="case_id,step,entered_at\na,受付,2026-01-01\na,審査,2026-01-03\nb,受付,2026-01-02\n")
    found = table("steps", "--cases", "log.csv", "--steps", "受付,審査", "--as-of", "2026-01-10")
    assert found["waiting_now"].tolist() == [1, 0]
    assert found[["median_days", "waiting_max_days"]].iloc[0].tolist() == [2, 8]


@pytest.mark.parametrize(("name", "oldest"), [("list_20260131", 29), ("list", 2)])
def test_ages_run_up_to_the_day_of_the_list(files, name, oldest):
    """Its file's name says the day; where it says none, nothing is known after the last entry."""
    files(**{name: "case_id,A,B,C\na,2026-01-02,,\nb,2026-01-03,2026-01-04,\nc,2026-01-01,2026-01-02,2026-01-03\n"})
    found = table("steps", "--cases", f"{name}.csv")
    assert found["waiting_max_days"].tolist()[:2] == [oldest, oldest - 2]
    files(**{name: "deal_id,phase,created_at\na,1 A,2026-01-02\nb,2 B,2026-01-04\n"})
    assert table("pipeline", "--deals", f"{name}.csv")["mean_days"].tolist() == [oldest, oldest - 2]


def test_the_list_of_a_workspace_has_its_day(files):
    files(
        cases="case_id,A,B,C\na,2026-01-02,,\nb,2026-01-01,2026-01-02,2026-01-03\n",
        deals="deal_id,phase,created_at\na,1 A,2026-01-02\n",
    )
    for kind in ("cases", "deals"):
        words = ("import", f"{kind}.csv", "--kind", kind, "--as-of", "2026-01-31", "--workspace", "ws")
        assert run(*words).code == 0
    assert table("steps", "--workspace", "ws")["waiting_max_days"].tolist()[0] == 29
    assert table("steps", "--workspace", "ws", "--as-of", "2026-01-12")["waiting_max_days"].tolist()[0] == 10
    assert table("pipeline", "--workspace", "ws")["mean_days"].tolist() == [29]


def test_lists_of_a_workspace_that_only_say_the_step_count_together(files):
    files(first="case_id,step\na,A\n", second="case_id,step\na,B\nb,A\n", third="case_id,step\na,B\nb,B\n")
    for name, day in (("first", "2026-01-01"), ("second", "2026-01-05"), ("third", "2026-01-11")):
        words = ("import", f"{name}.csv", "--kind", "cases", "--as-of", day, "--workspace", "ws")
        assert run(*words).code == 0
    found = table("steps", "--workspace", "ws", "--steps", "A,B")
    assert found["reached"].tolist() == [2, 2]
    assert found["median_days"].iloc[0] == 6  # of b: since when a was in A no list says
    assert found["waiting_now"].tolist() == [0, 0]


def test_two_columns_of_dates_are_steps_when_they_are_named(files):
    files(wide="case_id,受付,納品\na,2026-01-01,2026-01-05\nb,2026-01-02,\n")
    found = table("steps", "--cases", "wide.csv", "--steps", "受付,納品")
    assert found[["reached", "waiting_now"]].values.tolist() == [[2, 1], [1, 0]]


def test_a_row_per_entry_with_dates_beside_it_is_told_outright(files):
    files(
        log="case_id,state,since,A,B,C\n"
        "a,x,2026-01-01,2026-01-01,2026-01-02,2026-01-03\na,y,2026-01-05,2026-01-01,2026-01-02,2026-01-03\n"
    )
    found = table("steps", "--cases", "log.csv", "--steps", "x,y", "--map", "step=state,entered_at=since")
    assert found[["step", "reached", "median_days"]].fillna(0).values.tolist() == [["x", 1, 4], ["y", 1, 0]]


def test_own_stages_come_from_a_file(files, tmp_path):
    files(users="user_id\na\nb\n", log="user_id,occurred_at\na,2026-01-05\na,2026-01-06\nb,2026-01-06\n")
    rules = [
        an.Stage("使った", {"measure": "uses", "at_least": 1}),
        an.Stage("2 日", {"measure": "days", "at_least": 2}, 1),
    ]
    (tmp_path / "own.json").write_text(an.Stages(tuple(rules)).to_json(), encoding="utf-8-sig")
    words = ("--users", "users.csv", "--activity", "log.csv", "--period", "2026-01", "--definitions", "own.json")
    found = table("stages", *words)
    assert found[["stage", "users"]].values.tolist() == [["使った", 2], ["2 日", 1]]
    assert found["gap_users"].tolist()[1:] == [1]


TWO = {
    "users": "user_id,エリア\na,関東\nb,関東\nc,近畿\nd,\n",
    "log": "user_id,occurred_at\na,2026-01-05\na,2026-02-06\na,2026-03-06\nb,2026-01-06\nc,2026-01-06\n",
    "goals": "ステージ,期間,エリア,目標\n認知,2026年度,,50%\n認知,2025年度,関東,100%\n"
    "認知,2025年度,,40%\n定着,,,30%\n売上,,,900\n",
}
OF_TWO = ("stages", "--users", "users.csv", "--activity", "log.csv", "--period", "2026-01..2026-03", "--lang", "ja")


def test_goals_of_a_file_differ_by_stage_group_and_year(files):
    files(**TWO)
    found = table(*OF_TWO, "--targets", "goals.csv", "--by", "エリア").set_index(["エリア", "stage"])
    assert found.loc[("関東", "認知"), ["users", "target", "gap_users"]].tolist() == [2, 1, 0]
    assert found.loc[("近畿", "認知"), ["users", "target", "gap_users"]].tolist() == [1, 0.4, 0]
    assert found.loc[("近畿", "定着"), ["users", "target", "gap_users"]].tolist() == [0, 0.3, 1]
    usual = table(*OF_TWO, "--by", "エリア").set_index(["エリア", "stage"])["target"]
    assert (usual["関東", "認知"], usual["近畿", "認知"]) == (0.7, 0.7)


def test_the_verdict_of_each_area_says_in_words_what_is_next(files):
    files(**TWO)
    found = table(*OF_TWO, "--targets", "goals.csv", "--by", "エリア", "--verdicts")
    assert found["text"].tolist() == [
        "近畿：①認知 達成 → 次は②定着",
        "関東：①認知・②定着 達成 → 次は③活用",
        "（空白）：①認知 未達。②③の施策はまだ早い",
    ]
    assert found["verdict"].tolist() == ["some", "some", "none"]
    assert found["gap_users"].tolist()[::2] == [1, 1]
    (whole,) = table(*OF_TWO, "--verdicts")["text"]
    assert whole == "全体：①認知 達成 → 次は②定着"


def test_goals_of_a_file_take_the_place_of_those_of_a_workspace(files):
    files(**TWO, other="ステージ,期間,目標\n認知,,90%\n")
    kinds = {"users": ["--as-of", "2026-03-31"], "log": [], "goals": []}
    for name, more in kinds.items():
        kind = {"log": "activity", "goals": "targets"}.get(name, name)
        assert run("import", f"{name}.csv", "--kind", kind, *more, "--workspace", "ws").code == 0
    words = ("stages", "--period", "2026-01..2026-03", "--workspace", "ws", "--lang", "ja")
    for given, goals in (((), [0.4, 0.3]), (("--targets", "other.csv"), [0.9, 0.45])):
        assert table(*words, *given)["target"].tolist()[:2] == goals


@pytest.mark.parametrize("form", ["json", "table", "parquet"])
def test_other_forms_of_output_carry_the_same_rows(form):
    done = run("pipeline", "--deals", DEALS, "--format", form)
    assert done.code == 0
    if form == "parquet":
        deals = pd.read_parquet(io.BytesIO(done.bytes))["deals"].tolist()
    elif form == "json":
        deals = [row["deals"] for row in json.loads(done.out)]
    else:
        deals = [int(line.split()[3]) for line in done.out.splitlines()[1:6]]
    assert deals[:5] == [34, 28, 23, 15, 72]


# Mistakes

ODD = {"measure": "uses", "at_least": 1, "activities": [["login"]]}
FUNNEL = ("funnel", "--activity", "log.csv")
STAGES = ("stages", "--users", "users.csv", "--activity", "log.csv", "--period", "2026-01")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("funnel",), "--steps is needed"),
        ((*FUNNEL, "--steps", ","), "no step"),
        ((*FUNNEL, "--steps", "login,ordr"), '"order"'),
        ((*FUNNEL, "--steps", "login", "--within", "soon"), '"soon"'),
        ((*FUNNEL, "--steps", "login,order", "--within", "999999d"), '"999999d"'),
        ((*FUNNEL, "--steps", "login", "--order", "backwards"), "backwards"),
        ((*FUNNEL, "--steps", "login", "--period", "soon"), '"soon" is not a period'),
        ((*FUNNEL, "--steps", "login", "--by", "device"), '"device"'),
        ((*FUNNEL, "--steps", "login", "--as-of", "9999-12-31"), "9999-12-31"),
        ((*FUNNEL, "--activity", "log.csv", "--steps", "login"), "log.csv"),
        (("funnel", "--workspace", "empty", "--steps", "login"), "activity"),
        (("stages",), "--period is needed"),
        (("stages", "--users", "users.csv", "--period", "2026-01"), "--activity is needed"),
        ((*STAGES, "--definitions", "nowhere.json"), "nowhere.json"),
        ((*STAGES, "--definitions", "log.csv"), "log.csv"),
        ((*STAGES, "--definitions", "."), "."),
        ((*STAGES, "--definitions", "kinds.csv"), "several lines"),
        ((*STAGES, "--by", "Area"), '"Area"'),
        ((*STAGES, "--targets", "nowhere.csv"), "nowhere.csv"),
        ((*STAGES, "--targets", "targets.csv"), "targets.csv has no row with a goal for a stage"),
        ((*STAGES, "--targets", "high.csv"), "5"),
        (("steps", "--workspace", "empty"), "--cases is needed"),
        (("steps", "--cases", "nowhere.xlsx"), "nowhere.xlsx"),
        (("steps", "--cases", "cases.csv"), "--steps is needed"),
        (("steps", "--cases", "cases.csv", "--steps", "A,Z"), "Z"),
        (("steps", "--cases", "cases.csv", "--steps", "A,B,A"), "A"),
        (("steps", "--cases", "cases.csv", "--steps", "A", "--by", "Area"), '"Area"'),
        (("steps", "--cases", "cases.csv", "--steps", "A", "--header", "two"), '"two" is not a number'),
        (("steps", "--cases", "cases.csv", "--steps", "A", "--map", "case_id=Nope"), "Nope"),
        (("steps", "--cases", CASES, "--steps", "しゅざい"), "取材"),
        (("pipeline", "--workspace", "empty"), "--deals is needed"),
        (("pipeline", "--deals", "cases.csv"), "cases.csv"),
        (("pipeline", "--deals", "deals.csv", "--phases", "1 A"), "2 B"),
        (("pipeline", "--deals", "deals.csv", "--phases", ""), "order is empty"),
        (("pipeline", "--deals", "deals.csv", "--where", "phase"), '"phase"'),
        (("pipeline", "--deals", "deals.csv", "--as-of", "tomorrow"), "tomorrow"),
        (("pipeline", "--deals", "deals.csv", "--format", "xml"), "xml"),
        (("pipeline", "--frobnicate"), "--frobnicate"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(words, said, files):
    files(
        users="user_id\na\nb\n",
        log="user_id,occurred_at,activity\na,2026-01-05,login\na,2026-01-06,order\n",
        cases="case_id,step,entered_at\na,A,2026-01-01\na,B,2026-01-03\nb,A,2026-01-02\n",
        kinds=json.dumps({"version": 1, "stages": [{"name": "several\nlines", "rule": ODD}]}),
        deals="deal_id,phase\n1,1 A\n2,2 B\n3,won\n",
        targets="metric,period,target\nSales,2026-01,900\n",
        high=f"metric,period,target\n{an.standard_stages('en').names[0]},,5\n",
    )
    assert said in sentence(*words)


def test_a_mistake_is_told_in_japanese_too(files):
    files(bad='{"version": 2}\n')
    words = ("stages", "--period", "2026-01", "--definitions", "bad.csv", "--lang", "ja")
    assert "ステージの決め方として読めません" in sentence(*words)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("language", "usage"), [("ja", "使い方:"), ("en", "usage:")])
def test_help_of_every_command_in_both_languages(command, language, usage):
    done = run(command, "--help", "--lang", language)
    assert (done.code, done.out.split()[0]) == (0, usage)

"""The command of levels: the planted figures of the sample, what the functions give, and one sentence a mistake."""

import io
import json
from datetime import date

import pandas as pd
import pytest
from command_line import run, sentence, table

import analysis as an
from analysis.lesson import sample, sample_workspace

STORY, CONTRACTS = sample("story/production_20260331.xlsx"), sample("contract_system/contracts_20260331.csv")
UNPUBLISHED = {"not": {"filled": "公開"}}
PLANNED = an.Levels(
    (
        an.State("制作中", UNPUBLISHED),
        an.State("予定日あり", {"all": [UNPUBLISHED, {"filled": "公開予定日"}]}),
        an.State("これから", {"all": [UNPUBLISHED, {"filled": "公開予定日", "when": "future"}]}),
    ),
    (an.Level("準備中", 1), an.Level("予定どおり", 3)),
)
ORDERED = an.Levels((an.State("ordered", {"events": "orders", "days": 60}),), (an.Level("buys", 1),))
USED = an.Levels((an.State("two", {"events": "activity", "distinct": "user_id", "at_least": 2}),))


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("GENZAICHI_LANG", "en")


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Small files in the folder where the command runs."""
    monkeypatch.chdir(tmp_path)

    def write(**contents):
        for name, text in contents.items():
            suffix = "" if "." in name else ".csv"
            (tmp_path / f"{name}{suffix}").write_text(text, encoding="utf-8")

    write(**{"planned.json": PLANNED.to_json(), "ordered.json": ORDERED.to_json(), "used.json": USED.to_json()})
    return write


def test_25_of_36_open_shops_have_a_planned_day_of_which_16_are_to_come(files):
    words = ("levels", "--cases", STORY, "--definitions", "planned.json")
    found = table(*words, "--what", "states")
    assert found[["state", "fulfilled"]].values.tolist() == [["制作中", 36], ["予定日あり", 25], ["これから", 16]]
    still = table(*words, "--what", "states", "--where", "ボール=お客さま,当社")
    assert (still["customers"].iloc[0], still["fulfilled"].tolist()) == (36, [36, 25, 16])
    stood = table(*words, "--what", "levels").set_index("level_position")["customers"].to_dict()
    assert stood == {0: 24, 1: 20, 2: 16}


def test_the_matrix_lists_every_customer_the_highest_first(files):
    found = table("levels", "--cases", STORY, "--definitions", "planned.json")
    assert list(found.columns) == ["customer_id", *PLANNED.names, "score", "level", "level_position"]
    assert (len(found), found["score"].is_monotonic_decreasing) == (60, True)
    assert found[list(PLANNED.names)].sum().tolist() == [36, 25, 16]


def test_of_contracts_those_count_who_are_under_contract_on_the_day(files):
    files(**{"all.json": an.Levels((an.State("x", {"filled": "plan"}),), (an.Level("l", 1),)).to_json()})
    words = ("levels", "--contracts", CONTRACTS, "--definitions", "all.json", "--what", "levels")
    assert table(*words, "--as-of", "2026-03-01")["of_customers"].tolist() == [250, 250]


def test_a_workspace_gives_what_the_functions_give(files):
    workspace = sample_workspace()
    words = ("levels", "--workspace", workspace.folder, "--definitions", "ordered.json", "--as-of", "2026-03-31")
    found = table(*words, "--what", "states", "--by", "エリア")
    expected = workspace.run(an.state_counts, ORDERED, as_of=date(2026, 3, 31), by="エリア")
    expected = expected.sort_values(["エリア", "position"], ignore_index=True)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)
    assert found["customers"].sum() == 412


def test_a_workspace_knows_the_levels_of_its_page(files):
    workspace = sample_workspace()
    workspace.set_setting("levels", {"cases": PLANNED.to_json()})
    found = table("levels", "--workspace", workspace.folder, "--base", "cases", "--what", "states")
    assert found["fulfilled"].tolist() == [36, 25, 16]


def test_the_last_day_is_that_of_the_last_record(files):
    files(customers="customer_id\na\nb\n", orders="customer_id,ordered_at,amount\na,2026-01-01,5\nb,2026-03-02,5\n")
    words = ("levels", "--customers", "customers.csv", "--orders", "orders.csv", "--definitions", "ordered.json")
    assert table(*words)["ordered"].tolist() == [1, 0]
    assert table(*words).set_index("customer_id")["ordered"].to_dict() == {"b": 1, "a": 0}
    assert table(*words, "--as-of", "2026-03-01")["ordered"].tolist() == [1, 0]


def test_several_logs_and_the_use_of_accounts(files):
    files(
        customers="customer_id\na\nb\n",
        users="user_id,customer_id\nx,a\ny,a\nz,b\n",
        one="user_id,occurred_at\nx,2026-01-05\n",
        two="user_id,occurred_at\ny,2026-01-06\nz,2026-01-06\n",
    )
    words = ("levels", "--customers", "customers.csv", "--users", "users.csv", "--definitions", "used.json")
    found = table(*words, "--activity", "one.csv", "--activity", "two.csv", "--base", "customers")
    assert found[["customer_id", "two"]].values.tolist() == [["a", 1], ["b", 0]]


@pytest.mark.parametrize("form", ["json", "table", "parquet"])
def test_other_forms_of_output_carry_the_same_rows(form, files):
    done = run("levels", "--cases", STORY, "--definitions", "planned.json", "--what", "states", "--format", form)
    assert done.code == 0
    if form == "parquet":
        held = pd.read_parquet(io.BytesIO(done.bytes))["fulfilled"].tolist()
    elif form == "json":
        held = [row["fulfilled"] for row in json.loads(done.out)]
    else:
        held = [int(line.split()[2]) for line in done.out.splitlines()[1:4]]
    assert held == [36, 25, 16]


CUSTOMERS = ("levels", "--customers", "customers.csv", "--as-of", "2026-01-31")
OWN = (*CUSTOMERS, "--definitions", "own.json")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("levels", "--workspace", "empty"), "--customers is needed"),
        (CUSTOMERS, "--definitions is needed"),
        (("levels", "--customers", "customers.csv", "--definitions", "used.json"), "--as-of is needed"),
        ((*CUSTOMERS, "--definitions", "nowhere.json"), "nowhere.json"),
        ((*CUSTOMERS, "--definitions", "customers.csv"), "customers.csv"),
        ((*CUSTOMERS, "--definitions", "."), "."),
        ((*CUSTOMERS, "--definitions", "ordered.json"), "orders"),
        ((*CUSTOMERS, "--definitions", "used.json", "--what", "everything"), "everything"),
        ((*CUSTOMERS, "--definitions", "used.json", "--base", "weather"), "weather"),
        ((*CUSTOMERS, "--definitions", "used.json", "--base", "contracts"), "--contracts is needed"),
        ((*CUSTOMERS, "--definitions", "planned.json"), "公開"),
        ((*OWN, "--by", "Area"), '"Area"'),
        ((*OWN, "--where", "area"), '"area"'),
        ((*OWN, "--as-of", "soon"), "soon"),
        ((*OWN, "--format", "xml"), "xml"),
        (("levels", "--customers", "twice.csv", "--as-of", "2026-01-31", "--definitions", "own.json"), "twice.csv"),
        (("levels", "--frobnicate"), "--frobnicate"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(words, said, files):
    own = an.Levels((an.State("east", {"column": "area", "in": ["East"]}),))
    files(**{"own.json": own.to_json()}, customers="customer_id,area\na,East\nb,West\n", twice="area,other\nEast,1\n")
    assert said in sentence(*words)


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({"version": 2, "states": []}, "no levels"),
        ({"version": 1, "states": []}, "state"),
        ({"version": 1, "states": [{"name": "s", "rule": {}}]}, '"s"'),
        ({"version": 1, "states": [{"name": "s", "rule": {"column": "area", "in": [["East"]]}}]}, "s"),
        ({"version": 1, "states": [{"name": "s", "rule": {"filled": "area", "when": "future"}}]}, "area"),
        ({"version": 1, "states": [{"name": "s", "rule": {"filled": "area"}}], "levels": [{"name": "l"}]}, "levels"),
        (
            {
                "version": 1,
                "states": [{"name": "s", "rule": {"filled": "area"}}],
                "levels": [{"name": "l", "at_least": 5}],
            },
            '"l"',
        ),
    ],
)
def test_levels_that_cannot_be_counted_are_one_sentence(tree, said, files):
    files(**{"own.json": json.dumps(tree)}, customers="customer_id,area\na,East\nb,West\n")
    assert said in sentence(*OWN)


def test_a_threshold_nobody_writes_into_json_is_a_sentence(files):
    written = '{"version": 1, "states": [{"name": "s", "rule": {"filled": "area"}, "weight": NaN}]}'
    files(**{"own.json": written}, customers="customer_id,area\na,East\n")
    assert '"s"' in sentence(*OWN)

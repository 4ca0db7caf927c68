"""The command line: the page's numbers, clean tables, and one sentence where something is wrong."""

import io
import json
import os
import subprocess
import sys

import pandas as pd
import pytest
from command_line import run, sentence, table

import analysis as an
from analysis.lesson import sample

USERS, LOG = sample("usage/users_20260331.csv"), sample("usage/usage_fy2025.csv")
QUARTER = "2026-01..2026-03"


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("GENZAICHI_LANG", "en")


@pytest.fixture(scope="module")
def workspace(sample_company):
    return sample_company


def test_two_files_give_the_rate_of_the_quarter():
    row = table("active-rate", "--users", USERS, "--activity", LOG, "--period", QUARTER).iloc[0]
    assert (row["active_users"], row["valid_users"], row["active_rate"]) == (744, 1200, 744 / 1200)


def test_the_numbers_are_those_of_the_page(workspace):
    found = table("active-rate", "--workspace", workspace.folder, "--period", QUARTER, "--by", "エリア,ユーザー区分")
    shown = workspace.run(an.active_rate, an.Period.parse(QUARTER), by=["エリア", "ユーザー区分"])
    counts = ["valid_users", "active_users"]
    expected = shown.sort_values(["エリア", "ユーザー区分"], ignore_index=True)[counts]
    pd.testing.assert_frame_equal(found[counts], expected, check_dtype=False)
    assert found["valid_users"].sum() == 1200


def test_totals_are_counted_and_a_blank_area_is_a_row():
    found = table("active-rate", "--users", USERS, "--activity", LOG, "--period", QUARTER, "--by", "エリア", "--totals")
    assert found.loc[found["row_level"] == 1, ["active_users", "valid_users"]].values.tolist() == [[744, 1200]]
    blank = found[(found["row_level"] == 0) & found["エリア"].isna()]
    assert blank[["active_users", "valid_users"]].values.tolist() == [[6, 20]]


def test_a_trend_takes_the_roster_of_its_time(workspace):
    found = table(
        "active-rate", "--workspace", workspace.folder, "--period", "2025-07..2026-03", "--every", "quarter"
    ).set_index("period_start")
    assert found.loc["2025-07-01", ["active_users", "valid_users"]].tolist() == [621, 1150]
    assert found.loc["2026-01-01", ["active_users", "valid_users"]].tolist() == [744, 1200]


def test_a_filter_keeps_the_named_values_and_an_empty_one_means_blank():
    words = ("active-rate", "--users", USERS, "--activity", LOG, "--period", QUARTER)
    both = table(*words, "--where", "エリア=関東,近畿").iloc[0]
    assert (both["active_users"], both["valid_users"]) == (294 + 161, 420 + 260)
    blank = table(*words, "--where", "エリア=").iloc[0]
    assert (blank["active_users"], blank["valid_users"]) == (6, 20)


def test_read_gives_every_row_as_it_stands(tmp_path):
    source = tmp_path / "cp932.csv"
    source.write_bytes('表題\r\n\r\nID,氏名,金額\r\n0012,髙﨑①,"1,234"\r\n0013,"二行\r\n目",\r\n'.encode("cp932"))
    assert run("read", source).out == 'ID,氏名,金額\n0012,髙﨑①,"1,234"\n0013,"二行\n目",\n'


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_read_writes_a_file_and_says_what_was_found(tmp_path, ending):
    target = tmp_path / f"out.{ending}"
    found = table("read", USERS, "--to", target, "--findings")
    assert list(found.columns) == ["finding", "text"]
    assert len(found) >= 2
    written = pd.read_parquet(target) if ending == "parquet" else pd.read_csv(target, dtype=str)
    assert (len(written), written.columns[0], written.iloc[0, 0]) == (1291, "ユーザーID", "MK01001")


def test_import_imports_undo_and_redo(tmp_path):
    place = ("--workspace", tmp_path / "ws")
    added = table("import", USERS, "--kind", "users", "--as-of", "2026-03-31", *place).iloc[0]
    counts = ["read", "accepted", "duplicates", "refused"]
    assert added[counts].tolist() == [1291, 1284, 2, 5]
    assert table("undo", added["id"], *place)["state"].tolist() == ["undone"]
    assert table("redo", added["id"], *place)["state"].tolist() == ["active"]
    assert table("imports", *place)[counts].values.tolist() == [[1291, 1284, 2, 5]]


def test_a_list_is_of_the_day_in_its_name_unless_another_is_said(tmp_path):
    (tmp_path / "users_20260331.csv").write_text("user_id\na\n", encoding="utf-8")
    (tmp_path / "users_20250930.csv").write_text("user_id\nb\n", encoding="utf-8")
    place = ("--kind", "users", "--workspace", tmp_path / "ws")
    assert table("import", tmp_path / "users_20260331.csv", *place)["as_of"].tolist() == ["2026-03-31"]
    said = table("import", tmp_path / "users_20250930.csv", "--as-of", "2025-10-01", *place)
    assert said["as_of"].tolist() == ["2025-10-01"]


def test_names_stay_out_unless_they_are_asked_for(tmp_path):
    run("import", USERS, "--kind", "users", "--as-of", "2026-03-31", "--workspace", tmp_path / "a")
    run("import", USERS, "--kind", "users", "--as-of", "2026-03-31", "--workspace", tmp_path / "b", "--with-personal")
    assert "氏名" not in an.Workspace.open(tmp_path / "a").table("users").columns
    assert "氏名" in an.Workspace.open(tmp_path / "b").table("users").columns


def test_the_workspace_of_the_environment_is_used(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GENZAICHI_WORKSPACE", str(tmp_path / "mine"))
    assert run("imports").code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_process_of_its_own_writes_utf_8_whatever_the_terminal_says():
    words = [sys.executable, "-m", "analysis", "read", str(USERS), "--lang", "ja"]
    done = subprocess.run(
        words, capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}, timeout=60, check=True
    )
    assert done.stdout.decode("utf-8").startswith("ユーザーID,氏名,")
    assert done.stderr == b""


def test_a_column_may_be_said_outright(tmp_path):
    users, log = tmp_path / "u.csv", tmp_path / "l.csv"
    users.write_text("code,team\na,x\nb,y\n", encoding="utf-8")
    log.write_text("when,code\n2026-01-05,a\n", encoding="utf-8")
    words = ("active-rate", "--users", users, "--activity", log, "--period", "2026-01")
    row = table(*words, "--map", "user_id=code,occurred_at=when").iloc[0]
    assert (row["active_users"], row["valid_users"]) == (1, 2)


@pytest.mark.parametrize("form", ["json", "table", "parquet"])
def test_other_forms_of_output_carry_the_same_number(form):
    done = run("active-rate", "--users", USERS, "--activity", LOG, "--period", QUARTER, "--format", form)
    assert done.code == 0
    if form == "parquet":
        rate = pd.read_parquet(io.BytesIO(done.bytes))["active_rate"].item()
    elif form == "json":
        rate = json.loads(done.out)[0]["active_rate"]
    else:
        rate = float(done.out.splitlines()[1].split()[2])
    assert rate == 744 / 1200


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("active-rate", "--period", "2026-13"), '"2026-13" is not a period'),
        (("active-rate",), "--period is needed"),
        (("active-rate", "--users", USERS, "--period", QUARTER), "--activity is needed"),
        (("active-rate", "--users", USERS, "--activity", LOG, "--period", QUARTER, "--by", "Area"), '"Area"'),
        (("active-rate", "--users", USERS, "--activity", LOG, "--period", QUARTER, "--valid", "maybe"), "maybe"),
        (("active-rate", "--users", USERS, "--activity", LOG, "--period", QUARTER, "--map", "user_id=Nope"), "Nope"),
        (("read",), "file is needed"),
        (("read", "no such file.csv"), "no such file.csv"),
        (("read", USERS, "--format", "xml"), "xml"),
        (("read", USERS, "--to", "out.docx"), ".docx"),
        (("import", USERS, "--kind", "userz"), "userz"),
        (("import", USERS, "--kind", "users", "--as-of", "tomorrow"), "tomorrow"),
        (("frobnicate",), "frobnicate"),
        (("imports", "--frobnicate"), "--frobnicate"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(words, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert said in sentence(*words)


def test_an_unknown_import_is_one_sentence(tmp_path):
    assert "000042" in sentence("undo", "000042", "--workspace", tmp_path / "ws")


def test_a_mistake_is_told_in_japanese_too():
    assert "期間として読めません" in sentence("active-rate", "--period", "あした", "--lang", "ja")


@pytest.mark.parametrize("command", ["read", "active-rate", "import", "imports", "undo", "redo"])
@pytest.mark.parametrize(("language", "usage"), [("ja", "使い方:"), ("en", "usage:")])
def test_help_of_every_command_in_both_languages(command, language, usage):
    done = run(command, "--help", "--lang", language)
    assert (done.code, done.out.split()[0]) == (0, usage)


@pytest.mark.parametrize("name", ["empty.csv", "picture.csv", "only_header.csv"])
def test_a_bad_file_is_one_sentence_that_names_it(tmp_path, name):
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9
    contents = {"empty.csv": b"", "picture.csv": picture, "only_header.csv": b"a,b\n"}
    (tmp_path / name).write_bytes(contents[name])
    assert name in sentence("import", tmp_path / name, "--kind", "users", "--workspace", tmp_path / "ws")

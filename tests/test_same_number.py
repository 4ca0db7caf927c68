"""One number, four ways: the page, the command line, a notebook's function and the workspace say 744 of 1,200."""

import json
import os
import subprocess
import sys

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import analysis as an
from analysis.lesson import sample
from dashboard import incoming
from dashboard.navigation import ROOT

QUARTER = an.Period.parse("2026-01..2026-03")
ACTIVE, VALID = 744, 1200
USERS, LOG = "usage/users_20260331.csv", "usage/usage_fy2025.csv"


@pytest.fixture(scope="module")
def workspace(sample_company):
    return sample_company


def test_the_workspace_says_it(workspace):
    row = workspace.run(an.active_rate, QUARTER).iloc[0]
    assert (row["active_users"], row["valid_users"], row["active_rate"]) == (ACTIVE, VALID, ACTIVE / VALID)


def test_the_total_of_the_pivot_and_the_last_bucket_of_the_trend_say_it(workspace):
    pivot = workspace.run(an.active_rate_pivot, QUARTER, rows=["エリア"], columns=["ユーザー区分"])
    total = pivot[(pivot["row_level"] == 1) & (pivot["column_level"] == 1)].iloc[0]
    trend = workspace.run(an.active_rate_trend, an.Period.fiscal_year(2025), every="quarter")
    last = trend.sort_values("period_start").iloc[-1]
    for row in (total, last):
        assert (row["active_users"], row["valid_users"]) == (ACTIVE, VALID)


def test_the_lists_of_people_are_as_long(workspace):
    lengths = [len(workspace.run(an.people, QUARTER, state=state)) for state in ("active", "inactive")]
    assert lengths == [ACTIVE, VALID - ACTIVE]


def test_the_function_of_a_notebook_says_it_of_pandas_frames(workspace):
    """Over the frames of a lesson: the portable form, without the arrays that the page counts with."""
    row = an.active_rate(workspace.table("users"), workspace.table("activity"), QUARTER).iloc[0]
    assert (row["active_users"], row["valid_users"], row["active_rate"]) == (ACTIVE, VALID, ACTIVE / VALID)


@pytest.mark.parametrize("source", ["files", "workspace"])
def test_the_command_line_says_it(source, workspace):
    files = ["--users", str(sample(USERS)), "--activity", str(sample(LOG))]
    words = files if source == "files" else ["--workspace", str(workspace.folder)]
    command = [sys.executable, "-m", "analysis", "active-rate", *words, "--period", "2026-01..2026-03"]
    done = subprocess.run(
        [*command, "--format", "json"], capture_output=True, env=os.environ | {"PYTHONUTF8": "1"}, check=True
    )
    (row,) = json.loads(done.stdout)
    assert (row["active_users"], row["valid_users"], row["active_rate"]) == (ACTIVE, VALID, ACTIVE / VALID)


@pytest.mark.parametrize(("lang", "counts"), [("ja", "744 / 1,200 人"), ("en", "744 of 1,200 people")])
def test_the_page_says_it(lang, counts, workspace, monkeypatch):
    monkeypatch.setenv("GENZAICHI_WORKSPACE", str(workspace.folder))
    app = AppTest.from_file(str(ROOT / "src/dashboard/main.py"), default_timeout=120)
    app.switch_page(str(ROOT / "pages" / "active_rate.py"))
    app.query_params["lang"], app.query_params["period"] = lang, str(QUARTER)
    app.run()
    st.cache_data.clear()
    incoming.close_all()
    assert not app.exception
    assert app.metric[0].value == f"{ACTIVE / VALID:.1%}"
    assert any(counts in caption.value for caption in app.caption)

"""States as lines of a table and as a file: what they say comes back as the same rule; what does not fit is named."""

import json
from dataclasses import replace
from datetime import date, datetime

import pandas as pd
import pytest
import streamlit as st
from engine_data import put
from streamlit.testing.v1 import AppTest

from analysis.errors import StatePartError, StateRuleError, StateWeightError
from analysis.level_definitions import Levels, State
from analysis.words import LANGUAGES, text
from analysis.workspace import Workspace
from dashboard import incoming, level_files, level_lines
from dashboard.level_answers import SETTING
from dashboard.navigation import ROOT

PLACES = {
    ("column", "plan"): "Column: plan",
    ("column", "orders"): "Column: orders",
    ("table", "orders"): "Table: orders",
    ("table", "activity"): "Table: activity",
}
RULES = [
    {"filled": "plan"},
    {"filled": "plan", "when": "past"},
    {"filled": "orders", "when": "future"},
    {"column": "plan", "in": ["gold", "silver"]},
    {"column": "plan", "in": ["gold", None]},
    {"column": "plan", "at_least": 2.5},
    {"events": "orders", "days": 60, "at_least": 3},
    {"events": "orders", "at_least": 1},
    {"events": "activity", "distinct": "user_id", "days": 30, "at_least": 2},
]
GOLD, ORDERED = {"column": "plan", "in": ["gold"]}, {"events": "orders", "days": 60, "at_least": 1}
OTHERS = [
    {"all": [{"filled": "plan"}, {"not": {"filled": "orders"}}]},
    {"events": "orders", "where": {"column": "kind", "in": ["meat"]}},
    {"column": "plan", "contains": "gold"},
    {"column": "plan", "in": ["gold, silver"]},
    {"filled": "weather"},
    {"all": [GOLD, GOLD]},
]
# rule -> condition and the states it is put together of, beside a state `gold` and a state `ordered`
COMBINED = [
    ({"all": [GOLD, ORDERED]}, "all_of", ["gold", "ordered"]),
    ({"any": [ORDERED, GOLD]}, "any_of", ["ordered", "gold"]),
    ({"not": GOLD}, "none_of", ["gold"]),
    ({"not": {"any": [GOLD, ORDERED]}}, "none_of", ["gold", "ordered"]),
    ({"all": [GOLD, {"not": ORDERED}]}, "all_of", ["gold", "unordered"]),
]
BESIDE = (State("gold", GOLD), State("ordered", ORDERED, 0), State("unordered", {"not": ORDERED}, 0))


def words(language="ja", moments=("noted_on",)):
    tests = {code: text(language, f"level_page.test_{code}") for code in level_lines.TESTS}
    return level_lines.Words(tests, PLACES, {name: name for name in moments})


def lines_of(levels, language="ja", **more):
    """The lines of these states as the widget gives them back."""
    return [level_lines.plain(row) | {"was": row["name"]} for row in level_lines.rows(levels, words(language, **more))]


def there_and_back(state, language="ja", beside=(), **changes):
    levels = Levels((*beside, state))
    *first, last = lines_of(levels, language)
    found = level_lines.states([*first, level_lines.plain(last | changes)], words(language), levels)
    return found[-1]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", [*RULES, *OTHERS, *(rule for rule, _, _ in COMBINED)])
def test_a_line_comes_back_as_the_same_state(rule, language):
    state = State("s", rule, 0.5, "noted_on")
    assert there_and_back(state, language) == state
    assert there_and_back(state, language, BESIDE) == state


@pytest.mark.parametrize("rule", OTHERS)
def test_a_rule_that_no_line_can_show_says_so_and_stays_under_another_name(rule):
    (row,) = level_lines.rows(Levels((State("s", rule),)), words())
    assert row["test"] == "そのほか（ファイルで変更）"
    assert there_and_back(State("s", rule), name="renamed") == State("renamed", rule)


@pytest.mark.parametrize(("rule", "test", "parts"), COMBINED)
def test_a_rule_put_together_of_other_states_names_them(rule, test, parts):
    row = level_lines.rows(Levels((*BESIDE, State("s", rule))), words())[-1]
    assert (row["test"], row["parts"]) == (text("ja", f"level_page.test_{test}"), parts)


def test_a_state_follows_those_that_it_is_put_together_of():
    """`gold` becomes silver and is called so, a new line is added, and the order of the lines does not matter."""
    both = State("both", {"all": [GOLD, ORDERED]})
    levels = Levels((both, *BESIDE[:2]))
    lines = lines_of(levels)
    lines[1] |= {"name": "silver", "values": "silver"}
    new = {"name": "no orders", "test": text("ja", "level_page.test_none_of"), "parts": ["ordered"], "was": None}
    found = level_lines.states([*lines, dict.fromkeys(level_lines.ORDER) | new], words(), levels)
    silver = {"column": "plan", "in": ["silver"]}
    assert found[0] == State("both", {"all": [silver, ORDERED]})
    assert found[3] == State("no orders", {"not": ORDERED})


@pytest.mark.parametrize("parts", [["s"], ["nobody"], ["circle"]])
def test_a_part_that_is_no_other_state_is_named(parts):
    circle = State("circle", {"any": [GOLD, {"all": [GOLD, ORDERED]}]})
    levels = Levels((*BESIDE, circle, State("s", {"all": [GOLD, ORDERED]})))
    lines = lines_of(levels)
    assert lines[3]["parts"] == ["gold", "s"]
    lines[4]["parts"] = parts
    with pytest.raises(StatePartError, match="gold"):
        level_lines.states(lines, words(), levels)


def test_the_day_of_writing_is_chosen_from_columns_of_days_and_one_that_is_not_shown_stays():
    state = State("plan", {"filled": "plan"})
    noted = replace(state, recorded_at="noted_on")
    assert there_and_back(state, recorded_at="noted_on") == noted
    assert there_and_back(noted, recorded_at=None) == state
    levels = Levels((noted,))
    lines = lines_of(levels, moments=())
    assert lines[0]["recorded_at"] is None
    assert level_lines.states(lines, words(moments=()), levels) == (noted,)


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ({"filled": "plan"}, {"place": "Table: orders"}),
        ({"filled": "plan"}, {"place": None}),
        ({"filled": "plan"}, {"test": None}),
        ({"events": "orders"}, {"place": "Column: plan"}),
        ({"events": "orders"}, {"at_least": 1.5}),
        ({"column": "plan", "at_least": 1}, {"at_least": None}),
        ({"all": [GOLD, ORDERED]}, {"parts": None}),
        (OTHERS[0], {"was": None}),
    ],
)
def test_a_line_that_does_not_fit_together_is_named(rule, changes):
    with pytest.raises(StateRuleError):
        there_and_back(State("s", rule), beside=BESIDE, **changes)


def test_a_weight_that_is_no_number_is_named():
    with pytest.raises(StateWeightError):
        State("s", {"filled": "plan"}, float("inf"))
    with pytest.raises(StateWeightError):
        State("s", {"filled": "plan"}, 10**400)
    assert there_and_back(State("s", {"filled": "plan"}), weight=None).weight == 1


def test_an_empty_cell_of_any_type_is_none():
    row = {"a": pd.NA, "b": float("nan"), "c": "", "d": [], "e": None, "f": ["x"], "g": 0}
    assert level_lines.plain(row) == {**dict.fromkeys("abcde"), "f": ["x"], "g": 0}


@pytest.fixture
def app(tmp_path, monkeypatch):
    """The page over two customers with an order, and the workspace."""
    ws = Workspace.open(tmp_path / "two")
    put(ws, "customers", [{"customer_id": "a", "owner": "堀"}, {"customer_id": "b"}], as_of=date(2026, 3, 31))
    put(ws, "orders", [{"customer_id": "a", "ordered_at": datetime(2026, 3, 30), "amount": 1}])
    monkeypatch.setenv("GENZAICHI_WORKSPACE", str(ws.folder))
    yield opened(), ws
    ws.close()
    st.cache_data.clear()
    incoming.close_all()


def opened():
    found = AppTest.from_file(str(ROOT / "src/dashboard/main.py"), default_timeout=120)
    found.switch_page(str(ROOT / "pages" / "levels.py"))
    found.query_params["lang"] = "en"
    return found.run()


def press(found, label):
    (button,) = [each for each in found.button if each.label == label]
    return button.click().run()


def test_the_proposal_is_kept_when_it_is_saved_and_comes_back_when_it_is_given_up(app):
    found, ws = app
    assert any("proposed from the tables" in each.value for each in found.caption)
    press(found, "Count with these")
    assert not found.exception
    assert not found.error
    kept = Levels.from_json(ws.setting(SETTING)["customers"])
    assert (kept.names, [level.at_least for level in kept.levels]) == (("Ordered in 60 days",), [1])
    assert not any("proposed from the tables" in each.value for each in found.caption)
    press(found, "Back to the proposal")
    assert ws.setting(SETTING) == {}


# A file


@pytest.fixture
def arrive(tmp_path, monkeypatch):
    """`arrive(b"…")`: at the next run of the page this file has just come in."""
    waiting = []
    monkeypatch.setattr(level_files, "file_field", lambda *_, **__: waiting.pop() if waiting else None)

    def bring(content: bytes):
        path = tmp_path / "arrived"
        path.write_bytes(content)
        waiting.append(incoming.Arrival("key", "session", "levels.json", path, len(content), ""))

    return bring


def levels_file(*states, levels=()):
    return json.dumps({"version": 1, "states": list(states), "levels": list(levels)}).encode()


MANY = {"name": "Three orders", "rule": {"events": "orders", "at_least": 3}}


def test_a_file_is_shown_first_and_counts_once_it_is_taken(app, arrive):
    found, ws = app
    arrive("\ufeff".encode() + levels_file(MANY, levels=[{"name": "Top", "at_least": 1}]))
    found.run()
    assert "In the file: 1 state, 1 level" in found.info[0].value
    assert "**Three orders**" in found.info[0].value
    assert not ws.setting(SETTING)
    press(found, "Count with this file")
    assert not found.exception
    assert Levels.from_json(ws.setting(SETTING)["customers"]).names == ("Three orders",)
    assert not any("In the file" in each.value for each in found.info)


def test_a_file_that_is_left_changes_nothing(app, arrive):
    found, ws = app
    arrive(levels_file(MANY))
    found.run()
    press(found, "Leave it")
    assert not any("In the file" in each.value for each in found.info)
    assert not ws.setting(SETTING)


DEEP = b'{"not":' * 900 + b"1" + b"}" * 900
WRONG = [
    (b"a,b\n1,2\n", "cannot be read"),
    (b"\x93\xfa\x96{", "cannot be read"),
    (b"[" * 200_000, "cannot be read"),
    (b'{"version": 1, "states": [{"name": "x", "rule": ' + b'{"not":' * 300 + b"1" + b"}" * 301 + b"]}", "x"),
    (levels_file({"name": "x", "rule": {"events": "orders", "where": "@"}}).replace(b'"@"', DEEP), "cannot be read"),
    (b" " * 1_000_001 + levels_file(MANY), "cannot be read"),
    (levels_file(), "There is no state"),
    (levels_file({"name": "x", "rule": {"events": "visits"}}), "visits"),
    (levels_file({"name": "x", "rule": {"column": "weather", "in": ["fine"]}}), "weather"),
    (levels_file({"name": "x", "rule": {"filled": "owner"}, "recorded_at": "noted"}), "noted"),
    (levels_file({"name": "x", "rule": {"filled": "owner"}, "recorded_at": "owner"}), "owner"),
    (levels_file({"name": "x", "rule": {"events": "orders", "at_least": 10**30}}), "x"),
    (levels_file({"name": "x", "rule": {"column": "owner", "at_least": 10**30}}), "x"),
    (levels_file({"name": "x", "rule": {"events": "orders"}, "weight": 10**30}), "x"),
]


def test_a_wrong_file_is_one_sentence_and_changes_nothing(app, arrive):
    found, ws = app
    for content, said in WRONG:
        arrive(content)
        found.run()
        assert not found.exception
        (error,) = found.error
        assert said in error.value
        assert len(error.value) < 700
        assert not any("In the file" in each.value for each in found.info)
        assert not ws.setting(SETTING)


def test_a_file_with_names_stays_here_while_names_are_hidden(app):
    _, ws = app
    by_name = Levels((State("Hori", {"column": "owner", "in": ["堀"]}),))
    ws.set_setting(SETTING, {"customers": by_name.to_json()})
    assert downloads(opened()) == ["States and levels as JSON"]
    ws.set_setting("names_hidden", True)
    found = opened()
    assert downloads(found) == []
    assert any("the file cannot be downloaded" in each.value for each in found.caption)


def downloads(found):
    labels = [each.proto.label for each in found.get("download_button")]
    return [label for label in labels if "JSON" in label]

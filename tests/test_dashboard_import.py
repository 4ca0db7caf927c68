"""From an open file to an import, as the reader corrects what was proposed."""

import time

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from analysis.workspace import Workspace
from dashboard import columns, incoming, masking
from dashboard.desk import Desk
from dashboard.incoming import Writer
from dashboard.navigation import ROOT

MAIN = str(ROOT / "src/dashboard/main.py")
ROSTER = "名簿,,,\r\nユーザーID,氏名,エリア,状態\r\n001,佐藤,関東,有効\r\n002,鈴木,近畿,無効\r\n"


@pytest.fixture
def ws(tmp_path, monkeypatch):
    monkeypatch.setenv("GENZAICHI_WORKSPACE", str(tmp_path / "workspace"))
    ws = Workspace.open(tmp_path / "workspace")
    yield ws
    Workspace.open(tmp_path / "workspace").close()
    incoming.close_all()
    st.cache_data.clear()


@pytest.fixture
def brought(ws):
    """Opens the import page with a file lying open, as if it had just arrived."""

    def put(text: str, name: str = "一覧_20260331.csv", encoding: str = "utf-8", **session) -> AppTest:
        store = incoming.of(ws.layout.root)
        token, writer = store.token("s"), Writer(store)
        writer.write(text.encode(encoding))
        arrival = writer.close(session="s", name=name)
        store.begin(token)
        store.end(token, arrival)
        app = AppTest.from_file(MAIN, default_timeout=60)
        app.query_params["lang"] = "ja"
        for key, value in session.items():
            app.session_state[key] = value
        app.run()
        app.session_state["_desk"] = Desk(files=[arrival])
        return app.switch_page(str(ROOT / "pages/import_data.py")).run()

    return put


def box(app, label):
    return next(box for box in app.selectbox if box.label == label)


def finish(app):
    """Presses the button and waits for the import to land."""
    app.button(key="import").click().run()
    for _ in range(100):
        if app.session_state["_desk"].job is None:
            return app
        time.sleep(0.1)
        app.run()
    raise AssertionError("the import did not end")


def test_what_is_proposed_is_imported_with_one_click(ws, brought):
    app = finish(brought(ROSTER))
    [landed] = ws.imports()
    assert (landed.kind, str(landed.as_of), landed.accepted, landed.refused) == ("users", "2026-03-31", 2, 0)
    assert landed.mapping.left_out == ("氏名",)
    assert not landed.original
    assert app.session_state["_desk"].files == []
    assert list(incoming.of(ws.layout.root).folder.iterdir()) == []


def test_a_personal_column_comes_in_by_a_tick(ws, brought):
    app = brought(ROSTER)
    next(tick for tick in app.checkbox if "氏名" in tick.label).check().run()
    finish(app)
    assert ws.dimensions("users") == ["氏名", "エリア"]
    assert ws.personal("users") == {"氏名"}


def test_the_kind_and_a_role_are_corrected(ws, brought):
    app = brought("コード,日,何\r\nA,2026/03/01,見た\r\n", name="x.csv")
    box(app, "種類").select("activity").run()
    box(app, "ユーザー ID（必須）").select("コード").run()
    box(app, "日時（必須）").select("日").run()
    box(app, "何をしたか").select("何").run()
    finish(app)
    assert ws.imports()[0].mapping.roles == {"user_id": "コード", "occurred_at": "日", "activity": "何"}


def test_without_a_required_column_the_button_waits_and_says_for_what(brought):
    app = brought("名前でない列,値\r\nx,y\r\n", name="x.csv")
    box(app, "種類").select("activity").run()
    assert app.button(key="import").disabled
    assert any("日時" in info.value for info in app.info)


def test_one_column_for_two_roles_is_a_sentence_before_the_import(brought):
    app = brought(ROSTER)
    box(app, "有効開始日").select("ユーザーID").run()
    assert app.button(key="import").disabled
    assert "ユーザーID" in app.error[0].value


def test_a_column_chosen_for_one_role_leaves_another_that_can_do_without(ws, brought):
    app = brought("CustomerID,Country\r\n12346,France\r\n12347,Iceland\r\n")
    box(app, "種類").select("users").run()
    customer = "お客さま ID（どのお客さまのアカウントか）"
    assert box(app, customer).value == "CustomerID"
    box(app, "ユーザー ID（必須）").select("CustomerID").run()
    assert box(app, customer).value == columns.NO_COLUMN
    finish(app)
    assert ws.imports()[0].mapping.roles == {"user_id": "CustomerID"}


def test_the_header_row_is_corrected(brought):
    app = brought(ROSTER)
    assert "2 行目" in " ".join(text.value for text in app.markdown)
    app.number_input(key="correct_header").set_value(1)
    next(button for button in app.button if button.label == "この読み方で読み直す").click().run()
    assert "1 行目" in " ".join(text.value for text in app.markdown)


def test_a_mapping_is_remembered_for_the_next_file_of_the_same_shape(ws, brought):
    app = brought(ROSTER)
    box(app, "状態（有効・無効）").select_index(0).run()
    finish(app)
    again = brought(ROSTER.replace("001", "003"), name="一覧_20260430.csv")
    assert box(again, "状態（有効・無効）").value == columns.NO_COLUMN
    assert any("前に同じ形のファイル" in text.value for text in again.caption)
    assert ws.imports()[0].mapping.roles == {"user_id": "ユーザーID"}


def test_no_name_of_a_person_or_file_shows_while_names_are_hidden(brought):
    app = brought(ROSTER, name="佐藤の名簿.csv", _names_hidden=True)
    shown = [str(element) for element in app.main] + [frame.value.to_csv() for frame in app.dataframe]
    assert not any("佐藤" in text or "鈴木" in text for text in shown)


def test_a_bad_file_leaves_a_sentence_and_the_way_to_read_it_differently(ws, brought):
    app = brought("", name="空.csv")
    assert not app.exception
    assert "空.csv" in app.error[0].value.replace("\\", "")
    assert ws.imports() == []


@pytest.mark.parametrize(("content", "offered"), [("\x89PNG\r\n\x1a\n" + "\x00" * 40, False), ("id\n", True)])
def test_another_way_of_reading_is_offered_only_where_it_can_help(brought, content, offered):
    app = brought(content, "一覧.csv", encoding="latin-1")
    assert len(app.error) == 1
    assert any(box.key == "correct_header" for box in app.number_input) == offered


def test_a_list_with_a_date_per_step_names_its_steps_and_leaves_the_owners_out(brought):
    rows = "".join(f"M-{i},永井 美穂,2026/01/0{i},2026/01/1{i},2026/01/2{i}\n" for i in range(1, 5))
    app = brought("管理番号,制作担当,アサイン,取材,公開\n" + rows, name="進行表_20260331.csv")
    assert not app.exception
    assert "工程・フェーズごとの日付の列：アサイン → 取材 → 公開" in [caption.value for caption in app.caption]
    assert [box.label for box in app.checkbox][:1] == ["制作担当 も取り込む"]
    assert not app.checkbox[0].value
    assert not app.button(key="import").disabled


def test_owners_are_never_shown_while_names_are_hidden(ws):
    frame = pd.DataFrame({"deal_id": ["SD-1"], "owner": ["岡 直樹"], "phase": ["受注"]})
    assert list(masking.mask(frame, ws, ["deals"]).columns) == ["deal_id", "phase"]

"""Keeping, restoring and erasing what was imported, and hiding names in it, as the pages do it."""

import re
from types import SimpleNamespace

import pandas as pd
import pytest
import streamlit as st
from loops import finish
from streamlit.testing.v1 import AppTest

from analysis.exports import read_export
from analysis.workspace import Workspace
from dashboard import download_route, incoming, masking
from dashboard.navigation import ROOT

MAIN = str(ROOT / "src/dashboard/main.py")
ROSTER = (
    "ユーザーID,氏名,担当者メール,エリア\r\n"
    "a@example.jp,佐藤 美咲,boss@example.jp,関東\r\n"
    "b@example.jp,鈴木 拓也,boss@example.jp,近畿\r\n"
    ",高橋 誠,boss@example.jp,近畿\r\n"
)


@pytest.fixture
def ws(tmp_path, monkeypatch):
    """A workspace that holds a list whose names were brought in on purpose."""
    monkeypatch.setenv("GENZAICHI_WORKSPACE", str(tmp_path / "workspace"))
    ws = Workspace.open(tmp_path / "workspace")
    add(ws, tmp_path / "名簿_佐藤_20260331.csv", ROSTER)
    yield ws
    Workspace.open(tmp_path / "workspace").close()
    incoming.close_all()
    st.cache_data.clear()


def add(ws, path, text):
    from analysis.exports.mapping import Mapping
    from analysis.exports.propose import propose

    path.write_text(text, encoding="utf-8", newline="")
    export = read_export(path)
    proposed = propose(export, "users").mapping
    mapping = Mapping(
        "users",
        {"user_id": "ユーザーID"},
        dimensions=tuple(c for c in export.columns if c != "ユーザーID"),
        personal=proposed.personal,
    )
    return ws.add(export, mapping=mapping)


def opened(name, **session):
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["lang"] = "ja"
    for key, value in session.items():
        app.session_state[key] = value
    app.run()
    return app.switch_page(str(ROOT / "pages" / f"{name}.py")).run()


def everything(app) -> str:
    """Every text that the page sends to the browser, tables included."""
    tables = [frame.value.to_csv() for frame in app.dataframe]
    widgets = [str(option) for box in app.selectbox for option in box.options]
    return "\n".join([*tables, *widgets, *(str(element) for element in app.main)])


def test_hidden_names_are_nowhere_on_the_pages(ws):
    for name in ("import_data", "erase_data", "home"):
        assert re.search("佐藤|鈴木|高橋|example.jp", everything(opened(name, _names_hidden=True))) is None
    assert "名簿_佐藤_20260331.csv" in everything(opened("import_data", _names_hidden=False))


def test_masking_drops_personal_columns_and_codes_mail_addresses(ws):
    users = ws.table("users")
    masked = masking.mask(users, ws, ["users"])
    assert set(masked.columns) == set(users.columns) - {"氏名", "担当者メール"}
    assert masked["user_id"].str.fullmatch("ID-[2-9A-Z]{8}").all()
    assert masked["user_id"].nunique() == 2
    assert masked["user_id"].tolist() == masking.mask(users, ws, ["users"])["user_id"].tolist()


def test_a_code_depends_on_the_workspace(ws, tmp_path):
    other = Workspace.open(tmp_path / "other")
    ids = pd.DataFrame({"user_id": ["a@example.jp"]})
    codes = {masking.mask(ids, each, ["users"])["user_id"].item() for each in (ws, other)}
    other.close()
    assert len(codes) == 2


def test_ids_that_are_no_mail_addresses_stay_as_they_are(ws):
    ids = pd.DataFrame({"user_id": ["0012", None, "@x", "a@b"], "active_rate": [0.5, 0.1, 0.2, 0.3]})
    pd.testing.assert_frame_equal(masking.mask(ids, ws, ["users"]), ids)


def test_one_import_is_erased_and_the_page_says_what_went(ws):
    app = opened("erase_data")
    assert app.button(key="erase_one").disabled
    app.checkbox[0].check().run()
    app.button(key="erase_one").click().run()
    assert re.search(r"名簿.*を消しました。 \d+ 個のファイル", app.success[0].value.replace("\\", ""))
    assert ws.imports() == []


def test_everything_is_erased_only_after_the_word_is_typed(ws):
    incoming.of(ws.layout.root)
    app = opened("erase_data")
    app.text_input(key="erase_word").input("けす").run()
    assert app.button(key="erase_all").disabled
    app.text_input(key="erase_word").input(" 消す ").run()
    app.button(key="erase_all").click().run()
    assert len(app.success) == 1
    assert ws.imports() == []
    found = [path for path in ws.layout.root.rglob("*") if path.is_file() and "佐藤".encode() in path.read_bytes()]
    assert found == []


def test_a_workspace_is_saved_to_a_zip_and_restored_from_it(ws, tmp_path):
    app = opened("import_data")
    app.button(key="save").click().run()
    address = app.get("link_button")[0].proto.url
    path, name = download_route._offers[address.rpartition("/")[2]]
    assert name == "genzaichi-workspace.zip"
    restored = Workspace.restore(path, tmp_path / "moved")
    assert [each.sha256 for each in restored.imports()] == [each.sha256 for each in ws.imports()]
    restored.close()


def test_a_download_is_sent_once(tmp_path):
    (tmp_path / "x.zip").write_bytes(b"content")
    token = download_route.offer(tmp_path / "x.zip", "x.zip").rpartition("/")[2]
    request = SimpleNamespace(path_params={"token": token})
    first = finish(download_route.download(request))
    assert (first.status_code, first.headers["cache-control"]) == (200, "no-store")
    assert finish(download_route.download(request)).status_code == 404


def test_undo_and_redo_act_on_the_selected_import(ws):
    app = opened("import_data")
    app.session_state[f"history_{ws.version}"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()
    app.button(key="change_state").click().run()
    assert [each.state for each in ws.imports()] == ["undone"]

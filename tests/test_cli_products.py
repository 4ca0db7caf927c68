"""The command of products: the functions' tables in order, groups from a table, one sentence a mistake."""

import json

import pytest
from command_line import run, sentence, table

import analysis as an

ORDERS = """注文番号,注文日時,会員ID,商品コード,商品名,金額
1,2026/01/01 10:00,M1,BE-030,美容液,5500
1,2026/01/01 10:00,M1,LO-150,化粧水,3300
2,2026/01/05 10:00,M2,SP-BE03,美容液 サンプル,500
3,2026/02/01 10:00,M2,BE-030,美容液,5500
4,2026/02/03 10:00,M3,ZZ-1,その他,-100
"""
GROUPS = "グループ,条件,値\n美容液,コードの先頭,BE-\n美容液,ほかの列,商品名=*サンプル*\n化粧水,コード,LO-150\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Small files in the folder where the command runs."""
    monkeypatch.setenv("GENZAICHI_LANG", "en")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    (tmp_path / "groups.csv").write_bytes(GROUPS.encode("cp932"))
    return tmp_path


def asked(*words):
    return table("products", "--orders", "orders.csv", *words)


def test_the_table_is_that_of_the_function_the_most_bought_first(folder):
    found = asked("--groups", "groups.csv")
    assert found[["product", "level", "amount", "customers"]].fillna("").to_numpy().tolist() == [
        ["美容液", 0, 11500, 2],
        ["化粧水", 0, 3300, 1],
        ["ZZ-1", 0, -100, 0],
        ["", 1, 14700, 2],
    ]
    assert asked("--groups", "groups.csv", "--rest", "other")["product"].tolist()[2] == "(other)"
    assert asked("--period", "2026-02", "--where", "商品名=美容液")["amount"].tolist() == [5500, 5500]


def test_every_question_can_be_asked():
    first = asked("--groups", "groups.csv", "--show", "first").set_index("product")
    assert first.loc["美容液", ["customers", "again", "same_again"]].tolist() == [2, 1, 1]
    soon = asked("--groups", "groups.csv", "--show", "first", "--days", 7).set_index("product")
    assert soon.loc["美容液", ["again", "repeat_rate"]].tolist() == [0, 0]
    following = asked("--groups", "groups.csv", "--show", "next")
    assert following[["from_product", "customers", "from_customers"]].to_numpy().tolist()[0] == ["美容液", 1, 2]
    pairs = asked("--show", "pairs")
    assert pairs[["first", "second", "both"]].to_numpy().tolist() == [["BE-030", "LO-150", 1], ["BE-030", "SP-BE03", 1]]
    told = asked("--groups", "groups.csv", "--show", "preview")
    assert told[["part", "rows"]].to_numpy().tolist()[:5] == [
        ["rule", 2],
        ["rule", 1],
        ["rule", 1],
        ["all", 5],
        ["one", 4],
    ]
    by = asked("--by", "商品名")
    assert by.loc[by["level"] == 1, "商品名"].tolist() == ["その他", "化粧水", "美容液", "美容液 サンプル"]


def test_a_grouping_of_the_workspace_is_used_by_its_name(tmp_path):
    workspace = an.Workspace.open(tmp_path / "ws")
    workspace.add(an.read_export(tmp_path / "orders.csv"), kind="orders")
    kept = an.Groupings(
        (an.Grouping.of({"name": "mine", "groups": [{"name": "g", "rules": [{"kind": "prefix", "value": "b"}]}]}),)
    )
    workspace.set_setting("product_groups", kept.to_json())
    found = table("products", "--workspace", tmp_path / "ws", "--grouping", "mine")
    assert found["product"].tolist()[0] == "g"
    workspace.close()


def test_rules_that_catch_nothing_or_twice_are_told_beside_the_table(folder):
    (folder / "groups.csv").write_text(f"{GROUPS}化粧水,コード,NO-1\n肌,コードの形,BE-*\n", encoding="utf-8-sig")
    done = run("products", "--orders", "orders.csv", "--groups", "groups.csv")
    assert done.code == 0
    assert done.err.splitlines() == [
        "No line fits the rule “NO-1” of the group “化粧水”.",
        "1 code fits rules of two groups or more. It counts in the first listed.",
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--groups", "orders.csv"], "group"),
        (["--groups", "none.csv"], "none.csv"),
        (["--show", "last"], "last"),
        (["--show", "preview"], "--groups"),
        (["--show", "first", "--by", "商品名"], "--show measures"),
        (["--days", "7"], "--show first"),
        (["--show", "first", "--days", "soon"], "soon"),
        (["--show", "first", "--days", "0"], "0"),
        (["--rest", "all"], "all"),
        (["--grouping", "mine"], "mine"),
        (["--groups", "groups.csv", "--grouping", "mine"], "mine"),
        (["--cancellations", "never"], "never"),
        (["--by", "店"], "店"),
    ],
)
def test_a_mistake_is_one_sentence(words, said):
    assert said in sentence("products", "--orders", "orders.csv", *words)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("美容液,コード,A\n美容液,なにか,B\n", "groups.csv, line 3"),
        ("美容液,ほかの列,品名=A\n", "品名"),
    ],
)
def test_a_bad_line_of_the_groups_is_one_sentence(folder, lines, said):
    (folder / "groups.csv").write_text(f"グループ,条件,値\n{lines}", encoding="utf-8")
    assert said in sentence("products", "--orders", "orders.csv", "--groups", "groups.csv")
    (folder / "groups.csv").write_text("分け方,グループ,条件,値\nx,a,コード,A\ny,a,コード,A\n", encoding="utf-8")
    assert "x, y" in sentence("products", "--orders", "orders.csv", "--groups", "groups.csv")


# The funnel


def way(*words):
    return table("funnel", "--orders", "orders.csv", *words)


def test_a_funnel_goes_through_the_groups_of_a_file():
    found = way("--groups", "groups.csv", "--steps", "美容液,美容液", "--within", "30d", "--as-of", "2026-03-31")
    assert found[["step", "entered", "reached", "waiting", "lost"]].to_numpy().tolist() == [
        ["美容液", 2, 2, 0, 0],
        ["美容液", 2, 1, 0, 1],
    ]
    assert way("--steps", "SP-BE03,BE-030")["reached"].tolist() == [1, 1]
    assert way("--steps", "ZZ-1", "--cancellations", "as_written")["reached"].tolist() == [1]


def test_a_funnel_of_a_workspace_goes_through_its_orders(folder):
    ws = an.Workspace.open(folder / "ws")
    ws.close()
    run("import", "orders.csv", "--workspace", "ws", "--kind", "orders")
    ws = an.Workspace.open(folder / "ws")
    expected = ws.run(an.product_funnel, ["SP-BE03", "BE-030"], by="商品名")
    ws.close()
    found = table("funnel", "--workspace", "ws", "--of", "orders", "--steps", "SP-BE03,BE-030", "--by", "商品名")
    assert found["reached"].tolist() == expected.sort_values(["商品名", "position"])["reached"].tolist() == [1, 1]


def test_customers_that_the_workspace_calls_one_go_through_a_funnel_as_one(folder):
    run("import", "orders.csv", "--workspace", "ws", "--kind", "orders")
    words = ("funnel", "--workspace", "ws", "--of", "orders", "--format", "json", "--steps", "BE-030,LO-150")
    apart = [row["reached"] for row in json.loads(run(*words).out)]
    ws = an.Workspace.open(folder / "ws")
    made = an.Decisions()
    customers = sorted({*ws.table("orders")["customer_id"].dropna()})
    for each in customers[1:]:
        made = made.add(an.Decision(each, customers[0], "same", None, "2026-07-01 10:00"))
    ws.set_setting("customer_merges", made.to_json())
    ws.close()
    done = run(*words)
    assert json.loads(done.out)[0]["reached"] == 1 < apart[0]
    assert done.err.startswith(f"{len(customers) - 1} customer")


def test_a_mistake_about_a_funnel_of_products_is_one_sentence():
    words = ("funnel", "--orders", "orders.csv")
    assert 'Nobody has bought "BE-31"' in sentence(*words, "--steps", "BE-31")
    assert "returns and cancellations do not count" in sentence(*words, "--steps", "ZZ-1")
    assert "--activity goes with --of activity only" in sentence(*words, "--activity", "a.csv", "--steps", "A")
    assert "--grouping goes with --of orders only" in sentence(
        "funnel", "--of", "activity", "--grouping", "x", "--steps", "A"
    )
    assert "--of" in sentence("funnel", "--of", "deals", "--steps", "A")

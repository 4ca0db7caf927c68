"""The commands of customers: the numbers of the functions, notes beside them, and one sentence a mistake."""

import io
import json
from datetime import date

import pandas as pd
import pytest
from command_line import run, sentence, table

import analysis as an

ORDERS = """受注番号,受注日,得意先コード,金額
1,2026/05/10,a,100
2,2026/06/01,a,500
3,2026/06/02,b,300
3,2026/06/02,b,100
4,2026/06/03,c,200
C4,2026/06/05,c,-50
5,2026/06/30,,70
6,2026/05/20,d,900
"""
INQUIRIES = """問い合わせ日時,得意先コード,分類
2026/06/01 10:00,c,納期
2026/06/02 10:00,c,納期
2026/06/03 10:00,b,納期
"""
JUNE = ("--period", "2026-06")


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    """Small files in the folder where the command runs."""
    monkeypatch.setenv("GENZAICHI_LANG", "en")
    monkeypatch.chdir(tmp_path)

    def write(**contents):
        for name, text in contents.items():
            (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")

    write(orders=ORDERS, inquiries=INQUIRIES)
    return write


def rows(*words):
    found = table(*words)
    return found.astype(object).where(found.notna(), None).to_dict("records")


def test_rank_is_the_field_of_the_period_with_nobody_last():
    found = rows("rank", "--orders", "orders.csv", *JUNE)
    assert [(r["customer_id"], r["amount"], r["rank"], r["of"], r["band"], r["outside"]) for r in found] == [
        ("a", 500, 1, 3, "A", None),
        ("b", 400, 2, 3, "A", None),
        ("c", 150, 3, 3, "B", None),  # 200 less 50 given back; 900 of 1050 are held before
        (None, 70, None, 3, None, "no_customer"),
    ]
    assert found[0]["share"] == 500 / 1050


def test_rank_by_another_measure_with_other_bands():
    found = rows("rank", "--orders", "orders.csv", "--by", "orders", "--bands", "0.4,0.8")
    assert [(r["customer_id"], r["orders"], r["rank"], r["band"]) for r in found[:4]] == [
        ("a", 2, 1, "A"),
        ("b", 1, 2, "B"),
        ("c", 1, 2, "B"),
        ("d", 1, 2, "B"),
    ]


def test_the_first_and_everybody_else_add_up():
    found = rows("rank", "--orders", "orders.csv", *JUNE, "--top", "1")
    assert [(r["part"], r["customer_id"], r["customers"], r["total"]) for r in found] == [
        ("top", "a", 1, 500),
        ("no_customer", None, 1, 70),
        ("others", None, 2, 550),
    ]


def test_changes_against_the_period_before():
    found = rows("rank", "--orders", "orders.csv", *JUNE, "--changes")
    assert [(r["customer_id"], r["rank"], r["rank_before"], r["change"]) for r in found] == [
        ("a", 1, 2, "risen"),
        ("b", 2, None, "new"),
        ("c", 3, None, "new"),
        ("d", None, 1, "gone"),
    ]


def test_rfm_is_the_function(files):
    done = run("rfm", "--orders", "orders.csv", "--as-of", "2026-06-30")
    found = pd.read_csv(io.StringIO(done.out))
    lines = pd.read_csv("orders.csv", dtype={"受注番号": "str"}, parse_dates=["受注日"])
    lines.columns = ["order_id", "ordered_at", "customer_id", "amount"]
    lines["ordered_at"] = lines["ordered_at"].astype("datetime64[us]")
    expected = an.rfm(lines, as_of=date(2026, 6, 30), segments=an.standard_segments("en"))
    order = {"by": ["segment_place", "monetary", "customer_id"], "ascending": [True, False, True], "ignore_index": True}
    pd.testing.assert_frame_equal(found, expected.sort_values(**order), check_dtype=False)
    assert "recency_days: nobody has score" in done.err  # four customers in five bins: said


def test_rfm_of_the_r_package(shared_data):
    done = run(
        *("rfm", "--orders", shared_data / "rfm" / "rfm_data_orders.csv", "--as-of", "2006-12-31", "--cuts", "r"),
        *("--map", "ordered_at=order_date,amount=revenue"),
    )
    found = pd.read_csv(io.StringIO(done.out)).set_index("customer_id")
    expected = pd.read_csv(shared_data / "rfm" / "expected_scores_r.csv").set_index("customer_id").loc[found.index]
    assert (done.code, len(found)) == (0, 995)
    for mine, theirs in (("r", "recency_score"), ("f", "frequency_score"), ("m", "monetary_score")):
        assert (found[mine] == expected[theirs]).all()
    assert "frequency counts lines" in done.err


def test_own_cuts_segments_and_who_moved(files, tmp_path):
    segments = an.Segments.of([{"name": "large", "rule": {"column": "m", "at_least": 2}}])
    (tmp_path / "s.json").write_text(segments.to_json(), encoding="utf-8")
    options = ("--cuts", "monetary=450;recency_days=10;frequency=9", "--segments", "s.json")
    done = run("rfm", "--orders", "orders.csv", *options, *JUNE, "--format", "json")
    found = {row["customer_id"]: (row["m"], row["segment"], row["outside"]) for row in json.loads(done.out)}
    assert found == {
        "a": (2, "large", None),
        "b": (1, None, None),
        "c": (1, None, None),
        "d": (None, None, "no_order"),
        None: (None, None, "no_customer"),
    }
    moved = run("rfm", "--orders", "orders.csv", *options, *JUNE, "--migration")
    listed = pd.read_csv(io.StringIO(moved.out))
    assert dict(zip(listed["move"], listed["customers"], strict=True)) == {"gone": 1, "up": 1, "new": 2}


def test_compare_and_surprises_are_the_functions():
    options = ("--orders", "orders.csv", "--inquiries", "inquiries.csv", *JUNE)
    (found,) = rows("compare", *options, "--by", "amount,inquiries", "--top", "2")
    assert (found["customers"], found["in_a"], found["in_b"], found["both"], found["tau"]) == (3, 2, 2, 1, -1)
    listed = rows("surprises", *options, "--top", "0.4", "--gap", "0.5")
    assert [(r["customer_id"], r["kind"], r["actual_rank"], r["noticed_rank"], r["of"]) for r in listed] == [
        ("a", "quiet", 1, 3, 3),
        ("c", "loud", 3, 1, 3),
    ]


def test_a_workspace_answers_like_files(tmp_path):
    ws = an.Workspace.open(tmp_path / "ws")
    ws.add(an.read_export("orders.csv"), kind="orders")
    ws.close()
    from_workspace = rows("rank", "--workspace", tmp_path / "ws", *JUNE)
    assert from_workspace == rows("rank", "--orders", "orders.csv", *JUNE)


def test_what_the_workspace_calls_one_customer_is_one_and_told(tmp_path):
    ws = an.Workspace.open(tmp_path / "ws")
    ws.add(an.read_export("orders.csv"), kind="orders")
    made = an.Decisions().add(an.Decision("b", "a", "same", None, "2026-07-01 10:00"))
    ws.set_setting("customer_merges", made.to_json())
    ws.close()
    done = run("rank", "--workspace", tmp_path / "ws", *JUNE, "--format", "json")
    assert done.err == "1 customer counted as another\n"
    found = [(row["customer_id"], row["amount"], row["rank"]) for row in json.loads(done.out)]
    assert found == [("a", 900, 1), ("c", 150, 2), (None, 70, None)]
    for command in ("rfm", "products", "surprises", "compare"):
        extra = {"surprises": ["--actual", "amount", "--noticed", "orders"], "compare": ["--by", "amount,orders"]}
        assert "counted as another" in run(command, "--workspace", tmp_path / "ws", *extra.get(command, [])).err


@pytest.mark.parametrize("language", ["en", "ja"])
def test_all_equal_and_one_customer_are_said(files, monkeypatch, language):
    monkeypatch.setenv("GENZAICHI_LANG", language)
    files(
        equal="customer_id,ordered_at,amount\na,2026-06-01,5\nb,2026-06-02,5\n",
        one="customer_id,ordered_at,amount\na,2026-06-01,5\n",
    )
    equal, one = (run("rank", "--orders", f"{name}.csv") for name in ("equal", "one"))
    words = {"en": ("the same amount", "one customer only"), "ja": ("すべて同じ値", "1 件だけ")}[language]
    assert (equal.code, one.code) == (0, 0)
    assert words[0] in equal.err
    assert words[1] in one.err
    assert words[1] in run("rfm", "--orders", "one.csv").err
    for name in ("compare", "surprises"):
        more = ("--by", "amount,orders") if name == "compare" else ("--noticed", "orders")
        assert sentence(name, "--orders", "equal.csv", *more)
        assert sentence(name, "--orders", "one.csv", *more)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("rank", "--orders", "orders.csv", "--by", "amuont"), "amuont"),
        (("rank", "--orders", "orders.csv", "--bands", "0.9,0.7"), "rising order"),
        (("rank", "--orders", "orders.csv", "--bands", "A"), "--bands"),
        (("rank", "--orders", "orders.csv", "--top", "x"), "--top"),
        (("rank", "--orders", "orders.csv", "--changes"), "--period"),
        (("rank", "--orders", "nowhere.csv"), "nowhere.csv"),
        (("rank", "--inquiries", "inquiries.csv"), "--orders"),
        (("rfm", "--orders", "orders.csv", "--as-of", "2020-01-01"), "2026-05-10"),
        (("rfm", "--orders", "orders.csv", "--as-of", "yesterday"), "--as-of"),
        (("rfm", "--orders", "orders.csv", "--cuts", "deciles"), "quantile"),
        (("rfm", "--orders", "orders.csv", "--cuts", "monetary=5,1"), "monetary"),
        (("rfm", "--orders", "orders.csv", "--cuts", "sales=1"), "sales"),
        (("rfm", "--orders", "orders.csv", "--bins", "99"), "99"),
        (("rfm", "--orders", "orders.csv", "--segments", "orders.csv"), "--segments"),
        (("rfm", "--orders", "orders.csv", "--migration"), "--period"),
        (("compare", "--orders", "orders.csv"), "--by"),
        (("compare", "--orders", "orders.csv", "--by", "amount"), "amount"),
        (("surprises", "--orders", "orders.csv"), "inquiries"),
        (("surprises", "--orders", "orders.csv", "--noticed", "orders", "--gap", "2"), "gap"),
    ],
)
def test_a_mistake_is_one_sentence(words, said):
    assert said in sentence(*words)


def test_two_currencies_are_asked_and_never_added_up(files):
    files(mixed="customer_id,ordered_at,amount,通貨\na,2026-06-01,5,JPY\nb,2026-06-02,7,USD\n")
    for name in ("rank", "rfm"):
        assert "JPY, USD" in sentence(name, "--orders", "mixed.csv")
    done = run("rank", "--orders", "mixed.csv", "--currency", "usd")
    assert [line.split(",")[0] for line in done.out.splitlines()[1:]] == ["b"]

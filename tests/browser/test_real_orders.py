"""A shop's invoice lines, uploaded as orders: the rankings of the page against SQL over the file, under each rule."""

import csv
import io
import re

import duckdb
import pytest
from playwright.sync_api import expect
from visiting import choose

from tests.browser.conftest import settled

pytestmark = pytest.mark.long
CANCELLED = "(InvoiceNo LIKE 'C%' OR Quantity::BIGINT < 0 OR UnitPrice::DOUBLE < 0)"
VALUE = "(Quantity::DECIMAL(18, 4) * UnitPrice::DECIMAL(18, 4))"
# what a line counts under each rule, written as an analyst would
COUNTS = {
    "net": VALUE,
    "as_written": VALUE,
    "without": f"CASE WHEN {CANCELLED} THEN 0 ELSE {VALUE} END",
    "subtract": f"CASE WHEN {CANCELLED} THEN -abs({VALUE}) ELSE {VALUE} END",
}
WHOLE = "2010-12-01..2011-12-09"


@pytest.fixture(scope="module")
def lines(shared_data):
    with duckdb.connect() as connection:
        source = shared_data / "online_retail" / "online_retail_full.parquet"
        connection.from_parquet(str(source), file_row_number=True).create("lines")
        yield connection


@pytest.fixture(scope="module")
def shop(start, browser, browser_context_args, lines, tmp_path_factory):
    """A server into which a visitor brought the file, and what the page said of it."""
    path = tmp_path_factory.mktemp("shop") / "invoice_lines.csv"
    lines.sql("SELECT * EXCLUDE (file_row_number) FROM lines ORDER BY file_row_number").write_csv(
        str(path), header=True
    )
    with start() as server:
        page = browser.new_context(**browser_context_args).new_page()
        page.goto(f"{server.url}/import_data?lang=ja")
        settled(page)
        page.locator("input[type=file]").first.set_input_files(path)
        expect(page.locator(".st-key-open_file")).to_contain_text(path.name, timeout=120_000)
        settled(page)
        choose(page, "種類", re.compile("^受注明細$"))
        for role, column in {"単価（× 数量）（どれか 1 つは必須）": "UnitPrice", "注文番号": "InvoiceNo"}.items():
            choose(page, role, re.compile(f"^{column}（"))
        page.get_by_role("button", name=re.compile("として取り込む$")).click()
        done = page.locator(".st-key-imported")
        expect(done).to_contain_text("読んだ行", timeout=300_000)
        settled(page)
        said = done.inner_text()
        page.context.close()
        yield server, said


def test_every_line_is_accounted_for(shop):
    assert "読んだ行 541,909 ＝ 取り込んだ行 541,909 ＋ 重複 0 ＋ 取り込めなかった行 0" in shop[1]


@pytest.mark.parametrize("rule", COUNTS)
def test_the_ranking_on_the_page_is_that_of_sql(shop, lines, page, rule):
    page.goto(f"{shop[0].url}/rankings?lang=ja&period={WHOLE}&cancellations={rule}")
    settled(page)
    assert page.get_by_test_id("stException").count() == 0
    page.locator(".st-key-table_heading").get_by_role("button", name=re.compile("ダウンロード")).click()
    with page.expect_download() as found:
        page.get_by_role("button", name=re.compile("^CSV")).click()
    rows = list(csv.DictReader(io.StringIO(found.value.path().read_bytes().decode("utf-8-sig"))))
    expected = lines.sql(f"""
        SELECT CustomerID, sum({COUNTS[rule]})::DOUBLE AS amount,
               rank() OVER (ORDER BY sum({COUNTS[rule]}) DESC) AS place
        FROM lines WHERE CustomerID <> '' GROUP BY 1
    """).fetchall()
    assert len(expected) == 4_372
    shown = {row["お客さま ID"]: (int(row["順位"]), float(row["売上"])) for row in rows}
    left_out = {name: amount for name, amount, _ in expected if name not in shown}
    assert set(left_out.values()) <= {0}, "only who has no order left under the rule is not ranked"
    assert bool(left_out) == (rule == "without")
    assert shown == {
        name: (place, pytest.approx(amount, abs=1e-4)) for name, amount, place in expected if name in shown
    }

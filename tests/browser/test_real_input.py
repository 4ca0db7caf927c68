"""Real files through the real page: a shop's invoice lines and a city's open data, counted again beside it."""

import csv
import io
import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from playwright.sync_api import Page, expect
from visiting import choose

import analysis as an
from analysis.exports.values import parse_number
from tests.browser.conftest import settled
from tools.serving import Server

MONTHS = list(an.Period.parse("2010-12..2011-12").split("month"))
EQUATION = re.compile(r"読んだ行 ([\d,]+) ＝ 取り込んだ行 ([\d,]+) ＋ 重複 ([\d,]+) ＋ 取り込めなかった行 ([\d,]+)")


@dataclass(frozen=True)
class Retail:
    """What came of the two files: the visit that brought them, and the shop's data to count again."""

    server: Server
    page: Page
    said: dict[str, str]
    facts: duckdb.DuckDBPyConnection

    def count(self, words: str, *values: object) -> pd.DataFrame:
        return self.facts.execute(words, values).df()


@pytest.fixture(scope="module")
def facts(shared_data):
    """`lines` as the shop gave them, `customers` with the country of their latest line, and `active`."""
    with duckdb.connect() as con:
        source = shared_data / "online_retail" / "online_retail_full.parquet"
        con.from_parquet(str(source), file_row_number=True).create("lines")
        con.execute("""
            CREATE TABLE customers AS
            SELECT CustomerID, arg_max(Country, CAST(InvoiceDate AS TIMESTAMP)) AS Country
            FROM lines WHERE CustomerID IS NOT NULL GROUP BY CustomerID ORDER BY CustomerID
        """)
        con.execute("""
            CREATE TABLE active AS
            SELECT date_trunc('month', CAST(l.InvoiceDate AS TIMESTAMP)) AS month, c.Country, l.Country AS sold_to,
                   l.CustomerID
            FROM lines l JOIN customers c USING (CustomerID)
        """)
        yield con


@pytest.fixture(scope="module")
def files(facts, tmp_path_factory):
    """The roster and the log as a Windows system writes them: CP932, CRLF."""
    folder = tmp_path_factory.mktemp("retail")
    names = "InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country"
    wanted = {
        "customers_20111209.csv": "SELECT * FROM customers",
        "invoice_lines.csv": f"SELECT {names} FROM lines ORDER BY file_row_number",
    }
    for name, words in wanted.items():
        facts.sql(words).write_csv(str(folder / "utf8"), header=True)
        text = (folder / "utf8").read_text(encoding="utf-8")
        (folder / name).write_bytes(text.replace("\n", "\r\n").encode("cp932"))
    (folder / "utf8").unlink()
    return folder


@pytest.fixture(scope="module")
def retail(start, browser, browser_context_args, facts, files):
    """Both files, brought in by a visitor who says what they are."""
    with start() as server:
        page = browser.new_context(**browser_context_args).new_page()
        page.goto(f"{server.url}/import_data?lang=ja")
        settled(page)
        said = {
            "users": bring(page, files / "customers_20111209.csv", "ユーザー一覧", {"ユーザー ID": "CustomerID"}),
            "activity": bring(
                page,
                files / "invoice_lines.csv",
                "利用履歴（ログイン・注文など）",
                {"ユーザー ID": "CustomerID", "日時": "InvoiceDate"},
            ),
        }
        yield Retail(server, page, said, facts)
        page.context.close()


def bring(page: Page, path: Path, kind: str, roles: dict[str, str]) -> str:
    """Chooses a file, says its kind and which column is what, imports it; what the page says of it."""
    page.locator("input[type=file]").first.set_input_files(path)
    box = page.locator(".st-key-open_file")
    expect(box).to_contain_text(path.name, timeout=120_000)
    settled(page)
    said = box.inner_text()
    choose(page, "種類", re.compile(f"^{re.escape(kind)}$"))
    for role, column in roles.items():
        choose(page, f"{role}（必須）", re.compile(f"^{re.escape(column)}（"))
    page.get_by_role("button", name=re.compile("として取り込む$")).click()
    done = page.locator(".st-key-imported")
    expect(done).to_contain_text("読んだ行", timeout=180_000)
    settled(page)
    return said + done.inner_text()


def equation(said: str) -> list[int]:
    """Read, accepted, duplicates, refused, as the page writes them."""
    found = EQUATION.search(said)
    assert found, said
    return [int(number.replace(",", "")) for number in found.groups()]


def history(page: Page, imports: int) -> list[list[object]]:
    """Kind and the four counts of each import, newest first, from the table that screen readers are given."""
    lines = page.locator("[class*=st-key-history_] [data-testid=stDataFrame] table[role=grid]").last.locator("tbody tr")
    expect(lines).to_have_count(imports)
    cells = [line.locator("td").all_inner_texts() for line in lines.all()]
    return [[kind, *map(int, counts)] for _when, kind, *counts in (row[:6] for row in cells)]


@pytest.mark.long
def test_what_was_found_stands_on_the_page(retail):
    assert "日本語（Windows 標準）" in retail.said["activity"]
    assert "1 行目" in retail.said["activity"]
    assert "（2011年12月9日 時点）" in retail.said["users"]


@pytest.mark.long
def test_every_line_is_accounted_for_on_the_page_and_in_the_history(retail, visit):
    assert equation(retail.said["users"]) == [4_372, 4_372, 0, 0]
    # 5,268 lines equal another one: within one log they are events and stay.
    assert equation(retail.said["activity"]) == [541_909, 406_829, 0, 135_080]
    page = visit("import_data", at=retail.server)
    assert history(page, imports=2) == [
        ["利用履歴（ログイン・注文など）", 541_909, 406_829, 0, 135_080],
        ["ユーザー一覧", 4_372, 4_372, 0, 0],
    ]


@pytest.mark.long
def test_the_refused_lines_are_those_without_a_customer(retail):
    lost = retail.count("SELECT file_row_number + 2 AS line FROM lines WHERE CustomerID IS NULL ORDER BY 1")["line"]
    with retail.page.expect_download() as found:
        retail.page.get_by_role("button", name="取り込めなかった 135,080 行（CSV）").first.click()
    frame = pd.read_csv(found.value.path(), dtype=str)
    assert frame["行"].astype(int).tolist() == lost.tolist()
    assert set(zip(frame["列"], frame["理由"], strict=True)) == {("CustomerID", "必要な値が空です")}


@pytest.fixture(scope="module")
def ws(retail):
    """The server's folder, opened a second time by this process."""
    workspace = an.Workspace.open(retail.server.workspace)
    yield workspace
    workspace.close()


def counted(frame: pd.DataFrame, *by: str) -> dict[tuple, tuple[int, int]]:
    """Key -> active and valid customers."""
    listed = zip(*(frame[name] for name in (*by, "active_users", "valid_users")), strict=True)
    return {tuple(key): (int(active), int(valid)) for *key, active, valid in listed}


EVERY_CELL = """
    SELECT month, country, count(DISTINCT a.CustomerID) AS active_users, n AS valid_users
    FROM (SELECT DISTINCT month FROM active) CROSS JOIN
         (SELECT Country AS country, count(*) AS n FROM customers GROUP BY ALL)
    LEFT JOIN active a USING (month, country) GROUP BY ALL
"""


@pytest.mark.long
def test_the_trend_of_every_country_equals_sql(retail, ws):
    found = ws.run(an.active_rate_trend, an.Period.parse("2010-12..2011-12"), by=["Country"])
    expected = counted(retail.count(EVERY_CELL), "month", "country")
    assert len(expected) == 13 * 37
    assert counted(found, "period_start", "Country") == expected


@pytest.mark.long
def test_the_pivot_of_every_month_equals_sql_with_its_total(retail, ws):
    expected = counted(retail.count(EVERY_CELL), "month", "country")
    totals = counted(retail.count("SELECT month, count(DISTINCT CustomerID) AS active_users, 4372 AS valid_users "
                                  "FROM active GROUP BY month"), "month")  # fmt: skip
    for month in MONTHS:
        at = pd.Timestamp(month.start)
        found = ws.run(an.active_rate_pivot, month, rows=["Country"])
        cells = counted(found[found["row_level"] == 0], "Country")
        assert {(at, *key): counts for key, counts in cells.items()} == {
            key: counts for key, counts in expected.items() if key[0] == at
        }
        assert counted(found[found["row_level"] == 1])[()] == totals[(at,)]


@pytest.mark.long
def test_the_country_of_the_invoice_is_told_from_that_of_the_customer(retail, ws):
    """Eight customers bought for two countries: the country of the line is a dimension of the log."""
    whole = an.Period.parse("2010-12..2011-12")
    found = ws.run(an.active_rate, whole, by=["activity.Country"])
    sold = retail.count(
        "SELECT sold_to, count(DISTINCT CustomerID) AS active_users, 4372 AS valid_users FROM active GROUP BY sold_to"
    )
    assert counted(found, "activity.Country") == counted(sold, "sold_to")
    assert found["active_users"].sum() == 4_372 + 8
    assert len(ws.run(an.overlap, whole, ["activity.Country"])) == 8


@pytest.mark.long
@pytest.mark.parametrize("month", [MONTHS[0], MONTHS[6], MONTHS[11]], ids=str)
def test_a_link_to_a_month_shows_its_rate_and_counts(month, retail, page):
    found = retail.count("SELECT count(DISTINCT CustomerID) AS n FROM active WHERE month = ?", month.start)
    active = int(found["n"].item())
    page.goto(f"{retail.server.url}/active_rate?lang=ja&period={month}")
    headline = page.locator(".st-key-headline")
    expect(headline).to_contain_text(f"{active:,} / 4,372 人", timeout=120_000)
    expect(headline).to_contain_text(f"{active / 4372:.1%}")
    settled(page)
    assert page.get_by_test_id("stException").count() == 0


@pytest.mark.long
def test_the_download_by_country_equals_sql(retail, page):
    page.goto(f"{retail.server.url}/active_rate?lang=ja&period=2011-11-01..2011-11-30&rows=Country&column=-")
    settled(page)
    page.locator(".st-key-pivot_heading").get_by_role("button", name=re.compile("ダウンロード|download")).click()
    with page.expect_download() as found:
        page.get_by_role("button", name=re.compile("^CSV")).click()
    text = found.value.path().read_bytes().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    expected = retail.count(f"SELECT * FROM ({EVERY_CELL}) WHERE month = DATE '2011-11-01'")
    wanted = {row.country: (row.active_users, row.valid_users) for row in expected.itertuples()}
    wanted["合計"] = (sum(active for active, _ in wanted.values()), 4_372)
    assert {row["Country"]: (int(row["利用した人"]), int(row["有効なユーザー"])) for row in rows} == wanted
    for row in rows:
        assert float(row["アクティブ率"]) == pytest.approx(
            int(row["利用した人"]) / int(row["有効なユーザー"]), abs=1e-12
        )


CUSTOMERS, LOG = "お客さま一覧", "利用履歴（ログイン・注文など）"
WINDOWS, BOM = "日本語（Windows 標準）", "UTF-8（BOM つき）"
# File, encoding, columns, kind, which column is what, rows: what shared/data/SOURCES.md and the files themselves say.
YAIZU = [
    ("yohairyosya.csv", WINDOWS, 16, CUSTOMERS, {"お客さま ID": "№"}, 277),
    ("digital_coupon.csv", BOM, 16, CUSTOMERS, {"お客さま ID": "ソート番号"}, 548),
    ("222127_traffic_accident_2022.csv", BOM, 27, LOG, {"ユーザー ID": "事故類型", "日時": "発生日時"}, 675),
    ("222127_park_info.csv", "UTF-8", 14, CUSTOMERS, {"お客さま ID": "ID"}, 142),
]


@pytest.fixture(scope="module")
def city(start, browser, browser_context_args, shared_data):
    """The open data of a city, each file brought in as what it comes nearest to; file -> what the page said."""
    with start() as server:
        page = browser.new_context(**browser_context_args).new_page()
        page.goto(f"{server.url}/import_data?lang=ja")
        settled(page)
        said = {name: bring(page, shared_data / "yaizu" / name, kind, roles) for name, _, _, kind, roles, _ in YAIZU}
        page.context.close()
        yield server, said


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "encoding", "columns", "kind", "roles", "rows"), YAIZU, ids=[each[0] for each in YAIZU]
)
def test_a_citys_open_data_is_read_as_its_sources_state(city, name, encoding, columns, kind, roles, rows):
    said = city[1][name]
    for label, value in (("文字の種類", encoding), ("区切り", "カンマ"), ("見出し", "1 行目"), ("列", str(columns))):
        assert re.search(rf"{label}\s+{re.escape(value)}(\s|$)", said), said
    assert equation(said) == [rows, rows, 0, 0]


@pytest.mark.long
def test_the_areas_of_the_parks_add_up_in_the_workspace(city):
    """`"32,500 "` is a number with a thousands comma and a space."""
    workspace = an.Workspace.open(city[0].workspace)
    areas = workspace.table("customers")["面積（㎡）"].dropna()
    workspace.close()
    assert sum(map(parse_number, areas), Decimal(0)) == Decimal(826_317)

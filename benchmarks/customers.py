"""Measures of every customer and RFM, against pandas by hand; and the board of the rankings as its field grows.

`python benchmarks/customers.py [--customers 1000000] [--no-browser]`: 20 order lines for each customer.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import argparse
import json
import re
import resource
import subprocess
from datetime import date
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
import pandas as pd
from playwright.sync_api import Browser, Page, expect, sync_playwright

import analysis as an
from analysis.workspace import Workspace
from analysis.workspace.changes import land
from benchmarks.measure import DATA, Claim, write
from benchmarks.orders import LINES, write_orders
from benchmarks.stores import source
from tests.conftest import browser_path
from tools.serving import Server

KNOWN = date(2026, 3, 31)
MEASURES = ("amount", "orders", "average_order", "first_order", "last_order", "recency_days", "tenure_days")
RUNS, CHANGES = 4, 9
COLUMNS = ["customer_id", "ordered_at", "amount", "order_id"]
DRAWN = """name => {
  const app = document.querySelector('[data-testid=stApp]');
  return decodeURIComponent(location.search).includes(name) && app.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-stale=true]');
}"""


def store(customers: int) -> Workspace:
    """A workspace with the orders; only its first use imports them."""
    ws = Workspace.open(DATA / f"workspace_orders_{customers}")
    if not ws.imports():
        land(ws, source("orders", write_orders(customers), None))
    return ws


def ours(ws: Workspace) -> tuple[pd.DataFrame, pd.DataFrame]:
    """As the page calls it."""
    measures = ws.run(an.measure_customers, as_of=KNOWN, measures=MEASURES)
    return measures, ws.run(an.rfm, as_of=KNOWN)


def by_hand(path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What an analyst writes in pandas, from the same Parquet file."""
    lines = pd.read_parquet(path, columns=COLUMNS).astype({"amount": "float64"})
    sales = lines[lines["amount"] >= 0]
    grouped = sales.groupby("customer_id")
    measures = pd.DataFrame(
        {
            "amount": lines.groupby("customer_id")["amount"].sum(),
            "orders": grouped["order_id"].nunique(),
            "first_order": grouped["ordered_at"].min(),
            "last_order": grouped["ordered_at"].max(),
        }
    )
    measures["average_order"] = measures["amount"] / measures["orders"]
    today = pd.Timestamp(KNOWN)
    measures["recency_days"] = (today - measures["last_order"].dt.normalize()).dt.days
    measures["tenure_days"] = (today - measures["first_order"].dt.normalize()).dt.days
    scores = measures[["recency_days", "orders", "amount"]].copy()
    for name, column in (("r", "recency_days"), ("f", "orders"), ("m", "amount")):
        cuts = np.quantile(scores[column], [0.2, 0.4, 0.6, 0.8])
        above = np.searchsorted(cuts, scores[column], side="left")
        scores[name] = 5 - above if name == "r" else 1 + above
    scores["segment"] = np.select(
        [
            (scores["r"] >= 4) & (scores["f"] >= 4) & (scores["m"] >= 4),
            (scores["r"] >= 3) & (scores["f"] >= 4),
            (scores["r"] >= 3) & (scores["m"] >= 4),
            (scores["r"] >= 4) & (scores["f"] < 3),
            scores["r"] >= 3,
            (scores["f"] >= 3) & (scores["m"] >= 3),
            scores["r"] >= 2,
        ],
        range(1, 8),
        8,
    )
    return measures, scores


def alone(peer: str, customers: int) -> None:
    """One peer in a process of its own: a run for each line it reads; then what it found and its highest memory."""
    path = write_orders(customers)
    ws = store(customers) if peer == "ours" else None
    result = None
    for _ in sys.stdin:
        began = perf_counter()
        result = ours(ws) if ws else by_hand(path)
        print(perf_counter() - began, flush=True)
    assert result
    measures, scores = result
    said = {
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10,
        "amount": round(float(measures["amount"].sum()), 2),
        "orders": int(measures["orders"].sum()),
        "scores": [int(scores[name].sum()) for name in "rfm"],
    }
    print(json.dumps(said))


def measured(customers: int) -> dict[str, dict]:
    """Both peers, run by run in turn, so that whatever else the machine does meets both."""
    command = [sys.executable, __file__, "--customers", str(customers), "--peer"]
    started = {
        peer: subprocess.Popen([*command, peer], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for peer in ("ours", "pandas")
    }
    times: dict[str, list[float]] = {peer: [] for peer in started}
    for _ in range(RUNS):
        for peer, process in started.items():
            assert process.stdin
            assert process.stdout
            process.stdin.write("\n")
            process.stdin.flush()
            times[peer].append(float(process.stdout.readline()))
    found = {}
    for peer, process in started.items():
        last, _ = process.communicate()
        found[peer] = json.loads(last) | {"seconds": median(times[peer][1:]), "first": times[peer][0]}
    return found


# The board


def redrawn(ws: Workspace, browser: Browser, log: Path) -> float:
    """Median seconds from one more value of the filter, which nobody asked for before, to the redrawn page."""
    folder = ws.layout.root
    ws.close()
    with Server(folder, log) as server:
        page = browser.new_context(locale="ja-JP", viewport={"width": 1280, "height": 900}).new_page()
        page.goto(f"{server.url}/rankings?lang=ja&period=2025-10-01..2026-03-31")
        expect(page.get_by_test_id("stMetric").first).to_be_visible(timeout=120_000)
        expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_attached(timeout=120_000)
        times = [one_more(page) for _ in range(CHANGES)]
    return median(times[1:])


def one_more(page: Page) -> float:
    field = page.get_by_test_id("stPopoverBody").get_by_role("combobox").first
    if not field.is_visible():
        page.get_by_role("button", name=re.compile("絞り込み")).click()
        expect(field).to_be_visible()
        page.wait_for_timeout(500)
        expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_attached(timeout=120_000)
    field.click()
    option = page.get_by_role("option").nth(0)
    name = option.inner_text()
    began = perf_counter()
    option.click()
    page.wait_for_function(DRAWN, arg=name, timeout=120_000, polling=10)
    return perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--peer", choices=("ours", "pandas"), help="one of them, in this process")
    parser.add_argument("--no-browser", action="store_true", help="without the board")
    options = parser.parse_args()
    if options.peer:
        alone(options.peer, options.customers)
        return
    write_orders(options.customers)
    store(options.customers).close()
    found = measured(options.customers)
    agree(found)
    our, hand = found["ours"], found["pandas"]
    claims = [
        Claim("pandas / ws.run, time", hand["seconds"] / our["seconds"], 10, least=True),
        Claim("ws.run / pandas, highest memory of the process", our["peak"] / hand["peak"], 0.5),
    ]
    text = f"""
{len(MEASURES)} measures of {options.customers:,} customers and their RFM scores and segments, over
{options.customers * LINES:,} order lines, 2 % of them given back. Each peer in a process of its own, pandas from the
Parquet file, ws.run from the workspace, which keeps the lines sorted once they were asked for; the median after the
first run, which sorts.

- ws.run: {our["seconds"]:,.2f} s ({our["first"]:,.1f} s the first time), {our["peak"]:,.0f} MB at most
- pandas by hand: {hand["seconds"]:,.2f} s, {hand["peak"]:,.0f} MB at most
"""
    write("Customers", text, claims)
    if not options.no_browser:
        board()


def board() -> None:
    sizes = (1_000, 10_000)
    with sync_playwright() as playwright, TemporaryDirectory() as logs:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        times = {size: redrawn(store(size), browser, Path(logs) / f"{size}.log") for size in sizes}
        browser.close()
    about = "\n".join(f"- {size:,} customers: {seconds * 1000:,.0f} ms" for size, seconds in times.items())
    text = f"""
One more value chosen in the filter of the page of the rankings, nothing cached, until the script has run and the
browser has drawn, the whole page with it; {CHANGES - 1} changes.

{about}
"""
    write("Board of rankings", text, [Claim("10 thousand / 1 thousand customers", times[10_000] / times[1_000], 2)])


def agree(found: dict[str, dict]) -> None:
    """Both give the same numbers."""
    our, hand = found["ours"], found["pandas"]
    assert abs(our["amount"] - hand["amount"]) < 0.01 * len(found), (our, hand)
    assert our["orders"] == hand["orders"]
    assert our["scores"] == hand["scores"]


if __name__ == "__main__":
    main()

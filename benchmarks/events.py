"""An organisation's whole workspace for the benchmarks of the pages: people, events, cases and deals, as many as asked.

Chance is integer arithmetic, the same everywhere; kept in benchmarks/data.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from analysis.workspace import Workspace
from analysis.workspace.changes import land
from benchmarks.measure import DATA
from benchmarks.stores import source

ACTIVITIES = ["login", "search", "cart", "order", "review", "download", "inquiry", "help"]
STEPS = ["企画", "日程", "取材", "執筆", "編集", "入稿", "校正", "公開"]
PHASES = ["初回訪問", "提案", "見積", "交渉", "受注", "失注"]
USERS_EACH = 25  # of a customer
END = date(2026, 4, 1)
MIX = """
CREATE MACRO cut(x) AS x & 2147483647;
CREATE MACRO mix(x) AS cut(xor(cut(x), cut(x) >> 13) * 1812433253);
"""
QUERIES = {
    "users": """
SELECT 'U' || lpad(n::VARCHAR, 7, '0') AS user_id, 'C' || lpad((n // $each)::VARCHAR, 6, '0') AS customer_id,
  'エリア' || lpad((mix(n * 7 + 1) % 20)::VARCHAR, 2, '0') AS "エリア",
  '区分' || (mix(n * 7 + 2) % 8)::VARCHAR AS "区分",
  TIMESTAMP '2023-04-01' AS valid_from
FROM range($users) t(n)""",
    "activity": """
WITH mixed AS (SELECT i, mix(i * 1103515245 + 12345) AS a FROM range($events) t(i))
SELECT 'U' || lpad((a % $users)::VARCHAR, 7, '0') AS user_id,
  TIMESTAMP '2025-04-01' + to_microseconds(i * (31_536_000_000_000 // $events)) AS occurred_at,
  list_extract($activities, 1 + mix(a) % len($activities)) AS activity, '端末' || (mix(a + 1) % 3)::VARCHAR AS "端末"
FROM mixed""",
    "cases": """
WITH visits AS (
  SELECT n, k, mix(n * 31 + k) AS a FROM range($cases) c(n) CROSS JOIN range(8) s(k) WHERE k <= mix(n * 31 + 8) % 9
)
SELECT 'K' || lpad(n::VARCHAR, 7, '0') AS case_id, list_extract($steps, 1 + k) AS step,
  TIMESTAMP '2025-04-01' + to_days((mix(n) % 300)::INT) + to_hours((k * 150 + a % 149)::INT) AS entered_at,
  '種別' || (mix(n + 5) % 8)::VARCHAR AS "種別"
FROM visits ORDER BY entered_at""",
    "deals": """
SELECT 'D' || lpad(n::VARCHAR, 7, '0') AS deal_id, list_extract($phases, 1 + mix(n) % len($phases)) AS phase,
  'C' || lpad((mix(n + 1) % 5000)::VARCHAR, 6, '0') AS customer_id, '担当' || (mix(n + 2) % 40)::VARCHAR AS owner,
  '経路' || (mix(n + 3) % 8)::VARCHAR AS source, (mix(n + 4) % 9000000 + 10000)::DECIMAL(18, 4) AS amount,
  TIMESTAMP '2025-04-01' + to_days((mix(n + 5) % 250)::INT) AS created_at,
  CASE WHEN mix(n) % len($phases) > 3
    THEN TIMESTAMP '2025-04-01' + to_days((mix(n + 5) % 250 + mix(n + 6) % 110)::INT) END AS closed_at,
  CASE WHEN mix(n) % len($phases) = 5 THEN '理由' || (mix(n + 7) % 9)::VARCHAR END AS lost_reason
FROM range($deals) t(n)""",
}


@dataclass(frozen=True)
class Size:
    """How many rows of each table."""

    name: str
    events: int
    users: int
    cases: int
    deals: int


SMALL = Size("10k", events=10_000, users=500, cases=2_200, deals=10_000)
LARGE = Size("10m", events=10_000_000, users=200_000, cases=2_200_000, deals=1_000_000)


def organisation(size: Size) -> Workspace:
    """A workspace with all four tables; only its first use imports them."""
    ws = Workspace.open(DATA / f"workspace_pages_{size.name}")
    if not ws.imports():
        for kind in QUERIES:
            land(ws, source(kind, _written(size, kind), None if kind == "activity" else END))
    ws.prepare()
    return ws


def _written(size: Size, kind: str) -> Path:
    path = DATA / f"pages_{kind}_{size.name}.parquet"
    if not path.exists():
        DATA.mkdir(exist_ok=True)
        aside = path.with_suffix(".tmp")
        query = QUERIES[kind]
        every: dict[str, Any] = {
            "each": USERS_EACH,
            "users": size.users,
            "events": size.events,
            "cases": size.cases,
            "deals": size.deals,
            "activities": ACTIVITIES,
            "steps": STEPS,
            "phases": PHASES,
        }
        with duckdb.connect() as connection:
            connection.execute(MIX)
            fields = {name: value for name, value in every.items() if f"${name}" in query}
            connection.execute(f"COPY ({query}) TO $path (FORMAT parquet)", fields | {"path": str(aside)})
        aside.replace(path)
    return path

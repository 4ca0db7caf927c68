"""Logins of a large organisation for the benchmarks: 1, 10 or 50 million in seconds, the same bytes every time.

`python -m benchmarks.logins 10 FOLDER` writes 10 million logins of 200,000 accounts as Parquet.

The log lies in order of time, as systems export it. A third of the accounts are regulars, a fifth of all others come
in a month, a user-day holds two or three logins; nearly nothing happens on weekends. Chance is integer arithmetic,
not `random()` nor `hash()`, so that neither threads nor versions of DuckDB change it.
"""

import sys
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import gcd
from pathlib import Path

import duckdb
import pyarrow as pa

from sample_data.company import BEAUTY, BRANCHES, DEVICES, OFFICE, SALES, SHOP
from sample_data.workdays import is_business_day

FIRST, LAST = date(2025, 4, 1), date(2026, 3, 31)
AREAS = tuple(branch.removesuffix("支店") + "エリア" for branch in BRANCHES[:20])
CATEGORIES = (SALES, SHOP, BEAUTY, OFFICE, "事務", "物流", "研修", "管理者")
SIZES = {1: 20_000, 10: 200_000, 50: 1_000_000}  # million logins -> accounts
UNITS = {True: 24, False: 1}  # a business day is worth that many units of logins, another day one
LOGINS_A_DAY = 2.5  # of a person who comes
OPENS, CLOSES = 7.5 * 3600, 20.5 * 3600
UNIT_COLUMNS = ("unit", "day_number", "month", "visits", "starts", "span")
REGULARS, CASUALS, REGULAR_SHARE = 0.35, 0.2, 0.75

MACROS = """
-- Two rounds of multiply and shift on 31 bits; every product stays below 2^63.
CREATE MACRO round_one(x) AS (x * 1103515245 + 12345) & 2147483647;
CREATE MACRO round_two(x) AS (xor(x, x >> 15) * 1812433253) & 2147483647;
CREATE MACRO mixed(x) AS round_two(round_one(round_two(round_one((x) & 2147483647))));
CREATE MACRO chance(x) AS (mixed(x) >> 3) / 268435456.0;
CREATE MACRO user_name(n) AS 'U' || lpad(n::VARCHAR, 7, '0');
"""

USERS = """
SELECT user_name(n) AS user_id,
  list_extract($areas, 1 + floor(len($areas) * pow(chance(n * 7 + $seed), 1.5))::INT) AS "エリア",
  list_extract($categories, 1 + floor(len($categories) * chance(n * 7 + 1 + $seed))::INT) AS "ユーザー区分",
  CASE WHEN chance(n * 7 + 2 + $seed) < 0.12 THEN TIMESTAMP '2025-04-01' + to_days((n * 31 % 330)::INT)
    ELSE TIMESTAMP '2023-04-01' END AS valid_from,
  CASE WHEN chance(n * 7 + 3 + $seed) < 0.06 THEN TIMESTAMP '2025-05-31' + to_days((n * 17 % 300)::INT) END AS valid_to
FROM range($accounts) t(n)
"""

# `unit` finds the day and the part of the day; `visit` is one person on one day; the heavier the use, the lower `slot`.
LOGINS = """
WITH placed AS (
  SELECT i, month, mixed(day_number * 1048583 + mixed(i + $seed) % visits + $seed) AS visit,
    starts + to_microseconds((span * ((i % $unit) / $unit) * 1000000)::BIGINT) AS occurred_at
  FROM range($logins) t(i) JOIN units ON unit = i // $unit
), chosen AS (
  SELECT occurred_at, visit, chance(visit + 1) < $regular_share AS regular, month,
    pow(chance(visit + 2), 1.6) AS weight
  FROM placed
), numbered AS (
  SELECT occurred_at, visit, CASE
    WHEN regular THEN floor($regulars * weight)::BIGINT * $stride % $ids
    ELSE (floor($casuals * weight)::BIGINT + month * $shift) * $other_stride % $ids END AS n
  FROM chosen
)
SELECT user_name(n) AS user_id, date_trunc('second', occurred_at) AS occurred_at, 'ログイン' AS activity,
  list_extract($devices, 1 + (CASE WHEN visit % 9 = 0 THEN visit ELSE mixed(n) END % len($devices))::INT) AS "端末"
FROM numbered
"""


LINES = """
SELECT '"' || strftime(occurred_at, '%Y/%m/%d %H:%M:%S') || '","' || user_id || '","' || activity || '","'
  || "端末" || '","' || '販促物トップ"' || chr(13) || chr(10)
FROM ({logins})
"""


@dataclass(frozen=True)
class Files:
    """Where the two tables lie."""

    users: Path
    activity: Path


def write_logins(folder: Path, logins: int, accounts: int, *, seed: int = 1) -> Files:
    """Writes `users` and `activity` as Parquet into `folder`, unless they are there; names carry the sizes.

    Args:
        logins: rows of the log, over one year (fiscal year 2025).
        accounts: rows of the roster; one id in two hundred of the log stands on no roster.
        seed: another one gives other people.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{logins}_{accounts}_{seed}.parquet"
    files = Files(folder / f"users_{name}", folder / f"logins_{name}")
    with _connection(logins) as con:
        for path, query, fields in (
            (files.users, USERS, _user_fields(accounts, seed)),
            (files.activity, LOGINS, _login_fields(logins, accounts, seed)),
        ):
            if not path.exists():
                part = path.with_suffix(".part")
                con.execute("COPY (" + query + ") TO $path (FORMAT parquet)", fields | {"path": str(part)})
                part.replace(path)
    return files


def write_csv(path: Path, logins: int = 3_000_000, accounts: int = 60_000, *, seed: int = 1) -> Path:
    """Writes the log as its system would: CP932, quoted, `\\r\\n`, Japanese header; 3 million rows are about 200 MB."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with _connection(logins) as con, part.open("wb") as file:
        file.write('"日時","ユーザーID","操作","端末","画面"\r\n'.encode("cp932"))
        found = con.execute(LINES.format(logins=LOGINS), _login_fields(logins, accounts, seed))
        for batch in found.to_arrow_reader(100_000):
            file.write("".join(batch.column(0).to_pylist()).encode("cp932"))
    part.replace(path)
    return path


def _connection(logins: int) -> duckdb.DuckDBPyConnection:
    """A database of its own with the macros and the year in units."""
    con = duckdb.connect()
    con.execute(MACROS)
    con.register("units", pa.table(dict(zip(UNIT_COLUMNS, zip(*_units(logins), strict=True), strict=True))))
    return con


def _days() -> list[date]:
    return [FIRST + timedelta(days=i) for i in range((LAST - FIRST).days + 1)]


def _unit_size(logins: int) -> int:
    """Logins in one unit, rounded up: the last unit may be shorter."""
    return -(-logins // sum(UNITS[is_business_day(day)] for day in _days()))


def _units(logins: int) -> list[tuple]:
    """The year in equal portions of the log: its day, people on that day, and the part of the day in seconds."""
    size = _unit_size(logins)
    found: list[tuple] = []
    for number, day in enumerate(_days()):
        count = UNITS[is_business_day(day)]
        visits = max(1, round(size * count / LOGINS_A_DAY))
        span = (CLOSES - OPENS) / count
        for part in range(count):
            starts = datetime.combine(day, time()) + timedelta(seconds=OPENS + part * span)
            found.append((len(found), number, day.month, visits, starts, span))
    return found


def _user_fields(accounts: int, seed: int) -> dict[str, object]:
    return {"accounts": accounts, "seed": seed, "areas": list(AREAS), "categories": list(CATEGORIES)}


def _login_fields(logins: int, accounts: int, seed: int) -> dict[str, object]:
    ids = accounts + accounts // 200  # those above the roster are strangers
    return {
        "logins": logins,
        "seed": seed,
        "unit": _unit_size(logins),
        "ids": ids,
        "regulars": int(ids * REGULARS),
        "casuals": int(ids * CASUALS),
        "regular_share": REGULAR_SHARE,
        "stride": _stride(ids, 7_919),
        "other_stride": _stride(ids, 104_729),
        "shift": ids // 5 + 1,
        "devices": list(DEVICES),
    }


def _stride(ids: int, near: int) -> int:
    """A step that meets every id before it meets one again."""
    return next(step for step in range(near, near + ids) if gcd(step, ids) == 1)


if __name__ == "__main__":
    millions = int(sys.argv[1])
    print(write_logins(Path(sys.argv[2]), millions * 1_000_000, SIZES[millions]))

"""The portable form on DuckDB against SQL written by hand, over the same frames."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from datetime import date

import duckdb

import analysis as an
from benchmarks.measure import Claim, medians, milliseconds, write
from benchmarks.pivot import COLUMNS, QUARTER, ROWS, SQL, tables
from benchmarks.stores import files

KEYED = """
SELECT count(*) AS rows, count(DISTINCT user_id) AS keys FROM users
"""
WITH_BOUNDS = f"""
WITH counted AS ({SQL}),
wilson AS (SELECT *, 1.959963984540054 AS z, active_users / valid_users AS p, valid_users AS n FROM counted)
SELECT "エリア", "ユーザー区分", valid_users, active_users, p AS active_rate,
  (p + z * z / (2 * n) - z * sqrt((p * (1 - p) + z * z / (4 * n)) / n)) / (1 + z * z / n) AS rate_low,
  (p + z * z / (2 * n) + z * sqrt((p * (1 - p) + z * z / (4 * n)) / n)) / (1 + z * z / n) AS rate_high
FROM wilson
"""


def main() -> None:
    connection = tables(files(10))

    def portable() -> duckdb.DuckDBPyRelation:
        users, logins = connection.table("users"), connection.table("logins")
        options = {"rows": [ROWS], "columns": [COLUMNS], "as_of": date(2026, 3, 31)}
        return an.active_rate_pivot(users, logins, QUARTER, **options)

    def by_hand() -> object:
        assert connection.sql(KEYED).fetchall() == [(200_000, 200_000)]
        return connection.sql(WITH_BOUNDS).to_arrow_table()

    assert len(portable().fetchall()) == len(connection.sql(WITH_BOUNDS).fetchall())
    times = medians({"portable form": lambda: portable().to_arrow_table(), "SQL by hand": by_hand}, runs=15)
    about = """
The pivot of two dimensions with totals and Wilson bounds, 10 million logins of 200,000 accounts, both tables in
memory with text columns. Both check that an account stands once in the roster, which the portable form always does.
"""
    ratio = times["portable form"] / times["SQL by hand"]
    write("Portable form", f"{about}\n{milliseconds(times)}", [Claim("portable form / SQL by hand", ratio, 1.5)])


if __name__ == "__main__":
    main()

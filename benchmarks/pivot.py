"""The pivot of the page: two dimensions with totals, one quarter, against pandas and hand-written SQL."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import duckdb
import pandas as pd

import analysis as an
from analysis.workspace import Workspace
from benchmarks.logins import Files
from benchmarks.measure import Claim, medians, milliseconds, write
from benchmarks.stores import files, workspace

QUARTER = an.Period.parse("2026-01..2026-03")
ROWS, COLUMNS = "エリア", "ユーザー区分"
SQL = """
SELECT "エリア", "ユーザー区分", count(*) AS valid_users, count(used.user_id) AS active_users,
       count(used.user_id) / count(*) AS active_rate
FROM users LEFT JOIN (
  SELECT DISTINCT user_id FROM logins
  WHERE occurred_at >= TIMESTAMP '2026-01-01' AND occurred_at < TIMESTAMP '2026-04-01'
) AS used ON users.user_id = used.user_id
WHERE (valid_from IS NULL OR valid_from < TIMESTAMP '2026-04-01')
  AND (valid_to IS NULL OR valid_to >= TIMESTAMP '2026-03-31')
GROUP BY CUBE ("エリア", "ユーザー区分")
"""


def tables(stored: Files) -> duckdb.DuckDBPyConnection:
    """Both tables in memory, text as text."""
    connection = duckdb.connect()
    for name, path in (("users", stored.users), ("logins", stored.activity)):
        connection.execute(f"CREATE TABLE {name} AS FROM read_parquet(?)", [str(path)])
    return connection


def by_hand(users: pd.DataFrame, logins: pd.DataFrame) -> pd.DataFrame:
    """What an analyst writes in pandas."""
    inside = logins[(logins["occurred_at"] >= "2026-01-01") & (logins["occurred_at"] < "2026-04-01")]
    begun = users["valid_from"].isna() | (users["valid_from"] < "2026-04-01")
    valid = users[begun & (users["valid_to"].isna() | (users["valid_to"] >= "2026-03-31"))]
    marked = valid.assign(active=valid["user_id"].isin(inside["user_id"].unique()))
    cells = marked.pivot_table("active", ROWS, COLUMNS, aggfunc=["sum", "count"], margins=True)
    return cells["sum"] / cells["count"]


def ask(ws: Workspace) -> pd.DataFrame:
    """As the page calls it."""
    return ws.run(an.active_rate_pivot, QUARTER, rows=[ROWS], columns=[COLUMNS])


def main() -> None:
    ten, fifty = files(10), None if "--small" in sys.argv else files(50)
    ws = workspace("10m", ten)
    connection = tables(ten)
    users, logins = pd.read_parquet(ten.users), pd.read_parquet(ten.activity)

    agree(ask(ws), connection.sql(SQL).df(), by_hand(users, logins))
    times = medians({"ws.run": lambda: ask(ws), "DuckDB SQL, raw text": lambda: connection.sql(SQL).df()}, runs=15)
    times |= medians({"pandas 3.1": lambda: by_hand(users, logins)}, runs=3)
    claims = [
        Claim("pandas / ws.run", times["pandas 3.1"] / times["ws.run"], 15, 20, least=True),
        Claim("SQL over raw text / ws.run", times["DuckDB SQL, raw text"] / times["ws.run"], 3, 4, least=True),
    ]
    if fifty:
        del users, logins
        connection.close()
        large = workspace("50m", fifty)
        both = medians({"10M": lambda: ask(ws), "50M": lambda: ask(large)}, runs=15)
        times["ws.run, 50 million logins of 1 million accounts"] = both["50M"]
        claims.append(Claim("50 million / 10 million logins", both["50M"] / both["10M"], 4))
    about = "10 million logins of 200,000 accounts, 20 areas × 8 categories with totals, one quarter of a year."
    write("Pivot", f"{about}\n\n{milliseconds(times)}", claims)


def agree(ours: pd.DataFrame, sql: pd.DataFrame, pandas: pd.DataFrame) -> None:
    """All three give the same numbers."""
    keys = [ROWS, COLUMNS]
    left, right = (frame.fillna(dict.fromkeys(keys, "計")).set_index(keys).sort_index() for frame in (ours, sql))
    assert left[["valid_users", "active_users"]].astype(int).equals(right[["valid_users", "active_users"]].astype(int))
    assert abs(pandas.loc["All", "All"] - left.loc[("計", "計"), "active_rate"]) < 1e-12
    first = pandas.index[0]
    assert abs(pandas.loc[first, "All"] - left.loc[(first, "計"), "active_rate"]) < 1e-12


if __name__ == "__main__":
    main()

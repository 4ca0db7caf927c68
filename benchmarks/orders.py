"""Orders of many customers, made out of a number each: the same on every machine, kept in benchmarks/data."""

from pathlib import Path

import duckdb

from benchmarks.measure import DATA

LINES = 20  # of each customer, two to an order
SQL = """
WITH lines AS (
  SELECT i % $customers AS customer, i // $customers // 2 * $customers + i % $customers AS number, i
  FROM range($customers * $lines) t(i)
)
SELECT 'C' || lpad(customer::VARCHAR, 7, '0') AS customer_id,
       TIMESTAMP '2024-04-01' + to_minutes((hash(number) % 1051200)::BIGINT) AS ordered_at,
       (CASE WHEN hash(i + 1) % 50 = 0 THEN -1 ELSE 1 END * (1000 + (hash(i) % 900000)::BIGINT) / 10)::DECIMAL(18, 4)
         AS amount,
       'J' || lpad(number::VARCHAR, 9, '0') AS order_id,
       '区' || lpad((hash(customer) % 20)::VARCHAR, 2, '0') AS "エリア"
FROM lines ORDER BY ordered_at
"""


def write_orders(customers: int) -> Path:
    """Parquet with the orders of so many customers; only its first use writes it."""
    path = DATA / f"orders_{customers}.parquet"
    if not path.exists():
        DATA.mkdir(exist_ok=True)
        aside = path.with_suffix(".tmp")
        with duckdb.connect() as connection:
            made = connection.sql(SQL, params={"customers": customers, "lines": LINES})
            made.write_parquet(str(aside), compression="zstd")
        aside.replace(path)
    return path

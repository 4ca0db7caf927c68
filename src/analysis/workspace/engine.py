"""Answers from a workspace: one DuckDB instance, a cursor a call, and the cheapest form of the data that is right."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from threading import RLock
from time import perf_counter
from typing import Any, TypeVar

import duckdb
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from analysis.frames import Keys
from analysis.usage import Usage
from analysis.workspace import catalog, derived
from analysis.workspace.choice import Call
from analysis.workspace.imports import Import
from analysis.workspace.layout import Layout
from analysis.workspace.reader import Reader
from analysis.workspace.rosters import Rosters
from analysis.workspace.sorted_cases import SortedCases
from analysis.workspace.sorted_log import SortedLog
from analysis.workspace.sorted_orders import SortedOrders
from analysis.workspace.sorted_purchases import SortedPurchases

ATTEMPTS = 5
Answer = TypeVar("Answer")


class Engine:
    """The reading side of one workspace in one process; every method may be called from any thread."""

    def __init__(self, layout: Layout, catalogue: sa.Engine) -> None:
        self._layout = layout
        self._catalogue = catalogue
        self._lock = RLock()
        self._instance: duckdb.DuckDBPyConnection | None = None
        self._known: tuple[str, list[Import]] = ("", [])
        self._sound: tuple[str, dict[tuple[object, ...], Keys]] = ("", {})
        self._usage: tuple[tuple[str, ...], Usage] | None = None
        self._rosters = Rosters(layout)
        self._log = SortedLog()
        self._orders = SortedOrders()
        self._cases = SortedCases()
        self._purchases = SortedPurchases()

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """One cursor; its relations end with the block, so take the result out inside."""
        cursor = self._cursor()
        try:
            version, imports = self._imports()
            if self._sound[0] != version:
                self._sound = version, {}
            yield Reader(cursor, self._layout, imports, self._sound[1])
        finally:
            cursor.close()

    def table(self, kind: str, *, as_of: date | None = None, history: bool = False) -> pd.DataFrame:
        """`Reader.table` as pandas."""

        def answer(reader: Reader) -> pd.DataFrame:
            return to_pandas(reader.table(kind, as_of=as_of, history=history))

        return self._answer(answer)

    def run(self, metric: Callable[..., Any], *args: Any, **options: Any) -> pd.DataFrame:
        """`metric(<its tables>, *args, **options)` as pandas, by the cheapest form that is right."""

        def answer(reader: Reader) -> pd.DataFrame:
            return self._cheapest(Call(reader, metric, args, options))

        return self._answer(answer)

    def _cheapest(self, call: Call) -> pd.DataFrame:
        if (found := call.sorted_log(lambda columns: self._log.of(call.reader, columns))) is not None:
            return found
        if (counted := call.sorted_orders(lambda: self._orders.of(call.reader))) is not None:
            return to_pandas(counted)
        if (found := call.sorted_cases(lambda *asked: self._cases.of(call.reader, *asked))) is not None:
            return found
        if (found := call.kept(lambda asked: self._purchases.of(call.reader, asked))) is not None:
            return found
        if not call.whole_days:
            return to_pandas(call.events())
        usage = self.usage(call.reader.imports("activity"))
        if (found := call.arrays(usage, self._rosters)) is not None:
            return to_pandas(found)
        by_days = call.days(usage)
        return to_pandas(call.events() if by_days is None else by_days)

    def _answer(self, answer: Callable[[Reader], Answer]) -> Answer:
        """The answer from one moment of the workspace; from the next where a file of that moment is gone meanwhile."""
        for attempt in range(ATTEMPTS):
            with self.read() as reader:
                try:
                    return answer(reader)
                except (duckdb.IOException, FileNotFoundError):
                    if attempt == ATTEMPTS - 1:
                        raise
                    derived.restore_overlaps(self._layout, self._imports()[1])
        raise AssertionError

    def prepare(self) -> float:
        """Builds the derived data that is missing, and loads it; seconds it took."""
        began = perf_counter()
        self.usage([each for each in self._imports()[1] if each.active and each.kind == derived.KIND])
        return perf_counter() - began

    def usage(self, imports: Sequence[Import]) -> Usage:
        """The days of use of these imports; kept until others are asked for."""
        ids = tuple(each.id for each in imports)
        with self._lock:
            if self._usage is None or self._usage[0] != ids:
                for each in derived.missing(self._layout, imports):
                    derived.build(self._layout, each)
                self._usage = ids, derived.load(self._layout, imports)
            return self._usage[1]

    def close(self) -> None:
        """Lets go of the instance and of what is kept in memory; the next call begins anew."""
        with self._lock:
            if self._instance:
                self._instance.close()
            self._instance, self._usage, self._rosters = None, None, Rosters(self._layout)
            self._log = SortedLog()
            self._orders = SortedOrders()
            self._cases = SortedCases()
            self._purchases = SortedPurchases()

    def _imports(self) -> tuple[str, list[Import]]:
        """The version of the catalogue and its imports, of one moment."""
        known = self._known
        with self._catalogue.begin() as connection:
            version = connection.execute(sa.select(catalog.version.c.value)).scalar_one()
            if version == known[0]:
                return known
            rows = connection.execute(sa.select(catalog.imports).order_by(catalog.imports.c.id))
            self._known = known = version, [Import.of(row) for row in rows]
        return known

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        with self._lock:
            if self._instance is None:
                self._instance = locked_down(self._layout)
            return self._instance.cursor()


def locked_down(layout: Layout) -> duckdb.DuckDBPyConnection:
    """An in-memory instance that reaches nothing but the workspace, for good."""
    connection = duckdb.connect(":memory:")
    connection.execute("SET temp_directory = ''")  # nothing of what it reads is ever spilled to the disk
    connection.execute("SET parquet_metadata_cache = true")
    # DuckDB 2.0 fails to plan some aggregates whose conditions the statistics decide (a period that holds every row)
    connection.execute("SET disabled_optimizers = 'partial_aggregate_pushdown'")
    connection.execute("SET allowed_directories = list_value(?)", [layout.root.as_posix()])
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def to_pandas(result: Any) -> pd.DataFrame:
    """A result as pandas: text as `str`, decimals as floats."""
    if not isinstance(result, duckdb.DuckDBPyRelation):
        return result
    table = result.to_arrow_table()
    for position, column in enumerate(table.schema):
        if pa.types.is_decimal(column.type):
            table = table.set_column(position, column.name, table[position].cast(pa.float64()))
    return table.to_pandas()

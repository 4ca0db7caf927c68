"""Whose a row is: ids as they are told apart, ways of writing that were merged, and rows of nobody."""

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw
from narwhals import Schema

from analysis.errors import KeyTypeError, MergeError
from analysis.frames import Frame, is_text, plain, text_frame

CUSTOMER = "customer_id"
KEYS = ("_key", "_none")


def resolved(merges: Mapping[str, str] | None) -> dict[str, str]:
    """Every way of writing and the one that is kept, chains followed to their end.

    Raises:
        MergeError: a chain leads back to itself, or to a blank name.
    """
    given = {alias: name for alias, name in (merges or {}).items() if alias != name}
    found = {}
    for alias in given:
        path, name = [alias], given[alias]
        while name in given and name not in path:
            path.append(name)
            name = given[name]
        if name in path or not name or not alias:
            raise MergeError([*path, *([name] if name else [])])
        found[alias] = name
    return found


def with_customer(frame: Frame, schema: Schema, merges: Mapping[str, str] | None, table: str = "orders") -> Frame:
    """The frame with its ids as they count: blank as null, and ways of writing that were merged as the one kept.

    Raises:
        MergeError: see `resolved`.
        KeyTypeError: the ids are no texts, and there is something to merge.
    """
    kept = resolved(merges)
    named = frame.with_columns(plain(CUSTOMER, schema[CUSTOMER]).alias(CUSTOMER))
    if not kept:
        return named
    if not is_text(schema[CUSTOMER]):
        raise KeyTypeError(table, CUSTOMER, str(schema[CUSTOMER]), "String")
    pairs = text_frame(frame, sorted(kept.items()), (CUSTOMER, "_kept"))
    joined = named.join(pairs, on=CUSTOMER, how="left")
    return joined.with_columns(nw.coalesce("_kept", CUSTOMER).alias(CUSTOMER)).drop("_kept")


def keyed(frame: Frame, dtype: Any) -> Frame:
    """The frame with `_key` and `_none` in place of the id: nobody's row is joined to nobody's, unlike a null."""
    # without the cast pandas makes a column of nothing but null one of numbers when it groups
    name, dummy = (nw.col(CUSTOMER).cast(nw.String), "") if is_text(dtype) else (nw.col(CUSTOMER), 0)
    nobody = nw.col(CUSTOMER).is_null()
    return frame.with_columns(_key=name.fill_null(dummy), _none=nw.when(nobody).then(1).otherwise(0)).drop(CUSTOMER)


def unkeyed(frame: Frame) -> Frame:
    """The frame with its ids again."""
    return frame.with_columns(nw.when(nw.col("_none") == 0).then(nw.col("_key")).alias(CUSTOMER)).drop(*KEYS)


def one_type(types: Sequence[tuple[str, Any]], column: str = CUSTOMER) -> None:
    """Refuses tables whose ids are partly texts: nothing would match.

    Raises:
        KeyTypeError: with the table that differs from the first.
    """
    first = types[0][1]
    for table, found in types[1:]:
        if found != nw.Unknown and first != nw.Unknown and is_text(found) != is_text(first):
            raise KeyTypeError(table, column, str(found), str(first))

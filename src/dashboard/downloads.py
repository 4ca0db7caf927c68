"""The one way out: CSV that Excel opens rightly and cannot run, and XLSX with its definitions."""

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2s
from io import StringIO
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import streamlit as st

from analysis.reports import xlsx
from dashboard import figures

if TYPE_CHECKING:
    from dashboard.page import Page

# Excel and its kin start a formula at any of these, the full-width ones included.
_STARTS_FORMULA = re.compile(r"^[=+\-@\t\r\n＝＋－＠]")
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')
DAY, MOMENT = "%Y/%m/%d", "%Y/%m/%d %H:%M:%S"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def safe(value: Any) -> Any:
    """A text that a spreadsheet would run gets an apostrophe in front; anything else stays as it is."""
    return f"'{value}" if isinstance(value, str) and _STARTS_FORMULA.match(value) else value


def to_csv(frame: pd.DataFrame) -> bytes:
    """UTF-8 with BOM, `\\r\\n`, formula-safe texts, numbers as numbers."""
    buffer = StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([safe(str(column)) for column in frame.columns])
    writer.writerows(zip(*(_cells(frame.iloc[:, i]) for i in range(frame.shape[1])), strict=True))
    return buffer.getvalue().encode("utf-8-sig")


def _cells(column: pd.Series) -> list[Any]:
    if pd.api.types.is_datetime64_any_dtype(column):
        column = column.dt.strftime(DAY if xlsx.kind_of(column) == "day" else MOMENT)
    return ["" if figures.is_missing(value) else safe(value) for value in column.tolist()]


def fingerprint(frame: pd.DataFrame, *more: object) -> str:
    """Eight hex digits of the content.

    Streamlit tells files above 1 MB apart by samples only; in the file's name this keeps one
    reader from being handed the file of another.
    """
    digest = blake2s(repr((list(map(str, frame.columns)), len(frame), *more)).encode(), digest_size=4)
    digest.update(_content(frame))
    return digest.hexdigest()


def _content(frame: pd.DataFrame) -> bytes | pa.Buffer:
    """The values of a table as bytes; those of columns of mixed values by their hashes, which takes longer."""
    try:
        table = pa.Table.from_pandas(frame.set_axis(range(frame.shape[1]), axis=1), preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pd.util.hash_pandas_object(frame.astype(object), index=False).to_numpy().tobytes()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue()


def file_name(name: str, mark: str, suffix: str) -> str:
    """`name` as a file name on every system, with the content's mark."""
    return f"{_NOT_IN_NAMES.sub('_', name).strip(' .')[:80]}_{mark}.{suffix}"


def csv_button(
    page: "Page", label: str, build: Callable[[], pd.DataFrame], *, name: str, key: str, of: object, **options: Any
) -> None:
    """A button that downloads what `build` gives as CSV, made when it is clicked and masked here.

    `of` says what `build` is made from: two tables that differ must differ in it. `name` must hold no
    personal text.
    """
    mark = blake2s(repr((of, page.lang, page.names_hidden)).encode(), digest_size=4).hexdigest()
    st.download_button(
        label,
        data=lambda: to_csv(page.mask(build())),
        file_name=file_name(name, mark, "csv"),
        mime="text/csv",
        on_click="ignore",
        key=key,
        icon=":material/download:",
        **options,
    )


def text_button(label: str, text: str, *, name: str, suffix: str, key: str) -> None:
    """A button that downloads a text as it stands, such as definitions that are read back in.

    Args:
        label: what the button says.
        text: goes out in UTF-8; the caller sees to it that it holds no hidden name.
        name: the file's name without ending.
        suffix: its ending.
        key: of the button, unique on the page.
    """
    mark = blake2s(text.encode(), digest_size=4).hexdigest()
    st.download_button(
        label,
        data=text.encode(),
        file_name=file_name(name, mark, suffix),
        mime="application/octet-stream",  # a browser that knows the type may open it instead
        on_click="ignore",
        key=key,
        icon=":material/download:",
    )


def button(
    page: "Page",
    frame: pd.DataFrame,
    *,
    name: str,
    key: str,
    headers: Mapping[str, str] | None = None,
    formats: Mapping[str, str] | None = None,
    definitions: Sequence[tuple[str, str]] = (),
    label: str | None = None,
) -> None:
    """「ダウンロード」: the table as CSV and as XLSX with a sheet of definitions.

    Args:
        page: the page; while names are hidden the table leaves without them.
        frame: what is downloaded, rates as 0-1.
        name: the file's name without ending, in the page's language, without personal text.
        key: the widgets' key, unique on the page.
        headers: column -> heading in the file.
        formats: column -> key of `xlsx.FORMATS`, by the names before `headers`.
        definitions: term and meaning, for the second sheet.
        label: what the button says instead of 「ダウンロード」.
    """
    headers = headers or {}
    shown = page.mask(frame).rename(columns=headers)
    kinds = {headers.get(column, column): kind for column, kind in (formats or {}).items()}
    mark = fingerprint(shown, page.lang, kinds, definitions)
    with st.popover(label or page.t("app.download"), icon=":material/download:"):
        _csv(page, shown, file_name(name, mark, "csv"), key)
        book = lambda: xlsx.workbook(  # noqa: E731
            shown, title=name, formats=kinds, definitions=definitions, definitions_title=page.t("app.how")
        )
        st.download_button(
            page.t("app.download_xlsx"),
            data=book,
            file_name=file_name(name, mark, "xlsx"),
            mime=XLSX,
            on_click="ignore",
            key=f"{key}_xlsx",
            width="stretch",
        )


def _csv(page: "Page", frame: pd.DataFrame, name: str, key: str) -> None:
    st.download_button(
        page.t("app.download_csv"),
        data=lambda: to_csv(frame),
        file_name=name,
        mime="text/csv",
        on_click="ignore",
        key=f"{key}_csv",
        width="stretch",
    )

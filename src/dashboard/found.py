"""1 · What was found in a file, its first rows, and how to read it differently."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from analysis.errors import (
    AnalysisError,
    DamagedFileError,
    EmptyFileError,
    NotATableError,
    PasswordProtectedError,
    WebPageError,
)
from dashboard import columns, figures
from dashboard.escape import md
from dashboard.page import Page

if TYPE_CHECKING:
    from analysis.exports import Export

ENCODINGS = ("utf-8", "cp932", "utf-16")
DELIMITERS = {",": "comma", "\t": "tab", ";": "semicolon"}
FIRST = 5
SAID = ("encoding_", "delimiter_", "title_lines")  # findings that the four facts already tell
HOPELESS = (DamagedFileError, EmptyFileError, PasswordProtectedError, WebPageError)
_OPTIONS = "_reading_options"


def options(key: str) -> dict[str, Any]:
    """How the reader wants the file `key` to be read: what they corrected, nothing else."""
    return st.session_state.setdefault(_OPTIONS, {}).get(key, {})


def show(page: Page, export: "Export") -> None:
    """Four facts, the findings as sentences, the first rows."""
    facts = [_encoding(page, export), _delimiter(page, export), _header(page, export), _columns(page, export)]
    with st.container(key="facts"), st.grid(4, min_column_width=150, gap="small"):
        for label, value, note in facts:
            with st.container(gap=None):
                st.caption(label)
                st.markdown(f"**{md(value)}**" + (f"　:gray[{md(note)}]" if note else ""))
    for finding in [each for each in export.findings if not each.code.startswith(SAID)]:
        st.markdown(f":material/info: {md(finding.text(page.lang))}")
    hidden = set(columns.proposed(export).mapping.personal) if page.names_hidden else set()
    rows = export.sample(FIRST).drop(columns=list(hidden), errors="ignore")
    st.dataframe(rows, hide_index=True, height="content", key="first_rows", alt=page.t("data.first_rows", n=len(rows)))


def _encoding(page: Page, export: "Export") -> tuple[str, str, str]:
    label = page.t("data.encoding")
    if export.encoding is None:
        return label, page.t("data.workbook"), ""
    name = export.encoding.lower().replace("_", "-")
    return label, encoding_name(page, name), name.upper() if name == "cp932" else ""


def encoding_name(page: Page, name: str) -> str:
    """An encoding as its reader knows it."""
    if name == "utf-8":
        return page.t("data.encoding_utf_8")
    if name == "utf-8-sig":
        return page.t("data.encoding_utf_8_sig")
    if name == "cp932":
        return page.t("data.encoding_cp932")
    return page.t("data.encoding_utf_16") if name.startswith("utf-16") else name.upper()


def _delimiter(page: Page, export: "Export") -> tuple[str, str, str]:
    if export.sheet is not None:
        return page.t("data.sheet"), export.sheet, ""
    return page.t("data.delimiter"), _sign(page, export.delimiter or ","), ""


def _sign(page: Page, delimiter: str) -> str:
    return page.t(f"data.delimiter_{DELIMITERS[delimiter]}") if delimiter in DELIMITERS else delimiter


def _header(page: Page, export: "Export") -> tuple[str, str, str]:
    above = export.header_row - 1
    note = page.t("data.above", n=above) if above else ""
    return page.t("data.header"), page.t("data.header_row", row=export.header_row), note


def _columns(page: Page, export: "Export") -> tuple[str, str, str]:
    return page.t("data.columns_found"), figures.count(len(export.columns)), ""


def may_mend(mistake: AnalysisError) -> bool:
    """Whether another way of reading could help: a picture or a locked workbook stays one."""
    if isinstance(mistake, NotATableError):
        return mistake.fields["found"] == "binary"  # may be text in an encoding that was not guessed
    return not isinstance(mistake, HOPELESS)


def correct(page: Page, key: str, export: "Export | None") -> None:
    """Encoding, separator, sheet and header row by hand."""
    with (
        st.expander(page.t("data.correct"), expanded=export is None, key="correct"),
        st.form(f"correct_{key}", border=False),
    ):
        st.caption(page.t("data.correct_help"))
        chosen = _choices(page, options(key), export)
        if st.form_submit_button(page.t("data.again")):
            st.session_state[_OPTIONS][key] = {name: value for name, value in chosen.items() if value is not None}
            st.rerun()


def _choices(page: Page, now: dict[str, Any], export: "Export | None") -> dict[str, Any]:
    def pick(name: str, label: str, codes: list[Any], words: Any) -> Any:
        codes = [None, *codes]
        start = codes.index(now.get(name)) if now.get(name) in codes else 0
        return st.selectbox(
            label,
            codes,
            index=start,
            key=f"correct_{name}",
            format_func=lambda code: page.t("data.automatic") if code is None else words(code),
        )

    header = st.number_input(
        page.t("data.header"), min_value=1, max_value=1000, value=now.get("header"), key="correct_header",
        placeholder=page.t("data.automatic"),
    )  # fmt: skip
    if export is not None and export.sheets:
        return {"header": header, "sheet": pick("sheet", page.t("data.sheet"), list(export.sheets), str)}
    return {
        "header": header,
        "encoding": pick("encoding", page.t("data.encoding"), list(ENCODINGS), lambda name: encoding_name(page, name)),
        "delimiter": pick("delimiter", page.t("data.delimiter"), list(DELIMITERS), lambda d: _sign(page, d)),
    }

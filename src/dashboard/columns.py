"""2 · Which column is what: proposed, corrected by the reader, turned into a `Mapping`."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from zlib import crc32

import pandas as pd
import streamlit as st

from analysis.tables import KINDS
from dashboard import url
from dashboard.escape import md
from dashboard.page import Page

if TYPE_CHECKING:
    from analysis.exports import Export
    from analysis.exports.mapping import Mapping
    from analysis.exports.propose import Proposal

SAMPLES = 3
ACTIVITIES = ("login", "order", "inquiry", "download", "use", "last_seen")
ORDERS = ("ymd", "dmy", "mdy")
_PROPOSED = "_proposed"
NO_COLUMN = ""


@dataclass(frozen=True)
class Choice:
    """What the reader decided about a file. `missing` names roles without which it cannot be imported."""

    mapping: "Mapping"
    as_of: date | None
    keep_original: bool
    missing: list[str]


def choose(page: Page, export: "Export", key: str) -> Choice:
    """Kind, roles, columns to keep, personal columns, day: each starts at what was proposed."""
    from analysis.exports.mapping import Mapping

    start = _proposal(page, export, key).mapping
    samples = _samples(page, export, start)
    roles = _roles(page, start, export, samples, key)
    if start.steps:
        st.caption(page.t("data.steps", steps=md(" → ".join(start.steps))))
    constants = _constants(page, roles, start, key)
    formats = _formats(page, roles, start, key)
    as_of = _as_of(page, start.kind, export, key)
    kept = _kept(page, export, start, roles, key)
    personal_kept, keep_original = _personal(page, start, roles, key)
    taken = {*roles.values(), *kept, *personal_kept}
    pointed = [header for role, header in roles.items() if role in KINDS[start.kind].beside]
    order = [column for column in export.columns if column in (*kept, *personal_kept, *pointed)]
    mapping = Mapping(
        kind=start.kind,
        roles=roles,
        constants=constants,
        dimensions=tuple(order),
        personal=start.personal,
        left_out=tuple(column for column in export.columns if column not in taken),
        formats=formats,
        steps=tuple(column for column in start.steps if column in order),
        dates=tuple(column for column in start.dates if column in order),
    )
    return Choice(mapping, as_of, keep_original, _missing(page, mapping))


def _proposal(page: Page, export: "Export", key: str) -> "Proposal":
    """By the reader's kind, from what was remembered for files of this shape, else by header and values."""
    from analysis.exports.mapping import shape

    first = proposed(export)
    ranked = [kind for kind, _ in first.kinds if kind in KINDS] or list(KINDS)
    codes = [*ranked, *(kind for kind in KINDS if kind not in ranked)]
    known = [kind for kind in codes if page.ws.remembered(kind, shape(export))]
    start = codes.index(known[0] if known else first.kind if first.kind in codes else codes[0])
    kind = st.selectbox(
        page.t("data.kind"), codes, index=start, key=f"kind_{key}", format_func=lambda code: page.t(f"data.kind_{code}")
    )
    remembered = page.ws.remembered(kind, shape(export))
    if remembered:
        st.caption(page.t("data.remembered"))
    return proposed(export, kind, remembered)


def proposed(export: "Export", kind: str | None = None, remembered: "Mapping | None" = None) -> "Proposal":
    """`propose`, asked once for each way of reading a file: it looks at a thousand rows."""
    from analysis.exports.propose import propose

    known = st.session_state.setdefault(_PROPOSED, {})
    read = (export.sha256, export.encoding, export.delimiter, export.sheet, export.header_row, export.columns)
    key = (*read, kind, remembered.to_json() if remembered else None)
    if key not in known:
        if len(known) > 20:
            known.clear()
        known[key] = propose(export, kind=kind, remembered=remembered)
    return known[key]


def _samples(page: Page, export: "Export", start: "Mapping") -> dict[str, str]:
    """Header -> three of its values; none of personal columns while names are hidden."""
    rows = export.sample(200)
    hidden = set(start.personal) if page.names_hidden else set()
    return {column: "" if column in hidden else _three(rows[column]) for column in export.columns}


def _three(values: pd.Series) -> str:
    filled = [str(value) for value in values if str(value).strip()]
    return " / ".join(value[:16] for value in list(dict.fromkeys(filled))[:SAMPLES])


def _roles(page: Page, start: "Mapping", export: "Export", samples: dict[str, str], key: str) -> dict[str, str]:
    """Role -> header, from one select box a role; a column chosen for one leaves another that can do without."""

    def words(column: str) -> str:
        if column == NO_COLUMN:
            return page.t("data.no_column")
        return f"{column}（{samples[column]}）" if page.lang == "ja" else f"{column} ({samples[column]})"

    chosen: dict[str, str] = {}
    codes = [NO_COLUMN, *export.columns]
    boxes = {role: f"role_{start.kind}_{role}_{key}" for role in KINDS[start.kind].roles}
    needed = {role for group in KINDS[start.kind].required for role in group}
    optional = [box for role, box in boxes.items() if role not in needed]
    with st.grid(2, min_column_width=260):
        for role, box in boxes.items():
            if box not in st.session_state:
                now = start.roles.get(role)
                st.session_state[box] = now if now in codes else NO_COLUMN
            url.hold(box)  # a run cut short by the next file may have said it to nobody
            column = st.selectbox(
                _label(page, start, role),
                codes,
                format_func=words,
                key=box,
                on_change=_leave_others,
                args=(box, optional),
            )
            if column != NO_COLUMN:
                chosen[role] = column
    return chosen


def _leave_others(box: str, optional: list[str]) -> None:
    """The reader has chosen a column here: where it stood for a role that can do without, that one has none now."""
    column = st.session_state[box]
    for other in optional:
        if other != box and column != NO_COLUMN and st.session_state.get(other) == column:
            st.session_state[other] = NO_COLUMN


def _label(page: Page, start: "Mapping", role: str) -> str:
    """The role's name, and whether it is needed; a list with a date per step needs no column that says the step."""
    name, kind = page.role(start.kind, role), KINDS[start.kind]
    group = next((group for group in kind.required if role in group), ())
    if not group or (start.steps and role == kind.wide):
        return name
    return page.t("data.must", role=name) if len(group) == 1 else page.t("data.one_of", role=name)


def _missing(page: Page, mapping: "Mapping") -> list[str]:
    from analysis.exports.mapping import missing

    gaps = missing(KINDS[mapping.kind], mapping.roles, mapping.steps)
    lacking = [group for group in KINDS[mapping.kind].required if set(group) <= {*gaps}]
    return [" / ".join(page.role(mapping.kind, role) for role in group) for group in lacking]


def _constants(page: Page, roles: dict[str, str], start: "Mapping", key: str) -> dict[str, str]:
    """What the whole file is a record of, where no column says it."""
    if "activity" not in KINDS[start.kind].roles or "activity" in roles:
        return {role: value for role, value in start.constants.items() if role not in roles}
    now = start.constants.get("activity", ACTIVITIES[0])
    codes = [*ACTIVITIES, *([] if now in ACTIVITIES else [now])]
    value = st.selectbox(
        page.t("data.constant"),
        codes,
        index=codes.index(now),
        accept_new_options=True,
        format_func=lambda code: page.t(f"data.constant_{code}") if code in ACTIVITIES else code,
        key=f"constant_{key}",
    )
    return {"activity": value}


def _formats(page: Page, roles: dict[str, str], start: "Mapping", key: str) -> dict[str, str]:
    """How dates are written, asked only where the values leave it open."""
    formats = {name: written for name, written in start.formats.items() if name in roles or name in start.dimensions}
    for role, written in formats.items():
        if role not in roles:
            continue
        words = written.split()
        asked = next((word for word in words if word in ORDERS), None)
        if asked is None:
            continue
        order = st.segmented_control(
            page.t("data.order", role=page.t(f"data.role_{role}")),
            ORDERS,
            default=asked,
            required=True,
            format_func=lambda code: page.t(f"data.order_{code}"),
            key=f"order_{role}_{key}",
        )
        formats[role] = " ".join(order if word == asked else word for word in words)
    return formats


def _as_of(page: Page, kind: str, export: "Export", key: str) -> date | None:
    if not KINDS[kind].snapshot:
        return None
    return st.date_input(
        page.t("data.as_of"), value=_day_of(export), format="YYYY/MM/DD", key=f"as_of_{key}", width=260
    )


def _day_of(export: "Export") -> date:
    """The day that the file's name gives, else today."""
    from analysis.workspace.adding import date_in_name

    return date_in_name(export.name) or datetime.now().date()


def _kept(page: Page, export: "Export", start: "Mapping", roles: dict[str, str], key: str) -> list[str]:
    free = [column for column in export.columns if column not in start.personal and column not in roles.values()]
    if not free:
        return []
    return st.multiselect(
        page.t("data.dimensions"),
        free,
        default=[column for column in free if column not in start.left_out],
        placeholder=page.t("data.dimensions_none"),
        select_all=False,
        key=f"kept_{crc32(repr(free).encode())}_{key}",  # other columns to choose from begin anew
    )


def _personal(page: Page, start: "Mapping", roles: dict[str, str], key: str) -> tuple[list[str], bool]:
    """Personal columns stay out unless ticked; then the original file may stay out, too."""
    listed = [column for column in start.personal if column not in roles.values()]
    if not listed:
        return [], False
    with st.container(border=True):
        st.markdown(f"**{page.t('data.personal')}**  \n{page.t('data.personal_note')}")
        ticked = [
            column
            for number, column in enumerate(listed)
            if st.checkbox(
                page.t("data.bring_in", column=md(column)),
                value=column in start.dimensions,
                key=f"personal_{number}_{key}",
            )
        ]
        keep = len(ticked) < len(listed) and st.checkbox(page.t("data.keep_original"), key=f"keep_{key}")
    return ticked, bool(keep)

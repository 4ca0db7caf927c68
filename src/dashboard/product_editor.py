"""Product groups, changed by whoever looks after this workspace: by hand, or as a table from a spreadsheet."""

from collections.abc import Mapping
from hashlib import blake2s
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis.errors import AnalysisError
from analysis.exports import read_export
from analysis.product_group_files import COLUMNS, GroupFile, group_rules, groups_table, read_groups
from analysis.product_groups import SETTING, Grouping, Groupings
from analysis.product_preview import RULE, preview, preview_codes
from analysis.product_rules import KINDS
from dashboard import downloads, figures, guard, incoming, product_filter, url
from dashboard.escape import md
from dashboard.file_field import file_field
from dashboard.product_filter import BARE, GROUPING

if TYPE_CHECKING:
    from dashboard.page import Page
    from dashboard.product_answers import Products

NEW = "+"
DRAFT, FILE, SAVED = "_groups_draft", "_groups_file", "_groups_saved"
LINES = COLUMNS[1:]
PARTS = ("one", "several", "none", "blank", "all")


def choose(page: "Page", groupings: Groupings) -> Grouping | None:
    """The popover that says how products are grouped; None for bare codes."""
    current = product_filter.peek(groupings)
    label = page.t("products.codes") if current is None else page.t("products.grouped", name=md(current.name))
    with st.popover(label, icon=":material/category:", key="popover_grouping"):
        chosen = product_filter.which(page, groupings)
        st.caption(page.t("products.where_editor"))
    return chosen


def show(page: "Page", answers: "Products", groupings: Groupings) -> None:
    """The editor: rules as a table, what each catches, and the way in and out as a file."""
    if message := st.session_state.pop(SAVED, None):
        st.success(message, icon=":material/check_circle:")
    with st.expander(page.t("products.editor"), icon=":material/edit_note:", key="editor", on_change="rerun") as box:
        if not box.open:
            return
        edited = _which(page, groupings, answers.grouping)
        _form(page, groupings, edited)
        _preview(page, answers, st.session_state.get(DRAFT) or edited)
        _files(page, groupings)


def _which(page: "Page", groupings: Groupings, current: Grouping | None) -> Grouping | None:
    """The grouping that is edited; None for a new one."""
    if not groupings:
        st.caption(page.t("products.none_yet"))
        return None
    codes = [*groupings.names, NEW]
    first = current.name if current else codes[0]
    chosen = st.selectbox(
        page.t("products.edit"),
        codes,
        index=codes.index(first),
        format_func=lambda code: page.t("products.new") if code == NEW else code,
        key=f"edit_{_mark(groupings.to_json() + first)}",
        on_change=_forget,
    )
    return None if chosen == NEW else groupings[chosen]


def _forget() -> None:
    st.session_state.pop(DRAFT, None)


def _form(page: "Page", groupings: Groupings, edited: Grouping | None) -> None:
    draft: Grouping | None = st.session_state.get(DRAFT) or edited
    mark = _mark(edited.to_json() if edited else "")
    with st.form("groups_form", border=False):
        name = st.text_input(
            page.t("products.column_grouping"), value=edited.name if edited else "", key=f"groups_name_{mark}"
        )
        table = st.data_editor(
            _rows(page, edited),
            num_rows="dynamic",
            hide_index=True,
            column_config=_columns(page),
            key=f"groups_table_{mark}",
            placeholder="",
        )
        st.caption(md(page.t("products.editor_note")))
        with st.container(horizontal=True):
            save = st.form_submit_button(page.t("products.save"), type="primary")
            check = st.form_submit_button(page.t("products.check"))
            erase = st.form_submit_button(page.t("products.delete"), type="tertiary") if edited else False
    if erase and edited:
        _keep(page, groupings.without(edited.name), page.t("products.deleted", name=md(edited.name)), None)
    if save or check:
        draft = _read(page, name, table)
        st.session_state[DRAFT] = draft
        if draft and save:
            _save(page, groupings, edited, draft)


def _save(page: "Page", groupings: Groupings, edited: Grouping | None, draft: Grouping) -> None:
    """Keeps the grouping in the place of the one that was edited, or says why it cannot."""
    try:
        if edited and edited.name != draft.name:
            named = tuple(draft if each.name == edited.name else each for each in groupings)
            changed = Groupings(named)
        else:
            changed = groupings.put(draft)
    except AnalysisError as mistake:
        st.error(md(page.sentence(mistake)), title=page.t("products.not_saved"))
        return
    _keep(page, changed, page.t("products.saved", name=md(draft.name)), draft.name)


def _keep(page: "Page", groupings: Groupings, message: str, chosen: str | None) -> None:
    page.ws.set_setting(SETTING, groupings.to_json())
    st.session_state.pop(DRAFT, None)
    st.session_state[SAVED] = message
    url.write(GROUPING, chosen or (groupings.names[0] if groupings else BARE))
    st.rerun()


def _read(page: "Page", name: str, table: pd.DataFrame) -> Grouping | None:
    """The grouping of the form; None with a sentence for each line that cannot be read."""
    lines = {
        number: {column: _text(row[column]) for column in LINES}
        for number, row in enumerate(table.to_dict("records"), 1)
        if any(_text(row[column]) for column in LINES)
    }
    try:
        found = group_rules({n: line | {"grouping": name.strip()} for n, line in lines.items()}, "")
        if found.refused:
            _refused(page, found.refused)
            return None
        return next(iter(found.groupings), None) or Grouping(name.strip(), ())
    except AnalysisError as mistake:
        st.error(md(page.sentence(mistake)), title=page.t("products.not_saved"))
        return None


def _refused(page: "Page", refused: Mapping[int, AnalysisError]) -> None:
    said = [page.t("products.line", n=n, why=page.sentence(mistake)) for n, mistake in refused.items()]
    st.error("  \n".join(map(md, said[:20])), title=page.t("products.refused", n=len(refused)))


def _text(value: Any) -> str:
    if figures.is_missing(value):
        return ""
    return value.date().isoformat() if hasattr(value, "date") and callable(value.date) else str(value).strip()


def _rows(page: "Page", edited: Grouping | None) -> pd.DataFrame:
    rows = [
        {
            "group": group.name,
            "kind": page.t(f"products.kind_{rule.kind}"),
            "value": rule.value,
            "valid_from": rule.valid_from,
            "valid_to": rule.valid_to,
        }
        for group in (edited or ())
        for rule in group.rules
    ]
    frame = pd.DataFrame(rows, columns=list(LINES)).astype(dict.fromkeys(("group", "kind", "value"), "str"))
    return frame.astype(dict.fromkeys(("valid_from", "valid_to"), "datetime64[us]"))


def _columns(page: "Page") -> dict[str, Any]:
    config = st.column_config
    return {
        "group": config.TextColumn(page.t("products.column_group"), pinned=True),
        "kind": config.SelectboxColumn(
            page.t("products.column_kind"), options=[page.t(f"products.kind_{kind}") for kind in KINDS]
        ),
        "value": config.TextColumn(page.t("products.column_value")),
        "valid_from": config.DateColumn(page.t("products.column_valid_from"), format="YYYY/MM/DD"),
        "valid_to": config.DateColumn(page.t("products.column_valid_to"), format="YYYY/MM/DD"),
    }


def _preview(page: "Page", answers: "Products", grouping: Grouping | None) -> None:
    """What each rule catches, what none and what two catch, and the codes behind it."""
    if grouping is None:
        return
    told = page.run(preview, grouping)
    rules = told[told["part"] == RULE].set_index(["group", "number"])
    ordered = [(group.name, n) for group in grouping for n, _ in enumerate(group.rules, 1)]
    empty = [key for key in ordered if not rules.loc[key, "rows"]]
    parts = told[told["part"] != RULE].set_index("part")
    st.markdown(f"**{page.t('products.catches', name=md(grouping.name))}**")
    st.markdown(page.t("products.equation", **{part: int(parts.loc[part, "codes"]) for part in PARTS}))
    for key in empty[:10]:
        said = page.t("products.catches_nothing", group=key[0], value=rules.loc[key, "value"])
        st.warning(md(said), icon=":material/search_off:")
    if sum(int(parts.loc[part, "codes"]) for part in PARTS[:-1]) > int(parts.loc["all", "codes"]):
        st.caption(page.t("products.equation_days"))
    if parts.loc["several", "codes"]:
        st.caption(page.t("products.caught_by_two", n=int(parts.loc["several", "codes"])))
    views = [RULE, *PARTS[:-1]]
    view = st.segmented_control(
        page.t("products.view"),
        views,
        default=RULE,
        format_func=lambda code: page.t(f"products.view_{code}"),
        key="groups_view",
        required=True,
        label_visibility="collapsed",
        wrap=False,
    )
    if view == RULE:
        lines = [rules.loc[key] for key in ordered]
        shown = pd.DataFrame(
            {
                "group": [group for group, _ in ordered],
                "kind": [page.t(f"products.kind_{line['kind']}") for line in lines],
                **{name: [line[name] for line in lines] for name in ("value", "codes", "rows", "amount")},
            }
        )
    else:
        codes = page.run(preview_codes, grouping, part=view)
        ordered = codes.sort_values(["amount", "product_code"], ascending=[False, True], ignore_index=True)
        shown = answers.named(ordered, "product_code")
    shown["amount"] = shown["amount"].astype(float).round()
    config = {name: st.column_config.Column(page.t(f"products.column_{name}")) for name in shown.columns}
    for name in ("codes", "rows", "amount"):
        config[name] = st.column_config.NumberColumn(page.t(f"products.column_{name}"), format="localized")
    st.dataframe(
        shown,
        key=f"groups_preview_{view}",
        hide_index=True,
        height="auto",
        column_config=config,
        placeholder="",
        alt=page.t("products.catches", name=grouping.name),
    )


def _files(page: "Page", groupings: Groupings) -> None:
    """The groups as a table out, and a table in."""
    st.markdown(f"**{page.t('products.as_table')}**")
    st.caption(page.t("products.as_table_note"))
    if groupings:
        downloads.csv_button(
            page,
            page.t("products.download_groups"),
            lambda: groups_table(groupings, page.lang),
            name=page.t("products.groups_file"),
            key="download_groups",
            of=groupings.to_json(),
        )
    arrived = file_field(page, key="groups_field", label=page.t("products.upload_groups"))
    if arrived:
        st.session_state[FILE] = _opened(page, arrived)
    found: GroupFile | None = st.session_state.get(FILE)
    if found is None:
        return
    if found.refused:
        _refused(page, found.refused)
    names = page.t("pickers.comma").join(found.groupings.names)
    st.info(page.t("products.in_file", names=md(names), n=len(found.groupings)), icon=":material/description:")
    if st.button(page.t("products.take", n=len(found.groupings)), type="primary", key="take_groups"):
        changed = groupings
        for each in found.groupings:
            changed = changed.put(each)
        st.session_state.pop(FILE)
        _keep(page, changed, page.t("products.taken", names=md(names)), found.groupings.names[0])


def _opened(page: "Page", arrived: incoming.Arrival) -> GroupFile | None:
    """The file that has just come in, read and deleted; None with a sentence where it holds no groups."""
    try:
        found = read_groups(read_export(arrived.path, name=arrived.name))
    except AnalysisError as mistake:
        st.error(md(page.sentence(mistake)), title=page.t("products.not_saved"))
        return None
    finally:
        incoming.of(guard.folder()).discard(arrived.key)
    return found if found.groupings else None


def _mark(text: str) -> str:
    return blake2s(text.encode(), digest_size=4).hexdigest()

"""From the file field to the import: one file at a time, checked by the reader before it counts."""

import logging
from functools import partial
from typing import TYPE_CHECKING
from zipfile import is_zipfile

import streamlit as st

from analysis.errors import AlreadyImportedError, AnalysisError, UndoneImportError
from dashboard import columns, figures, found, guard, history, keeping, navigation, refused, work
from dashboard.columns import Choice
from dashboard.desk import Desk, desk
from dashboard.escape import md
from dashboard.file_field import file_field
from dashboard.incoming import Arrival
from dashboard.page import Page

if TYPE_CHECKING:
    from analysis.exports import Export
    from analysis.workspace import Import, Workspace

log = logging.getLogger("genzaichi")


def show(page: Page) -> None:
    """The field, the running import, what came of the last one, and the file that lies open."""
    table = desk()
    table.put(file_field(page))
    if _running(page, table):
        return
    _outcome(page, table)
    if table.file:
        with st.container(border=True, key="open_file"):
            _open(page, table, table.file)


def _running(page: Page, table: Desk) -> bool:
    """True while an import runs; its progress is then all there is to see of the desk."""
    job = table.job
    if job is None:
        return False
    if work.watch(job, lambda rows, part: page.t("data.progress", rows=rows, percent=figures.percent(part, 0))):
        return True
    table.job, table.mistake, table.failure = None, job.mistake, job.failure
    if job.failure:
        log.error("an import failed", exc_info=job.failure)
    if job.result:
        table.imported = job.result.id
        table.clear()
    return False


def _outcome(page: Page, table: Desk) -> None:
    """What came of the last import: the equation, refused rows and where to go; or why it stopped."""
    if table.mistake and not isinstance(table.mistake, AlreadyImportedError):  # that one is said at the open file
        st.error(md(page.sentence(table.mistake)), title=page.t("data.stopped"))
    if table.failure:
        st.error(page.t("data.failed_body", reason=type(table.failure).__name__), title=page.t("data.failed_title"))
    if table.imported is None:
        return
    imported = page.ws.import_(table.imported)
    with st.container(border=True, key="imported"):
        kind = page.t(f"data.kind_{imported.kind}")
        st.markdown(f":green[:material/check_circle:] **{page.t('data.done', kind=kind)}**")
        st.markdown(history.equation(page, imported))
        refused.show(page, imported, key="imported_refused")
        with st.container(horizontal=True):
            _next(page)
            if st.button(page.t("data.close"), type="tertiary", key="close_outcome"):
                table.imported = None
                st.rerun()


def _next(page: Page) -> None:
    """The question that the data can answer now, or the file that it still needs for that."""
    kinds = {each.kind for each in page.ws.imports() if each.active}
    entry = next((entry for entry in navigation.entries() if entry.name == "active_rate"), None)
    missing = [kind for kind in ("users", "activity") if kind not in kinds]
    if entry and len(missing) == 1:
        st.markdown(page.t("data.next_file", kind=page.t(f"data.kind_{missing[0]}")))
    elif entry and not missing:
        st.page_link(entry.path, label=page.t("data.next_active"), icon=entry.icon, query_params={"lang": page.lang})


def _already(page: Page, table: Desk, mistake: AlreadyImportedError) -> None:
    """The same file again is no error; one that was undone can be redone."""
    st.info(md(page.sentence(mistake)), icon=":material/file_copy:")
    if isinstance(mistake, UndoneImportError) and st.button(page.t("data.redo"), key="redo_known"):
        work.run(page.t("data.working"), lambda: page.ws.redo(str(mistake.fields["id"])))
        table.imported, table.mistake = str(mistake.fields["id"]), None
        table.clear()
        st.rerun()


def _open(page: Page, table: Desk, file: Arrival) -> None:
    """The open file, from its name to the button that imports it."""
    _name(page, table, file)
    if is_workspace(file):
        if keeping.offer_restore(page, file):
            table.clear()
            st.rerun()
        return
    try:
        with st.spinner(page.t("data.looking")):
            export = table.read(found.options(file.key))
    except AnalysisError as mistake:
        st.error(md(page.sentence(mistake)), title=page.t("data.stopped"))
        if found.may_mend(mistake):
            found.correct(page, file.key, None)
        return
    _step(1, page.t("data.found"))
    found.show(page, export)
    found.correct(page, file.key, export)
    _step(2, page.t("data.mapping"))
    st.caption(page.t("data.mapping_note"))
    with page.mistakes():
        choice = columns.choose(page, export, file.key)
    _import(page, table, export, choice)


def is_workspace(file: Arrival) -> bool:
    """Whether the file is a workspace that was saved; a workbook is a ZIP, too, and says so in its name."""
    return file.name.lower().endswith(".zip") and is_zipfile(file.path)


def _name(page: Page, table: Desk, file: Arrival) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        name = "" if page.names_hidden else f"**{md(file.name)}**　"
        st.markdown(f"{name}:gray[{figures.size(file.size)}]", width="content")
        if st.button(page.t("data.remove"), icon=":material/close:", type="tertiary", key="remove"):
            table.clear()
            table.mistake = None
            st.rerun()
    if len(table.files) > 1:
        st.caption(page.t("data.waiting", n=len(table.files) - 1))


def _step(number: int, words: str) -> None:
    st.markdown(f"### {number}　{words}")


def _import(page: Page, table: Desk, export: "Export", choice: Choice) -> None:
    """The button that says what will happen; the same file again is said before it."""
    try:
        page.ws.refuse_known(export.sha256, choice.mapping.kind, export.sheet)
    except AlreadyImportedError as mistake:
        _already(page, table, mistake)
        return
    ready = _ready(page, export, choice)
    st.caption(page.t("data.what_happens"))
    if st.button(_label(page, choice), type="primary", icon=":material/check:", disabled=not ready, key="import"):
        table.mistake = table.imported = table.failure = None
        table.job = work.Job(partial(_land, page.ws, export, choice, guard.who()))
        st.rerun()


def _land(ws: "Workspace", export: "Export", choice: Choice, who: str | None, progress: work.Progress) -> "Import":
    """The import, and then what makes the first answer quick."""
    added = ws.add(
        export,
        mapping=choice.mapping,
        as_of=choice.as_of,
        who=who,
        keep_original=choice.keep_original or None,
        progress=progress,
    )
    ws.prepare()
    return added


def _ready(page: Page, export: "Export", choice: Choice) -> bool:
    """Whether it can be imported so; if not, a sentence says what is lacking."""
    from analysis.exports.mapping import check

    if choice.missing:
        st.info(page.t("data.missing", roles=md("、".join(choice.missing))))
        return False
    try:
        check(export, choice.mapping)
    except AnalysisError as mistake:
        st.error(md(page.sentence(mistake)), icon=":material/error:")
        return False
    return True


def _label(page: Page, choice: Choice) -> str:
    kind = page.t(f"data.kind_{choice.mapping.kind}")
    if choice.as_of is None:
        return page.t("data.import_as", kind=kind)
    return page.t("data.import_as_of", kind=kind, day=figures.day(choice.as_of, page.lang))

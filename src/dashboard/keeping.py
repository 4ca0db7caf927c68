"""How much disk the workspace holds; saving it to one ZIP and restoring it."""

import streamlit as st

from dashboard import download_route, figures, guard, incoming, navigation, work
from dashboard.incoming import Arrival
from dashboard.page import Page

PARTS = ("tables", "refused", "originals", "derived", "catalog")


def show(page: Page) -> None:
    """Where the data lies, how large it is, and a ZIP of all of it."""
    st.subheader(page.t("data.keep"), anchor=False)
    st.caption(page.t("data.keep_note"))
    if not page.names_hidden:
        st.code(str(guard.folder()), language=None, wrap_lines=True)
    disk = page.ws.disk()
    with st.grid(6, min_column_width=130, gap="small"):
        for label, size in _sizes(page, disk):
            with st.container(gap=None):
                st.caption(label)
                st.markdown(f"**{figures.size(size)}**")
    st.caption(page.t("data.save_note"))
    if page.ws.imports():
        _save(page)


def _sizes(page: Page, disk: dict[str, int]) -> list[tuple[str, int]]:
    total = disk.get("total", sum(disk.values()))
    parts = [(page.t(f"data.disk_{part}"), disk.get(part, 0)) for part in PARTS]
    return [(page.t("data.disk_total"), total), *parts]


def _save(page: Page) -> None:
    """First the ZIP is made, then the browser fetches it: it may be large, and never passes through memory."""
    if st.button(page.t("data.save"), icon=":material/archive:", key="save"):
        with page.mistakes():
            path = incoming.of(guard.folder()).aside("zip")
            work.run(page.t("data.saving"), lambda: page.ws.save(path))
        address = download_route.offer(path, "genzaichi-workspace.zip")
        label = page.t("data.save_ready", size=figures.size(path.stat().st_size))
        st.link_button(label, address, icon=":material/download:", type="primary")


def offer_restore(page: Page, arrival: Arrival) -> bool:
    """For a file that is a saved workspace: restores it where nothing is in the way. True once it is done."""
    from analysis.workspace import Workspace

    st.markdown(page.t("data.restore_found"))
    if page.ws.imports():
        st.info(page.t("data.restore_full"), icon=":material/info:")
        label = page.t("app.nav_erase_data")
        st.page_link(navigation.page("erase_data"), label=label, query_params={"lang": page.lang})
        return False
    if not st.button(page.t("data.restore"), type="primary", icon=":material/unarchive:", key="restore"):
        return False
    with page.mistakes():
        work.run(page.t("data.restoring"), lambda: Workspace.restore(arrival.path, guard.folder()))
    return True

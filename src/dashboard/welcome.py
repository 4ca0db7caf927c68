"""Home before anything is there: the sample in one click, or one's own data."""

import streamlit as st

from dashboard import figures, navigation, sample, work
from dashboard.incoming import LIMIT
from dashboard.page import Page

_JOB = "_sample_job"


def show(page: Page) -> None:
    """Two ways to begin, where the data stays, and what one will see."""
    page.heading(page.t("app.name"), page.t("home.sentence"))
    with st.grid(2, min_column_width=300, gap="medium"):
        _sample(page)
        _own(page)
    st.caption(f":material/lock: {page.t('home.local')}")
    _questions(page)


def running(page: Page) -> bool:
    """True while the sample is brought in; its progress is then all there is to see."""
    job: work.Job | None = st.session_state.get(_JOB)
    if job is None:
        return False
    top = st.container()
    if not work.watch(job, lambda rows, part: page.t("data.progress", rows=rows, percent=figures.percent(part, 0))):
        del st.session_state[_JOB]
        with page.mistakes():
            job.outcome()
        st.rerun()  # else what stood here would stay beside the page until its last number is counted
    with top:
        page.heading(page.t("app.name"), page.t("home.sample_coming"))
    return True


def _sample(page: Page) -> None:
    with st.container(border=True, height="stretch", key="sample"):
        st.markdown(f"### {page.t('home.sample')}\n\n{page.t('home.sample_words')}")
        st.caption(page.t("home.sample_note"))
        label = page.t("home.sample_button")
        if st.button(
            label, type="primary", icon=":material/play_arrow:", disabled=not sample.is_installed(), key="bring"
        ):
            bring()


def bring() -> None:
    """Starts to import the sample; the page then shows how far it is."""
    st.session_state[_JOB] = work.Job(sample.bring)
    st.rerun()


def _own(page: Page) -> None:
    with st.container(border=True, height="stretch", key="own"):
        st.markdown(f"### {page.t('home.own')}\n\n{page.t('home.own_words')}")
        st.caption(page.t("home.own_note", limit=figures.size(LIMIT)))
        if st.button(page.t("home.own_button"), icon=":material/upload_file:", key="own_data"):
            st.switch_page(navigation.page("import_data"), query_params={"lang": page.lang})


def _questions(page: Page) -> None:
    """The questions that can be asked."""
    asked = [entry for entry in navigation.entries() if entry.group not in (None, "data")]
    if not asked:
        return
    st.subheader(page.t("home.questions"), anchor=False)
    with st.grid(3, min_column_width=240, gap="medium"):
        for entry in asked:
            with st.container(gap="small"):
                st.markdown(f"**{page.t(f'app.nav_{entry.name}')}**  \n:gray[{page.t(f'app.term_{entry.name}')}]")
                st.markdown(page.t(f"home.about_{entry.name}"))

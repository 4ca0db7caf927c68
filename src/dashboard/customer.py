"""The parts of the page of one customer: who it is, the few numbers, ranks and how they moved, what happened."""

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis.customers import ALL
from analysis.definitions import DEFINITIONS
from dashboard import customer_answers, downloads, figures, ranking_words, record_list, url
from dashboard.customer_answers import Customers
from dashboard.escape import md

if TYPE_CHECKING:
    from dashboard.page import Page

QUERY, CHOSEN = "q", "customer"
NOBODY = "-"
MOST = 50  # customers to choose from at once
DATES = ("first_order", "last_order", "contract_end")
DAYS = ("recency_days", "tenure_days", "interval_days", "days_since_visit")
MONEY = ("amount", "average_order", "open_amount")
COUNTS = ("orders", "products", "inquiries", "complaints", "visits", "active_users", "open_deals")  # of a unit
MEANING = (
    *("customer_amount", "customer_orders", "average_order", "customer_recency", "customer_interval"),
    *("customer_products", "customer_inquiries", "customer_visits", "customer_use", "customer_contract"),
    *("customer_deals", "customer_merge", "customer_rank"),
)


def choose(page: "Page") -> tuple[Customers, str | None]:
    """The bar of choices, and the customer that was looked up; stops where nobody is found."""
    answers = customer_answers.choose(page)
    with st.grid(2, min_column_width=260, key="look_up"):
        typed, picked = st.container(), st.container()
    with typed:
        query = url.url_text(page.t("customer.search"), QUERY, placeholder=page.t("customer.search_hint"))
    found = answers.found(query)
    codes = list(found.index[:MOST])
    asked = url.read(CHOSEN)
    if asked in found.index and asked not in codes:
        codes.insert(0, str(asked))
    nobody = not query and len(answers.nobody) > 0
    codes += [NOBODY] if nobody else []
    if not codes:
        st.info(page.t("customer.nobody_found", query=md(query)), icon=":material/search_off:")
        st.stop()
    shown = {code: page.t("customer.no_customer") if code == NOBODY else _option(answers, code) for code in codes}
    with picked:
        chosen = url.url_select(page.t("customer.which"), codes, shown.__getitem__, CHOSEN, codes[0])
    total = len(answers.index)
    words = page.t("customer.found", found=len(found), total=total) if query else page.t("customer.everybody", n=total)
    more = page.t("customer.first_of_them", n=MOST) if len(found) > MOST else ""
    st.caption(f"{words}{more}")
    return answers, None if chosen == NOBODY else chosen


def _option(answers: Customers, code: str) -> str:
    label = str(answers.index.loc[code, "label"])
    page = answers.page
    return label if page.names_hidden or label == code else page.t("customer.named", name=label, code=code)


def who(page: "Page", answers: Customers, customer: str | None) -> None:
    """The name, the ways in which it is written, and what the list of customers says."""
    name = page.t("customer.no_customer") if customer is None else _option(answers, customer)
    st.subheader(md(name), anchor=False)
    if customer is None:
        st.caption(page.t("customer.no_customer_note"))
        return
    others = answers.others(customer)
    if others:
        words = page.t("customer.merged", n=len(others))
        st.caption(words if page.names_hidden else words + md(page.t("pickers.comma").join(others)))
    told = answers.attributes(customer)
    if told:
        st.markdown("　".join(f":gray[{md(title)}] {md(value)}" for title, value in told))
    elif not page.ws.imports("customers"):
        st.caption(page.t("customer.no_list"))


def numbers(page: "Page", answers: Customers, customer: str | None) -> None:
    """Four numbers with their rank, and below them every measure there is."""
    row = answers.of(customer).to_dict("records")[0]
    ranks = answers.ranks(customer)
    noticed = [name for name in ("inquiries", "visits", "active_users", "products", "tenure_days") if name in row]
    with st.grid(4, min_column_width=150, key="customer_numbers"):
        for name in ("amount", "orders", "recency_days", noticed[0]):
            with st.container(gap=None):
                st.metric(measure(page, name), value(page, name, row[name], short=True))
                st.caption(_standing(page, ranks.get(name)))
    lines = [page.t("customer.until", day=figures.day(answers.shown_day, page.lang))]
    lines += [page.t("customer.not_compared")] if customer is not None and not answers.compared else []
    st.caption("  \n".join(lines))
    _all_numbers(page, answers, customer, row, ranks)


def _standing(page: "Page", rank: dict[str, Any] | None) -> str:
    """「16 位 / 412 社」 and where it was before."""
    if rank is None:
        return page.t("customer.no_rank")
    words = page.t("customer.rank", rank=int(rank["rank"]), of=int(rank["of"]))
    if pd.isna(rank.get("rank_before", float("nan"))):
        return words
    before = page.t("customer.rank", rank=int(rank["rank_before"]), of=int(rank["of_before"]))
    return f"{words}  \n{page.t('customer.before', rank=before)}"


def _all_numbers(
    page: "Page", answers: Customers, customer: str | None, row: dict[str, Any], ranks: dict[str, dict[str, Any]]
) -> None:
    there = [name for name in ALL if name in row]
    lines = []
    for name in there:
        rank = ranks.get(name, {})
        now = page.t("customer.rank", rank=int(rank["rank"]), of=int(rank["of"])) if rank else ""
        lines.append(
            {"measure": measure(page, name), "value": value(page, name, row[name]), "rank": now, **_moved(page, rank)}
        )
    frame = pd.DataFrame(lines)
    frame = frame.drop(columns=[name for name in ("rank", "before", "move") if not frame[name].any()])
    headers = {name: page.t(f"customer.column_{name}") for name in frame.columns}
    with st.container(
        horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", key="all_numbers"
    ):
        st.subheader(page.t("customer.all_numbers"), anchor=False, width="content")
        how(page)
        title = page.t("customer.file", name=customer or page.t("customer.no_customer"))
        downloads.button(
            page,
            frame,
            name=page.t("customer.all_numbers") if page.names_hidden else title,
            key="download_numbers",
            headers=headers,
            definitions=[*meanings(page), *answers.conditions()],
        )
    config: dict[str, Any] = {name: st.column_config.TextColumn(words) for name, words in headers.items()}
    config["measure"] = st.column_config.TextColumn(headers["measure"], pinned=True)
    st.dataframe(
        frame.replace("", figures.NONE),
        key="numbers",
        hide_index=True,
        height="content",
        column_config=config,
        placeholder="",
        alt=page.t("customer.all_numbers"),
    )
    st.caption("  \n".join(_lacking(page, answers)))


def _moved(page: "Page", rank: dict[str, Any]) -> dict[str, str]:
    if pd.isna(rank.get("rank_before", float("nan"))):
        new = bool(rank) and rank.get("change") == "new"
        return {"before": "", "move": page.t("customer.move_new") if new else ""}
    moved = rank["rank_change"]
    places = 0 if pd.isna(moved) else int(moved)
    before = page.t("customer.rank", rank=int(rank["rank_before"]), of=int(rank["of_before"]))
    word = "up" if places > 0 else "down" if places < 0 else "same"
    return {"before": before, "move": page.t(f"customer.move_{word}", n=abs(places))}


def _lacking(page: "Page", answers: Customers) -> list[str]:
    """Which table would tell more."""
    found = []
    for table, names in answers.lacking.items():
        measures = page.t("pickers.comma").join(measure(page, name) for name in names)
        there = [each for each in page.ws.imports(table) if each.active]
        key = "customer.lacks_column" if there else "customer.lacks_table"
        found.append(page.t(key, table=page.t(f"data.kind_{table}"), measures=measures))
    return found


def meanings(page: "Page") -> list[tuple[str, str]]:
    """Term and formula of every measure."""
    known = [DEFINITIONS[key] for key in MEANING if key in DEFINITIONS]
    return [(each.term(page.lang), each.words(page.lang)["formula"]) for each in known]


def how(page: "Page") -> None:
    """What every number of the page means."""
    with st.popover(page.t("customer.how"), type="tertiary", icon=":material/menu_book:", key="how_numbers"):
        rows = [[md(term), md(formula)] for term, formula in meanings(page)]
        st.table(pd.DataFrame(rows), border="horizontal", hide_index=True, hide_header=True)


def measure(page: "Page", name: str) -> str:
    """A measure in words."""
    return page.t(f"customer.measure_{name}")


def value(page: "Page", name: str, found: Any, *, short: bool = False) -> str:
    """A measure as a reader writes it; `short`: as a big number."""
    if figures.is_missing(found):
        return figures.NONE
    if name in DATES:
        return figures.day_short(found)
    if name in MONEY:
        return figures.amount(found, page.lang) if short else _money(float(found))
    if name in COUNTS:
        return ranking_words.value(page, name, found)
    if name == "active_rate":
        return figures.percent(found)
    if name in DAYS:
        return page.t("customer.days", n=f"{found:,.0f}" if float(found).is_integer() else f"{found:,.1f}")
    if name == "interval_change_days":
        return page.t("customer.days", n=f"{found:+,.1f}".replace(".0", ""))
    return str(found) if isinstance(found, str) else figures.count(found)


def _money(found: float) -> str:
    """Every figure; what lies behind the point only of small sums."""
    return f"{found:,.0f}" if found.is_integer() or abs(found) >= 1_000 else f"{found:,.2f}"


def timeline(page: "Page", answers: Customers, customer: str | None) -> None:
    """Everything that happened, the newest first."""
    found = answers.timeline(customer)
    words = {code: page.t(f"customer.event_{code}") for code in found["event"].unique()}
    frame = found.assign(event=found["event"].map(words), lines=found["lines"].where(found["lines"] > 0))
    if page.names_hidden:
        frame = frame.drop(columns=["text", "owner"])  # what people wrote, and who they are
    frame = frame.drop(
        columns=[name for name in frame.columns if name not in ("at", "event") and _is_empty(frame[name])]
    )
    record_list.show(
        page,
        frame,
        "visits",
        page.t("customer.timeline", n=len(frame)),
        key="timeline",
        headers={name: page.t(f"customer.column_{name}") for name in frame.columns},
        definitions=[*DEFINITIONS["customer_record"].rows(page.lang), *answers.conditions()],
    )


def _is_empty(column: pd.Series) -> bool:
    return bool(column.isna().all() or (column.isin([0, ""]) | column.isna()).all())

"""The parts of the page of products, from the choices to the customers behind each number."""

import json
from typing import TYPE_CHECKING, Any, cast

import pandas as pd
import streamlit as st

from analysis import charts
from analysis.definitions import DEFINITIONS
from analysis.product_groups import OTHER
from dashboard import (
    cells,
    counting,
    downloads,
    figures,
    missing,
    order_choices,
    periods,
    product_editor,
    record_list,
    records,
    theme,
    url,
)
from dashboard.product_answers import Products, kept

if TYPE_CHECKING:
    from dashboard.page import Page

REST = "rest"
MEASURE, MEASURES = "measure", ("amount", "customers", "orders")
DAYS, WINDOWS = "days", ("all", "30", "60", "90", "180", "365")
OPEN, BEGUN = "open", "begun"
SMALL = 30
WHOLE_FROM = 1_000  # from here on money is shown without a fraction


def choose(page: "Page") -> Products:
    """The bar of choices, and the groups themselves; stops where there are no orders, or none in the period."""
    missing.tables(page, ("orders",))
    span = page.ws.span("orders")
    assert span is not None, "`missing` stops the page without orders"
    _need_codes(page)
    groupings = kept(page)
    chosen: dict[str, Any] = {}

    def above() -> None:
        chosen["period"] = periods.choose(page, span[1], span[0], counting.fiscal_start(page))

    def beside() -> None:
        chosen["grouping"] = product_editor.choose(page, groupings)
        named = chosen["grouping"] is not None
        codes = ("code", "other") if named else ("code",)
        chosen["rest"] = url.peek_select(codes, REST, "code")
        if named:
            with st.popover(
                page.t(f"products.rest_{chosen['rest']}"), icon=":material/more_horiz:", key="popover_rest"
            ):
                chosen["rest"] = url.url_select(
                    page.t("products.rest"), codes, lambda code: page.t(f"products.rest_{code}"), REST, "code"
                )
        chosen["counted"] = order_choices.choose(page)

    build = cast("type[Products]", lambda *given: Products(*given, **chosen))
    answers = records.choose(page, "orders", build, most=0, above=above, beside=beside)
    product_editor.show(page, answers, groupings)
    if chosen["period"].start > span[1] or chosen["period"].end <= span[0]:
        missing.no_data(page, chosen["period"], *span)
    return answers


def _need_codes(page: "Page") -> None:
    """Stops where orders do not say what was bought."""
    with page.ws.read() as reader:
        if "product_code" in reader.columns("orders"):
            return
    st.info(page.t("products.no_codes"), icon=":material/info:")
    st.stop()


def headline(page: "Page", answers: Products) -> None:
    """The few numbers, and what stands beside them."""
    total = answers.total
    if not total or not int(total["rows"]) + int(total["returns"]):
        st.info(page.t("products.nothing"), icon=":material/info:")
        st.stop()
    numbers = {
        "amount": figures.amount(total["amount"], page.lang),
        "customers": page.t("products.n_customers", n=int(total["customers"])),
        "orders": page.t("products.n_orders", n=int(total["orders"])),
        "products": page.t("products.n_products", n=len(answers.each)),
    }
    with st.grid(4, min_column_width=150, key="headline"):
        for name, value in numbers.items():
            label = page.t(f"products.{name}")
            if name == "products" and answers.grouping is not None:
                label = page.t("products.lines")
            label += f" :gray-badge[{page.t('active_rate.partial')}]" if answers.partial and name == "amount" else ""
            st.metric(label, value)
    lines = [page.t("products.in_full", amount=f"{total['amount']:,.0f}")]
    if total["returns"]:
        lines.append(page.t("products.returns_of", n=int(total["returns"]), amount=f"{total['returned']:,.0f}"))
    if total["no_customer"]:
        lines.append(page.t("products.nobody", n=int(total["no_customer"])))
    st.caption(f"{'　'.join(lines)}  \n{answers.on_list()}")


def bought(page: "Page", answers: Products) -> None:
    """What is bought: bars of those that lead, and the table whose rows open their customers."""
    st.subheader(page.t("products.bought"), anchor=False)
    measure = url.url_select(
        page.t("products.measure"),
        MEASURES,
        lambda code: page.t(f"products.{code}"),
        MEASURE,
        "amount",
        widget=st.segmented_control,
        required=True,
        label_visibility="collapsed",
    )
    ordered = answers.each.sort_values([measure, "product"], ascending=[False, True], ignore_index=True)
    _bars(page, answers, ordered, measure)
    _table(page, answers, ordered)


def _bars(page: "Page", answers: Products, ordered: pd.DataFrame, measure: str) -> None:
    shown = ordered.head(charts.MOST_PRODUCTS)
    groups = {*(answers.grouping.names if answers.grouping else ())}
    rows = pd.DataFrame(
        {
            "key": [json.dumps(None if pd.isna(product) else product) for product in shown["product"]],
            "name": [answers.name(product) for product in shown["product"]],
            "value": shown[measure].astype(float),
            "said": [_said(page, value, measure) for value in shown[measure]],
            "part": ["other" if p == OTHER else "group" if p in groups else "code" for p in shown["product"]],
        }
    )
    event = theme.show(
        lambda palette: charts.product_bars(rows, palette=palette),
        charts.product_finding(rows, lang=page.lang),
        of=rows.to_csv(index=False) + page.lang,
        key=cells.marks(OPEN, "product_bars"),
        picks=charts.PICKED_PRODUCT,
    )
    chosen = ((event or {}).get("selection") or {}).get(charts.PICKED_PRODUCT) or []
    cells.pick(OPEN, [[json.loads(chosen[0]["key"]), 0], measure] if chosen else None)
    if len(ordered) > len(shown):
        st.caption(page.t("products.more_below", n=len(ordered) - len(shown)))


def _said(page: "Page", value: Any, measure: str) -> str:
    return figures.amount(value, page.lang) if measure == "amount" else figures.count(value)


def _table(page: "Page", answers: Products, ordered: pd.DataFrame) -> None:
    whole = answers.measures[answers.measures["level"] == 1]
    frame = pd.concat([ordered, whole], ignore_index=True)
    names = [answers.name(p, level) for p, level in zip(frame["product"], frame["level"], strict=True)]
    columns = ["amount", "share", "customers", "orders", "average_order", "returns"]
    shown = frame[columns].assign(share=[figures.percent(x) for x in frame["share"]])
    for money in ("amount", "average_order"):
        shown[money] = shown[money].astype(float).round(0 if shown["amount"].abs().max() >= WHOLE_FROM else 2)
    shown.insert(0, "product", names)
    number = st.column_config.NumberColumn
    config: dict[str, Any] = {
        name: number(page.t(f"products.{name}"), format="localized", step=1) for name in columns if name != "share"
    }
    config["share"] = st.column_config.TextColumn(page.t("products.share"), alignment="right")
    config["product"] = st.column_config.TextColumn(page.t("products.product"), pinned=True)
    rows = [[None if pd.isna(p) else p, int(level)] for p, level in zip(frame["product"], frame["level"], strict=True)]
    opened = cells.show(
        cells.with_total(shown),
        rows=rows,
        opens=[*columns, "product"],
        key=OPEN,
        config=config,
        alt=page.t("products.bought"),
    )
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(page.t("products.open_row"), width="content")
        downloads.button(
            page,
            answers.named(frame, "product").drop(columns="level"),
            name=page.t("products.file", span=str(answers.period).replace("..", "_")),
            key="download_products",
            headers={name: page.t(f"products.{name}") for name in (*frame.columns, "product_name") if name != "level"},
            formats={"share": "percent"},
            definitions=meanings(page, answers, "product_amount", "product_customers"),
        )
    if opened:
        (product, level), _ = opened
        found = answers.customers(product, level)
        name = page.t("products.who_bought", product=answers.name(product, level), n=len(found))
        people(page, answers, found, name, key="who_bought")


def first(page: "Page", answers: Products) -> None:
    """With what customers begin, and how many of them buy again."""
    st.subheader(page.t("products.first"), anchor=False)
    st.caption(page.t("products.first_is"))
    window = url.url_select(
        page.t("products.days"),
        WINDOWS,
        lambda code: page.t("products.days_all") if code == "all" else page.t("products.days_within", n=int(code)),
        DAYS,
        "all",
        width=260,
    )
    days = None if window == "all" else int(window)
    frame = answers.begun(days)
    if frame.empty:
        st.caption(page.t("products.no_first"))
        return
    hide = counting.hide_below(page)
    shown = _begun(answers, frame, hide, waiting=days is not None)
    opens = ["product", "customers", "again", "same_again", *(["waiting"] if days else [])]
    rows = [[None if pd.isna(p) else p, int(level)] for p, level in zip(frame["product"], frame["level"], strict=True)]
    config: dict[str, Any] = {
        name: st.column_config.TextColumn(page.t(f"products.first_{name}"), alignment="right") for name in shown.columns
    }
    config["product"] = st.column_config.TextColumn(page.t("products.first_product"), pinned=True)
    opened = cells.show(
        cells.with_total(shown), rows=rows, opens=opens, key=BEGUN, config=config, alt=page.t("products.first")
    )
    _under_first(page, answers, frame, days)
    if opened:
        (product, level), column = opened
        state = column if column in ("again", "same_again", "waiting") else "all"
        found = answers.beginners(product, level, state, days)
        if len(found) >= hide:
            name = page.t(f"products.began_{state}", product=answers.name(product, level), n=len(found))
            people(page, answers, found, name, key="who_began")


def _begun(answers: Products, frame: pd.DataFrame, hide: int, *, waiting: bool) -> pd.DataFrame:
    """The table of first purchases as it is read; a number of few customers says so, or is hidden."""
    lines = []
    for row in frame.to_dict("records"):
        small, hidden = 0 < int(row["observed"]) < SMALL, int(row["customers"]) < hide
        line = {"product": answers.name(row["product"], int(row["level"]))}
        line["customers"] = figures.HIDDEN if hidden else figures.count(row["customers"])
        line["again"] = figures.HIDDEN if hidden else figures.count(row["again"])
        line["repeat_rate"] = (
            figures.HIDDEN if hidden else figures.percent(row["repeat_rate"]) + (" ※" if small else "")
        )
        line["range"] = figures.HIDDEN if hidden else figures.interval(row["rate_low"], row["rate_high"])
        line["same_again"] = figures.HIDDEN if hidden else figures.count(row["same_again"])
        line["median_days"] = figures.HIDDEN if hidden else _days(row["median_days"])
        if waiting:
            line["waiting"] = figures.HIDDEN if hidden else figures.count(row["waiting"])
        lines.append(line)
    return pd.DataFrame(lines)


def _days(value: Any) -> str:
    return figures.NONE if figures.is_missing(value) else f"{value:,.0f}" if value % 1 == 0 else f"{value:,.1f}"


def _under_first(page: "Page", answers: Products, frame: pd.DataFrame, days: int | None) -> None:
    """What the signs mean, who stands twice, and the download."""
    each, whole = frame[frame["level"] == 0], frame[frame["level"] == 1]
    twice = int(each["customers"].sum()) - int(whole["customers"].sum())
    lines = [page.t("products.open_cell")]
    lines += [page.t("products.small")] if (frame["observed"] < SMALL).any() else []
    lines += [page.t("products.twice", n=twice)] if twice else []
    lines += [page.t("products.waiting_is", n=days)] if days else [page.t("products.not_yet")]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption("  \n".join(lines), width="content")
        downloads.button(
            page,
            answers.named(frame, "product").drop(columns="level"),
            name=page.t("products.file_first", span=str(answers.period).replace("..", "_")),
            key="download_first",
            headers={"product_name": page.t("products.product_name")}
            | {name: page.t(f"products.first_{name}") for name in frame.columns if name != "level"},
            formats=dict.fromkeys(
                ("repeat_rate", "rate_low", "rate_high", "same_rate", "same_low", "same_high", "share"), "percent"
            ),
            definitions=meanings(page, answers, "repeat_rate"),
        )


def people(page: "Page", answers: Products, frame: pd.DataFrame, title: str, *, key: str) -> None:
    """The customers behind a number, as many as it says, with their download."""
    headers = {
        name: page.t(f"products.column_{name}") for name in frame.columns if name not in ("customer_id", "order_id")
    }
    record_list.show(
        page,
        frame,
        "orders",
        title,
        key=key,
        headers=headers,
        definitions=meanings(page, answers),
        first=("customer_id",),
    )


def meanings(page: "Page", answers: Products, *keys: str) -> list[tuple[str, str]]:
    """What was counted, and the choices under which."""
    said = [row for key in ("product_groups", *keys) for row in DEFINITIONS[key].rows(page.lang)]
    return [*said, *answers.conditions()]

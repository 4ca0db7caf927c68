"""What is bought next, and what together: a matrix and a list whose cells open their customers."""

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis.product_groups import OTHER
from analysis.product_pairs import MOST
from dashboard import cells, counting, downloads, figures, products, theme, url
from dashboard.product_answers import Products

if TYPE_CHECKING:
    from dashboard.page import Page

AFTER, AFTERS = "after", ("first", "any")
TOGETHER, WAYS = "together", ("customer", "order")
NEXT, PAIR = "next", "pair"
WIDEST = 12  # lines and columns of the matrix
PAIRS = 50  # rows of the list; the download has all
SMALL = 30
STEPS = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5)  # shares from which a cell is a shade darker


def following(page: "Page", answers: Products) -> None:
    """From product to product: how many customers went which way."""
    st.subheader(page.t("products.next"), anchor=False)
    after = url.url_select(
        page.t("products.after"),
        AFTERS,
        lambda code: page.t(f"products.after_{code}"),
        AFTER,
        "first",
        widget=st.segmented_control,
        required=True,
        label_visibility="collapsed",
    )
    frame = answers.following(after)
    if frame.empty:
        st.caption(page.t("products.no_first"))
        return
    froms, tos = _ends(frame)
    opened = _matrix(page, answers, frame, froms, tos)
    _under_next(page, answers, frame, (froms, tos))
    if opened:
        start, code = opened
        way = (start, *tos[int(code[1:])])
        found = answers.movers(way, after)
        if len(found) and len(found) >= counting.hide_below(page):
            name = page.t(
                "products.went", start=_name(page, answers, start), end=_end(page, answers, way[1:]), n=len(found)
            )
            products.people(page, answers, found, name, key="who_went")


def _ends(frame: pd.DataFrame) -> tuple[list[Any], list[tuple[Any, int]]]:
    """The products to start from, and those to come to, the most frequent first; others, blank and nothing last."""
    starts = frame.groupby("from_product", dropna=False)["from_customers"].first()
    froms = sorted((_plain(p) for p in starts.index), key=lambda p: (p == OTHER, p is None, -_at(starts, p), str(p)))
    bought = frame[frame["nothing"] == 0].groupby("to_product", dropna=False)["customers"].sum()
    tos = sorted((_plain(p) for p in bought.index), key=lambda p: (p == OTHER, p is None, -_at(bought, p), str(p)))
    nothing = [(None, 1)] if (frame["nothing"] == 1).any() else []
    return froms[:WIDEST], [*((to, 0) for to in tos[:WIDEST]), *nothing]


def _plain(value: Any) -> Any:
    return None if pd.isna(value) else value


def _at(counts: pd.Series, product: Any) -> int:
    return int(counts[counts.index.isna()].iloc[0] if product is None else counts[product])


def _end(page: "Page", answers: Products, end: tuple[Any, int]) -> str:
    return page.t("products.nothing_yet") if end[1] else _name(page, answers, end[0])


def _name(page: "Page", answers: Products, product: Any) -> str:
    """A product; what the matrix does not tell apart is one, whether in a group or not."""
    return page.t("products.others") if product == OTHER else answers.name(product)


def _matrix(
    page: "Page", answers: Products, frame: pd.DataFrame, froms: list[Any], tos: list[tuple[Any, int]]
) -> tuple[Any, str] | None:
    hide = counting.hide_below(page)
    ways = {
        (_plain(row["from_product"]), _plain(row["to_product"]), int(row["nothing"])): row
        for row in frame.to_dict("records")
    }
    whole = {_plain(row["from_product"]): int(row["from_customers"]) for row in frame.to_dict("records")}
    lines = []
    for start in froms:
        small = whole[start] < SMALL
        line = {"from": _name(page, answers, start), "all": figures.count(whole[start]) + (" ※" if small else "")}
        for i, end in enumerate(tos):
            way = ways.get((start, *end))
            hidden = way is not None and way["customers"] < hide
            line[f"c{i}"] = figures.HIDDEN if hidden else _cell(way, small=small)
        lines.append(line)
    config: dict[str, Any] = {
        f"c{i}": st.column_config.TextColumn(_end(page, answers, end), alignment="right") for i, end in enumerate(tos)
    }
    config["from"] = st.column_config.TextColumn(page.t("products.from_to"), pinned=True)
    config["all"] = st.column_config.TextColumn(page.t("products.customers"), alignment="right")
    shares = [[_share(ways.get((start, *end)), whole[start], hide) for end in tos] for start in froms]
    return cells.show(
        _coloured(pd.DataFrame(lines), shares),
        rows=froms,
        opens=[f"c{i}" for i in range(len(tos))],
        key=NEXT,
        config=config,
        alt=page.t("products.next"),
    )


def _cell(way: Any, *, small: bool) -> str:
    """`288  12.0%`; of a few customers the number alone."""
    if way is None:
        return "0"
    count = figures.count(way["customers"])
    return count if small else f"{count}　{figures.percent(way['share'], 0)}"


def _share(way: Any, whole: int, hide: int) -> float:
    """The share that a cell is coloured by: none of few customers, of hidden ones, and of those who bought nothing."""
    return 0.0 if way is None or way["nothing"] or whole < SMALL or way["customers"] < hide else float(way["share"])


def _coloured(table: pd.DataFrame, shares: list[list[float]]) -> Any:
    colours = theme.tokens()

    def paint(row: pd.Series) -> list[str]:
        found = []
        for share in shares[int(row.name)]:
            step = sum(share >= edge for edge in STEPS)
            found.append(f"background-color:{colours['seq'][step - 1]};color:{colours['text']}" if step else "")
        return ["", "", *found]

    return table.style.apply(paint, axis=1)


def _under_next(page: "Page", answers: Products, frame: pd.DataFrame, ends: tuple[list[Any], list[Any]]) -> None:
    lines = [page.t("products.next_note")]
    if (frame["from_product"] == OTHER).any() or (frame["to_product"] == OTHER).any():
        lines.append(page.t("products.others_are", n=len(ends[0])))
    lines += [page.t("products.small")] if (frame["from_customers"] < SMALL).any() else []
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption("  \n".join(lines), width="content")
        ordered = frame.sort_values(
            ["from_customers", "from_product", "customers", "to_product"], ascending=[False, True, False, True]
        )
        named = _as_codes(page, answers, ordered)
        downloads.button(
            page,
            named,
            name=page.t("products.file_next", span=str(answers.period).replace("..", "_")),
            key="download_next",
            headers={name: page.t(f"products.next_{name}") for name in named.columns},
            formats={"share": "percent"},
            definitions=products.meanings(page, answers, "next_product"),
        )


def _as_codes(page: "Page", answers: Products, frame: pd.DataFrame) -> pd.DataFrame:
    """For a download: the ends as codes, with their names beside them, and in words where there is no code."""
    said = answers.named(frame, "from_product", "to_product")
    others, nothing = page.t("products.others"), page.t("products.nothing_yet")
    for end in ("from_product", "to_product"):
        said[end] = said[end].where(frame[end] != OTHER, others)
    said["to_product"] = said["to_product"].where(frame["nothing"] == 0, nothing)
    return said.drop(columns="nothing")


def together(page: "Page", answers: Products) -> None:
    """Pairs of products, with how many there would be by chance."""
    st.subheader(page.t("products.together"), anchor=False)
    with page.ws.read() as reader:
        ways = [way for way in WAYS if way == "customer" or "order_id" in reader.columns("orders")]
    how = url.url_select(
        page.t("products.how"),
        ways,
        lambda code: page.t(f"products.by_{code}"),
        TOGETHER,
        "customer",
        widget=st.segmented_control,
        required=True,
        label_visibility="collapsed",
    )
    every = answers.together(how)
    frame = every[every["both"] >= max(counting.hide_below(page), 1)].head(PAIRS)
    if frame.empty:
        st.caption(page.t("products.no_pairs"))
        return
    shown = pd.DataFrame(
        {
            "first": frame["first"].map(answers.name),
            "second": frame["second"].map(answers.name),
            "both": [figures.count(n) + (" ※" if n < SMALL else "") for n in frame["both"]],
            "expected": [f"{x:,.1f}" for x in frame["expected"]],
            "lift": [page.t("products.times", x=f"{x:,.1f}") for x in frame["lift"]],
            "confidence_first": [figures.percent(x) for x in frame["confidence_first"]],
            "confidence_second": [figures.percent(x) for x in frame["confidence_second"]],
        }
    )
    text = st.column_config.TextColumn
    config: dict[str, Any] = {name: text(page.t(f"products.pair_{name}"), alignment="right") for name in shown.columns}
    config["first"] = text(page.t("products.pair_first"), pinned=True)
    config["second"] = text(page.t("products.pair_second"))
    rows = [[first, second] for first, second in zip(frame["first"], frame["second"], strict=True)]
    opened = cells.show(
        shown, rows=rows, opens=list(shown.columns), key=PAIR, config=config, alt=page.t("products.together")
    )
    _under_pairs(page, answers, every, frame)
    if opened:
        first, second = opened[0]
        found = answers.buyers(first, second, how)
        name = page.t(f"products.both_{how}", first=answers.name(first), second=answers.name(second), n=len(found))
        products.people(page, answers, found, name, key="who_both")


def _under_pairs(page: "Page", answers: Products, every: pd.DataFrame, frame: pd.DataFrame) -> None:
    lines = [page.t("products.pair_note")]
    if len(every) > len(frame):
        lines.append(page.t("products.pairs_more", n=len(every) - len(frame)))
    if len(answers.each) > MOST:
        lines.append(page.t("products.pairs_among", n=MOST))
    lines += [page.t("products.small_pair")] if (frame["both"] < SMALL).any() else []
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption("  \n".join(lines), width="content")
        shares = ("support", "confidence_first", "confidence_second")
        downloads.button(
            page,
            answers.named(every, "first", "second"),
            name=page.t("products.file_pairs", span=str(answers.period).replace("..", "_")),
            key="download_pairs",
            headers={name: page.t(f"products.pair_{name}") for name in (*every.columns, "first_name", "second_name")},
            formats=dict.fromkeys(shares, "percent"),
            definitions=products.meanings(page, answers, "combination"),
        )

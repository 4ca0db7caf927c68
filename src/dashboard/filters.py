"""Only some people: values of dimensions, blank ones included, as a rule and in the URL."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from analysis.tables import KINDS
from dashboard import dimensions, url
from dashboard.dimensions import Dimension
from dashboard.escape import md
from dashboard.ordering import in_order

if TYPE_CHECKING:
    from dashboard.page import Page

KEY = "where"
MOST_VALUES = 500
MOST_DIMENSIONS = 12
Chosen = dict[str, list[str]]  # dimension -> values; "" is blank


def choose(page: "Page", known: Sequence[Dimension]) -> tuple[Chosen, list[str]]:
    """The popover 「絞り込み」, and what the URL asked for in vain."""
    labels = {each.code: each.label(page) for each in known}
    options = {each.code: _options(page, each) for each in _worth_reading(known)}
    wanted, vain = asked(options)
    present = {code: values for code in options if (values := _followed(code, wanted.get(code, [])))}
    with st.popover(
        sentence(page, present, labels), icon=":material/filter_alt:", key="popover_filters", on_change="rerun"
    ):
        chosen = {code: _values(page, code, labels[code], each) for code, each in options.items() if each}
        chosen = {code: values for code, values in chosen.items() if values}
    write(chosen)
    return chosen, vain


def _worth_reading(known: Sequence[Dimension]) -> list[Dimension]:
    """The dimensions of lists; those of a log only where they are looked at, because a long log takes its time."""
    open_now = bool(st.session_state.get("popover_filters"))
    named = {_parsed(part)[0] for part in url.read_list(KEY)}
    listed = [each for each in known if KINDS[each.kind].snapshot or open_now or each.code in named]
    return listed[:MOST_DIMENSIONS]


def rule(chosen: Mapping[str, Sequence[str]], more: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any] | None:
    """The rule that a metric takes; None where everybody counts."""
    parts = [{"column": code, "in": [value or None for value in values]} for code, values in chosen.items()]
    return {"all": [*parts, *more]} if parts or more else None


def asked(options: Mapping[str, Sequence[str]]) -> tuple[Chosen, list[str]]:
    """The filters of the URL that exist here, and the texts that do not fit."""
    found: Chosen = {}
    vain = []
    for part in url.read_list(KEY):
        column, values = _parsed(part)
        known = [value for value in values if value in options.get(column, ())]
        if known:
            found[column] = known
        if not known or len(known) < len(values):
            vain.append(column or part[:40])
    return found, vain


def write(chosen: Mapping[str, Sequence[str]]) -> None:
    """The filters as they stand in the URL: one JSON list a dimension, its name first, null for blank."""
    url.write(KEY, [_text(code, values) for code, values in chosen.items()])


def without(chosen: Mapping[str, Sequence[str]], code: str) -> Chosen:
    """Everything but one dimension's filter."""
    return {each: list(values) for each, values in chosen.items() if each != code}


def sentence(page: "Page", chosen: Mapping[str, Sequence[str]], labels: Mapping[str, str]) -> str:
    """「絞り込み：エリア = 関東・近畿、ユーザー区分 = 営業」."""
    if not chosen:
        return page.t("pickers.no_filter")
    return page.t("pickers.filter", conditions=conditions(page, chosen, labels))


def conditions(page: "Page", chosen: Mapping[str, Sequence[str]], labels: Mapping[str, str]) -> str:
    """`plain` as Markdown that shows it literally."""
    return md(plain(page, chosen, labels))


def plain(page: "Page", chosen: Mapping[str, Sequence[str]], labels: Mapping[str, str]) -> str:
    """「エリア = 関東・近畿、ユーザー区分 = 営業」; empty without filters."""
    comma, dot = page.t("pickers.comma"), page.t("pickers.dot")
    return comma.join(
        f"{labels.get(code, code)} = {dot.join(dimensions.value_label(page, value) for value in _short(values))}"
        for code, values in chosen.items()
    )


def _short(values: Sequence[str]) -> list[str]:
    return list(values) if len(values) <= 3 else [*values[:2], "…"]


def _options(page: "Page", dimension: Dimension) -> list[str]:
    """Its values in order; none where there are so many that they must be numbers of documents."""
    frame = dimensions.values(page.ws, dimension)
    found = frame["value"] if len(frame) <= MOST_VALUES else []
    return [value or "" for value in in_order(found)]


def _followed(code: str, wanted: list[str]) -> list[str]:
    """Sets the widget where the URL changed under it, and says what it is about to return."""
    key = f"where_{code}"
    if st.session_state.get(f"_{key}") != wanted or key not in st.session_state:
        st.session_state[key] = wanted
    url.hold(key)
    return list(st.session_state[key])


def _values(page: "Page", code: str, label: str, options: list[str]) -> list[str]:
    key = f"where_{code}"
    chosen = st.multiselect(
        md(label),
        options,
        format_func=lambda value: dimensions.value_label(page, value),
        key=key,
        placeholder=page.t("pickers.everyone"),
        select_all=False,
    )
    st.session_state[f"_{key}"] = list(chosen)
    return list(chosen)


def _text(code: str, values: Sequence[str]) -> str:
    return json.dumps([code, *(value or None for value in values)], ensure_ascii=False, separators=(",", ":"))


def _parsed(part: str) -> tuple[str, list[str]]:
    try:
        listed = json.loads(part)
    except (ValueError, RecursionError):
        return "", []
    if not isinstance(listed, list) or len(listed) < 2 or not all(isinstance(v, str | None) for v in listed):
        return "", []
    return listed[0] or "", [value or "" for value in listed[1:]]

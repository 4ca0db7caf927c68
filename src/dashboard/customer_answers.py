"""Everything that the page of one customer asks."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis.customer_ids import resolved
from analysis.customer_merge import canonical
from analysis.customer_names import customer_names
from analysis.customer_timeline import customer_timeline
from analysis.customers import ALL, missing_measures
from analysis.frames import fold
from dashboard import ranking_choices
from dashboard.customer_ranks import ranks_of
from dashboard.ranking_answers import BOARD, CUSTOMER, NAME, Rankings

if TYPE_CHECKING:
    from dashboard.page import Page


@dataclass(frozen=True)
class Customers(Rankings):
    """The choices of the page of one customer, and its questions; a customer is an id, None the rows of nobody."""

    @property
    def merges(self) -> dict[str, str]:
        """Way of writing -> the one that counts."""
        return dict(self.counted.get("merges") or {})

    @property
    def shown_day(self) -> date:
        """The day up to which days are counted: the last of the period, or of the data."""
        return min(self.period.last_day, self.as_of)

    @cached_property
    def written(self) -> pd.DataFrame:
        """Every id with every name beside it."""
        return self.page.run(customer_names)

    @cached_property
    def index(self) -> pd.DataFrame:
        """Who may be looked up, those first who bought most: `label`, and `plain` and `canonical` to search in."""
        ws, hidden = self.page.ws, self.page.names_hidden
        choices = [str(self.period), self.as_of.isoformat(), self.where, dict(self.counted), str(self.only)]
        key = json.dumps([str(ws.layout.root), ws.version, hidden, choices], default=str, sort_keys=True)
        written = self.written.iloc[:0] if hidden else self.written
        return _index(key, self.whole, self.names, written, self.merges)

    def found(self, query: str) -> pd.DataFrame:
        """The customers whose id or one of whose names holds what was typed, however it is written."""
        if not query:
            return self.index
        near = canonical(query)
        hit = self.index["plain"].str.contains(fold(query), regex=False)
        if near:
            hit |= self.index["canonical"].str.contains(near, regex=False)
        return self.index[hit]

    def of(self, customer: str | None) -> pd.DataFrame:
        """The line of one customer: attributes and measures."""
        return self.whole[self.whole[CUSTOMER].isna() if customer is None else self.whole[CUSTOMER] == customer]

    def attributes(self, customer: str | None) -> list[tuple[str, str]]:
        """What the list of customers says, as far as it may be shown."""
        there = [name for name in self.whole.columns if name not in (CUSTOMER, NAME, *ALL)]
        shown = self.page.mask(self.of(customer)[there], "customers").iloc[0]
        named = [(self.page.role("customers", name) if name == "owner" else name, shown[name]) for name in shown.index]
        return [(name, str(value)) for name, value in named if not pd.isna(value) and value != ""]

    def others(self, customer: str | None) -> list[str]:
        """The ways of writing that count as this customer."""
        return sorted(alias for alias, kept in resolved(self.merges).items() if kept == customer)

    def ranks(self, customer: str | None) -> dict[str, dict[str, Any]]:
        """Measure -> rank and field, now and in the period before, as far as there are any."""
        if customer is None:
            return {}
        measures = [name for name in BOARD if name in self.plain]
        return ranks_of(customer, self.plain, self.before if self.compared else None, measures)

    def timeline(self, customer: str | None) -> pd.DataFrame:
        """What happened, the newest first; what has no date stands last."""
        known = {name: value for name, value in self.counted.items() if value is not None}
        found = self.page.run(customer_timeline, customer, as_of=self.as_of, **known)
        return found.sort_values(
            ["at", "event", "reference"], ascending=[False, True, True], na_position="last", ignore_index=True
        )

    @property
    def lacking(self) -> dict[str, tuple[str, ...]]:
        """Table -> measures that are missing because it, or a column of it, is."""
        return missing_measures(self.whole.columns)


@st.cache_data(max_entries=8, show_spinner=False)
def _index(
    key: str,  # noqa: ARG001 (what it is remembered by)
    _whole: pd.DataFrame,
    _labels: pd.Series,
    _written: pd.DataFrame,
    _merges: Mapping[str, str],
) -> pd.DataFrame:
    kept = resolved(_merges)
    texts: dict[str, list[str]] = {}
    for name, label in _labels.items():
        texts[str(name)] = [str(label)]
    for row in _written.itertuples(index=False):
        mine = texts.get(kept.get(row.customer_id, row.customer_id))
        if mine is not None:
            mine += [row.customer_id, *([row.customer_name] if isinstance(row.customer_name, str) else [])]
    ordered = _whole.dropna(subset=[CUSTOMER]).sort_values(["amount", CUSTOMER], ascending=[False, True])[CUSTOMER]
    said = [list(dict.fromkeys(texts[name])) for name in ordered]
    return pd.DataFrame(
        {
            "label": [_labels[name] for name in ordered],
            "plain": ["\n".join(map(fold, each)) for each in said],
            "canonical": ["\n".join(map(canonical, each)) for each in said],
        },
        index=list(ordered),
        dtype="str",
    )


def choose(page: "Page") -> Customers:
    """The bar of choices that the rankings have, too: the same period, the same way to count, the same ranks."""
    answers = ranking_choices.choose(page)
    given = {each.name: getattr(answers, each.name) for each in fields(answers)}
    return Customers(**given)

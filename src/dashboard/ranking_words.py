"""How a rank, an amount and the other measures of a customer are written."""

from typing import TYPE_CHECKING

import pandas as pd

from analysis.errors import AnalysisError, EqualValuesError
from dashboard import figures

if TYPE_CHECKING:
    from dashboard.page import Page

# from which size on an amount is written shorter
SHORT = {
    "ja": ((1e12, "兆"), (1e8, "億"), (1e4, "万")),
    "en": ((1e9, "B"), (1e6, "M"), (1e3, "K")),
}


def place(page: "Page", rank: float | None, of: int) -> str:
    """「16 位 / 412 社」: a rank is never written without its field."""
    return figures.NONE if figures.is_missing(rank) else page.t("ranking.place", rank=int(rank), of=of)  # type: ignore[arg-type]


def value(page: "Page", measure: str, number: float | None) -> str:
    """A measure with its unit: 「41 件」, 「12 日」, 「75,600,000」."""
    if figures.is_missing(number):
        return figures.NONE
    return page.t(f"ranking.value_{measure}", n=plain(number))


def plain(number: float | None) -> str:
    """All digits, and decimals only where there are some."""
    if figures.is_missing(number):
        return figures.NONE
    rounded = round(float(number), 2)  # type: ignore[arg-type]
    return f"{rounded:,.0f}" if rounded == int(rounded) else f"{rounded:,.2f}".rstrip("0")


def amount(number: float, lang: str) -> str:
    """「8.4 億」, `9.75 M`: an amount as a big number, in the unit of the file, with three figures at least."""
    for size, unit in SHORT[lang]:
        if abs(number) >= size:
            whole = abs(number) / size
            short = f"{number / size:,.{2 if whole < 10 else 1 if whole < 100 else 0}f}"
            short = short.rstrip("0").rstrip(".") if "." in short else short
            return f"{short} {unit}"
    return plain(number)


def mistake(page: "Page", error: AnalysisError) -> str:
    """An error in words, a measure by what it is called on the page."""
    if isinstance(error, EqualValuesError):
        measure = str(error.fields["measure"])
        return page.sentence(EqualValuesError(page.t(f"ranking.measure_{measure}"), plain(error.fields["value"])))  # type: ignore[arg-type]
    return page.sentence(error)


def headers(page: "Page") -> dict[str, str]:
    """Column -> heading, of everything in a list of customers."""
    own = (
        *("customer", "customer_id", "rank", "of", "rank_change", "change", "share", "cumulative_share", "band"),
        *("outside", "why", "kind", "segment", "r", "f", "m", "recency_days", "frequency", "monetary", "score"),
        *("from_segment", "to_segment", "move"),
    )
    return {name: page.t(f"ranking.column_{name}") for name in own}


def known(values: pd.Series) -> pd.Series:
    """Whole numbers as such, whatever is missing among them."""
    return values.astype("Float64").round().astype("Int64")

"""Which column of a list holds the date of which phase of a deal."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from analysis.exports.mapping import Mapping
from analysis.exports.phases import dates_of
from analysis.pipeline import pipeline


def phase_dates(
    run: Callable[..., pd.DataFrame], mapping: Mapping, phases: Sequence[str] | None = None, **options: Any
) -> dict[str, str] | None:
    """Phase -> its column of dates, by their names; None where no name says so: what `pipeline` takes as `dates`.

    Args:
        run: gives the result of a metric over the list, such as `Workspace.run`.
        mapping: what the columns of the list are.
        phases, options: as `pipeline` is asked.
    """
    first = run(pipeline, phases, **options)
    placed = first.loc[first["position"].notna(), "phase"]
    return dates_of(placed, mapping.steps) or None

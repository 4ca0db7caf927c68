"""From one state to another: the colours of a matrix; its last line are those who came, its last column who left."""

from typing import Any

import pandas as pd

from dashboard import theme


def coloured(table: pd.DataFrame, *, better_first: bool = False) -> Any:
    """Up, down and stayed as the theme has them; nothing where nobody stands.

    Args:
        table: `label`, then `c0`, `c1` …: as many columns as lines.
        better_first: True where the states stand from the best down.
    """
    colours, last = theme.tokens(), len(table) - 1

    def paint(row: pd.Series) -> list[str]:
        at = int(row.name)
        found = [""]
        for column in range(last + 1):
            rises = column < at if better_first else column > at
            code = "stay" if at == column or last in (at, column) else "up" if rises else "down"
            colour = f"background-color:{colours[code]};color:{colours['text']}"
            found.append(colour if row[f"c{column}"] else f"color:{colours['muted']}")
        return found

    return table.style.apply(paint, axis=1)

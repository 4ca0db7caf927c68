"""The company's calendar: Japanese holidays of the two years, the summer and the year-end break."""

from datetime import date, timedelta

FIRST_DAY, LAST_DAY = date(2024, 4, 1), date(2026, 3, 31)

# Published by the Cabinet Office (国民の祝日); substitute holidays included.
HOLIDAYS = frozenset(
    map(
        date.fromisoformat,
        """2024-04-29 2024-05-03 2024-05-04 2024-05-05 2024-05-06 2024-07-15 2024-08-11 2024-08-12 2024-09-16
        2024-09-22 2024-09-23 2024-10-14 2024-11-03 2024-11-04 2024-11-23 2025-01-01 2025-01-13 2025-02-11
        2025-02-23 2025-02-24 2025-03-20 2025-04-29 2025-05-03 2025-05-04 2025-05-05 2025-05-06 2025-07-21
        2025-08-11 2025-09-15 2025-09-23 2025-10-13 2025-11-03 2025-11-23 2025-11-24 2026-01-01 2026-01-12
        2026-02-11 2026-02-23 2026-03-20""".split(),  # noqa: SIM905
    )
)


def days(first: date, last: date) -> list[date]:
    """Every day from `first` to `last`, both included."""
    return [first + timedelta(days=i) for i in range((last - first).days + 1)]


def is_year_end(day: date) -> bool:
    return (day.month, day.day) >= (12, 30) or (day.month, day.day) <= (1, 3)


def is_business_day(day: date) -> bool:
    return day.weekday() < 5 and day not in HOLIDAYS and not is_year_end(day)


def weight(day: date) -> float:
    """How likely a day is to be one of use: weekends and holidays a little, the summer break half."""
    if not is_business_day(day):
        return 0.01 if is_year_end(day) else 0.03
    if day.month == 8 and 13 <= day.day <= 15:
        return 0.5
    return 1.15 if day.weekday() == 0 else 1.0


# The eight quarters of fiscal years 2024 and 2025, each as (first day, last day).
QUARTERS = tuple(
    (date(year, month, 1), date(year, month + 2, 30 if month in (4, 7) else 31))
    for year, month in ((2024, 4), (2024, 7), (2024, 10), (2025, 1), (2025, 4), (2025, 7), (2025, 10), (2026, 1))
)
SUMMER, LATEST = 5, 7  # July-September 2025 and January-March 2026, by position in QUARTERS

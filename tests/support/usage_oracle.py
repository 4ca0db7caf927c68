"""The active rate family said again, day by day and with plain Python sets: what the metrics are held to."""

import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import duckdb
import pandas as pd

from analysis.period import Period
from analysis.tables import STATUS_INVALID

USER_COLUMNS = ("user_id", "area", "category", "valid_from", "valid_to", "status")
USE_COLUMNS = ("user_id", "occurred_at", "activity", "device")
CONNECTION = duckdb.connect()
ENGINES = {"pandas": lambda frame: frame, "duckdb": lambda frame: CONNECTION.from_df(frame)}


@dataclass(frozen=True)
class World:
    """Rosters by their day (one roster, day None, where there is no history), and what was done."""

    rosters: dict[date | None, list[dict]]
    uses: list[dict] = field(default_factory=list)

    def users_frame(self):
        rows = [{**row, "roster_as_of": day} for day, rows in self.rosters.items() for row in rows]
        columns = USER_COLUMNS if None in self.rosters else (*USER_COLUMNS, "roster_as_of")
        frame = pd.DataFrame(rows, columns=list(columns))
        days = [name for name in ("valid_from", "valid_to", "roster_as_of") if name in frame]
        texts = ["user_id", "area", "category", "status"]
        return frame.astype({**dict.fromkeys(days, "datetime64[us]"), **dict.fromkeys(texts, "str")})

    def activity_frame(self):
        frame = pd.DataFrame(self.uses, columns=list(USE_COLUMNS))
        texts = ["user_id", "activity", "device"]
        return frame.astype({"occurred_at": "datetime64[us]", **dict.fromkeys(texts, "str")})

    def frames(self, engine):
        convert = ENGINES[engine]
        return convert(self.users_frame()), convert(self.activity_frame())

    def roster_on(self, day):
        """The rows of the latest roster on or before the day; before the first roster, the first."""
        if None in self.rosters:
            return self.rosters[None]
        before = [taken for taken in self.rosters if taken <= day]
        return self.rosters[max(before) if before else min(self.rosters)]

    def standing(self, period, valid, where=None):
        """Every account of the rosters in force -> (its latest row, is it valid?)."""
        found = {}
        for day in checked_days(period, valid):
            for row in self.roster_on(day):
                was_valid = found.get(row["user_id"], (None, False))[1]
                found[row["user_id"]] = (row, was_valid or valid_on(row, day))
        return {user: pair for user, pair in found.items() if where is None or where(pair[0])}

    def valid(self, period, valid, where=None):
        """Valid users -> their attributes."""
        return {user: row for user, (row, is_valid) in self.standing(period, valid, where).items() if is_valid}

    def used(self, period, activities=None, where=None):
        """What counts as use in the period."""
        return [
            use for use in self.counted(activities, where) if period.start <= use["occurred_at"].date() < period.end
        ]

    def counted(self, activities=None, where=None):
        """What counts as use, whenever."""
        listed = None if activities is None else {blank(each) for each in activities}
        kept = [use for use in self.uses if listed is None or blank(use["activity"]) in listed]
        return [use for use in kept if where is None or where(use)]

    def cell(self, period, by, values, *, valid="end", activities=None, users_where=None, uses_where=None):
        """(valid, active) of one cell; by: names of dimensions, those of the activity among them."""
        mine = {name: value for name, value in zip(by, values, strict=True) if name not in USE_COLUMNS}
        theirs = {name: value for name, value in zip(by, values, strict=True) if name in USE_COLUMNS}
        people = {
            user
            for user, row in self.valid(period, valid, users_where).items()
            if all(blank(row[name]) == value for name, value in mine.items())
        }
        active = {
            use["user_id"]
            for use in self.used(period, activities, uses_where)
            if all(blank(use[name]) == value for name, value in theirs.items())
        }
        return len(people), len(people & active)

    def cells(self, period, by, *, valid="end", activities=None, users_where=None, uses_where=None):
        """Every cell that must be a row -> (valid, active)."""
        options = {"valid": valid, "activities": activities, "users_where": users_where, "uses_where": uses_where}
        mine = [name for name in by if name not in USE_COLUMNS]
        groups = {tuple(blank(row[name]) for name in mine) for row in self.valid(period, valid, users_where).values()}
        rows = [dict(zip(mine, group, strict=True)) for group in groups or (set() if by else {()})]
        for name in by:
            if name in USE_COLUMNS:
                values = {blank(use[name]) for use in self.used(period, activities, uses_where)}
                rows = [{**row, name: value} for row in rows for value in values]
        keys = {tuple(row[name] for name in by) for row in rows}
        return {key: self.cell(period, by, key, **options) for key in keys}

    @property
    def last_day(self):
        return max((use["occurred_at"].date() for use in self.uses), default=None)

    def is_partial(self, period):
        return self.last_day is None or period.end - timedelta(days=1) > self.last_day


def checked_days(period, valid):
    """The days on which an account may be valid."""
    days = [period.start + timedelta(days=i) for i in range((period.end - period.start).days)]
    return {"end": days[-1:], "start": days[:1], "any": days}[valid]


def valid_on(row, day):
    """Is the account valid on this day?"""
    status = unicodedata.normalize("NFKC", row["status"] or "").casefold().strip()
    begun = row["valid_from"] is None or row["valid_from"] <= day
    return begun and (row["valid_to"] is None or row["valid_to"] >= day) and status not in STATUS_INVALID


def blank(value):
    """None for what is blank."""
    return None if value in (None, "") or value != value else value


def records(result):
    """The rows of a result of any engine as dicts, None where blank."""
    if isinstance(result, duckdb.DuckDBPyRelation):
        result = result.df()
    on_spark = not isinstance(result, pd.DataFrame)  # which does not yet promise to get along with pandas 3
    rows = [row.asDict() for row in result.collect()] if on_spark else result.to_dict("records")
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value):
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return None
    return value


def keyed(result, *keys, drop=("rate_low", "rate_high")):
    """The rows of a result by their keys; a key that stands twice is a mistake."""
    rows = [{name: value for name, value in row.items() if name not in drop} for row in records(result)]
    found = {tuple(blank(row.pop(key)) for key in keys): row for row in rows}
    assert len(found) == len(rows), "a cell stands twice"
    return found


def rated(counts, partial):
    """What a metric returns for (valid, active)."""
    valid, active = counts
    return {
        "valid_users": valid,
        "active_users": active,
        "active_rate": active / valid if valid else None,
        "partial": partial,
    }


def account(user_id, area=None, category=None, valid_from=None, valid_to=None, status=None):
    """One row of a roster."""
    return dict(zip(USER_COLUMNS, (user_id, area, category, valid_from, valid_to, status), strict=True))


def use(user_id, at, activity=None, device=None):
    """One action; a moment or its text."""
    at = datetime.fromisoformat(at) if isinstance(at, str) else at
    return dict(zip(USE_COLUMNS, (user_id, at, activity, device), strict=True))


APRIL = Period(date(2026, 4, 1), date(2026, 5, 1))
QUARTER = Period(date(2026, 4, 1), date(2026, 7, 1))

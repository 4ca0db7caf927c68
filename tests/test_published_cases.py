"""Retention, lifecycle and stickiness that other tools publish in their tests and manuals, asked of ours.

Each test names project, file and case; the funnels stand in test_published_funnels.py. Where another tool means
something else by the word, our figure stands, and the test says the difference.
"""

from datetime import date, timedelta

import pytest
from usage_oracle import ENGINES, World, account, keyed, records, use

import analysis as an

engines = pytest.mark.parametrize("engine", ENGINES)


def where(name, *values):
    return {"column": name, "in": [*values]}


def visits(year, people, hour=12, **same):
    """Who -> the days ("06-10 06-11") of this year, or with a year of their own ("2019-12-09")."""
    return [
        use(who, f"{day if len(day) > 5 else f'{year}-{day}'} {hour:02}:00:00", **same)
        for who, days in people.items()
        for day in days.split()
    ]


def world(uses):
    """Everybody who did anything, always valid; the area of a person is their name, as a property to filter by."""
    return World({None: [account(who, who) for who in dict.fromkeys(each["user_id"] for each in uses)]}, uses)


# Retention


def triangle(result, column="retained_users"):
    """First day of the cohort -> the figures of age 0, 1, …"""
    found = {}
    for (start, _), row in sorted(keyed(result, "cohort_start", "age").items()):
        found.setdefault(f"{start:%m-%d}", []).append(row[column])
    return found


def partial_buckets(result):
    """First day of the buckets that any cell calls partial."""
    return {f"{row['period_start']:%m-%d}" for row in records(result) if row["partial"]}


# "alias1" of the source is the same person as "person1"
TEN_DAYS = visits(2020, {"p1": "06-10 06-11 06-12 06-15 06-15 06-16", "p2": "06-11 06-12 06-13 06-16"})
ELEVEN = an.Period.parse("2020-06-10..2020-06-20")


@engines
def test_everybody_active_on_a_day_is_its_cohort(engine):
    """PostHog, posthog/queries/test/test_retention.py, test_day_interval; a day without a cohort is no row of ours."""
    frames = world(TEN_DAYS).frames(engine)
    found = an.retention(*frames, ELEVEN, every="day", start="every", as_of=date(2020, 6, 20))
    assert triangle(found) == {
        "06-10": [1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0],
        "06-11": [2, 2, 1, 0, 1, 2, 0, 0, 0, 0],
        "06-12": [2, 1, 0, 1, 2, 0, 0, 0, 0],
        "06-13": [1, 0, 0, 1, 0, 0, 0, 0],
        "06-15": [1, 1, 0, 0, 0, 0],
        "06-16": [2, 0, 0, 0, 0],
    }
    assert partial_buckets(found) == set()


@engines
def test_retention_of_those_uses_only_that_a_filter_keeps(engine):
    """PostHog, test_retention.py, test_retention_with_properties: every second event has the property."""
    marked = [{**each, "device": "value" if i % 2 == 0 else None} for i, each in enumerate(TEN_DAYS)]
    options = {"every": "day", "start": "every", "as_of": date(2020, 6, 20), "where": where("device", "value")}
    assert triangle(an.retention(*world(marked).frames(engine), ELEVEN, **options)) == {
        "06-10": [1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0],
        "06-11": [1, 0, 1, 0, 0, 0, 0, 0, 0, 0],
        "06-12": [1, 0, 0, 1, 0, 0, 0, 0, 0],
        "06-13": [1, 0, 0, 0, 0, 0, 0, 0],
        "06-15": [1, 0, 0, 0, 0, 0],
    }


@engines
def test_retention_of_those_people_only_that_a_filter_keeps(engine):
    """PostHog, test_retention.py, test_retention_with_user_properties and test_filter_test_accounts."""
    options = {"every": "day", "start": "every"}
    frames, week = world(TEN_DAYS).frames(engine), an.Period.parse("2020-06-10..2020-06-16")
    assert triangle(an.retention(*frames, week, where=where("area", "p1"), **options)) == {
        "06-10": [1, 1, 1, 0, 0, 1, 1], "06-11": [1, 1, 0, 0, 1, 1], "06-12": [1, 0, 0, 1, 1],
        "06-15": [1, 1], "06-16": [1],
    }  # fmt: skip
    others = {"column": "area", "not_in": ["p1"]}
    assert triangle(an.retention(*frames, week, where=others, **options)) == {
        "06-11": [1, 1, 1, 0, 0, 1], "06-12": [1, 1, 0, 0, 1], "06-13": [1, 0, 0, 1], "06-16": [1],
    }  # fmt: skip


@engines
def test_who_signed_up_and_looked_again(engine):
    """PostHog, posthog/queries/test/test_retention.py, test_first_time_retention: their first figure is the cohort."""
    signed = {"x": "06-05 06-09", "p1": "06-09 06-11 06-12 06-13 06-14", "p2": "06-09", "p3": "06-10", "p4": "06-12"}
    looked = {"p1": "06-10 06-11 06-12 06-15 06-16", "p2": "06-11 06-12 06-13 06-16"}
    looked |= {"p3": "06-11 06-13 06-14 06-15", "p4": "06-13 06-15"}
    uses = visits(2020, signed, activity="signed up") + visits(2020, looked, activity="looked")
    found = an.retention(
        *world(uses).frames(engine),
        an.Period.parse("2020-06-09..2020-06-15"),
        every="day",
        start_activities="signed up",
        activities="looked",
        as_of=date(2020, 6, 15),
    )
    cohorts, again = triangle(found, "cohort_users"), triangle(found)
    assert {day: [cohorts[day][0], *kept[1:]] for day, kept in again.items()} == {
        "06-09": [2, 1, 2, 2, 1, 0, 1],
        "06-10": [1, 1, 0, 1, 1, 1],
        "06-12": [1, 1, 0, 1],
    }


@engines
def test_retention_by_month(engine):
    """PostHog, test_retention.py, test_month_interval, asked on 10 November: ours marks that month partial."""
    people = {
        "p1": "01-10 02-10 03-10 05-10 06-10 09-10",
        "p2": "01-10 02-10 03-10 06-10 07-10 11-10",
    }
    frames = world(visits(2020, people, hour=5)).frames(engine)
    found = an.retention(*frames, an.Period.parse("2020-01..2020-11"), start="every", as_of=date(2020, 11, 10))
    assert triangle(found) == {
        "01-01": [2, 2, 2, 0, 1, 2, 1, 0, 1, 0, 1],
        "02-01": [2, 2, 0, 1, 2, 1, 0, 1, 0, 1],
        "03-01": [2, 0, 1, 2, 1, 0, 1, 0, 1],
        "05-01": [1, 1, 0, 0, 1, 0, 0],
        "06-01": [2, 1, 0, 1, 0, 1],
        "07-01": [1, 0, 0, 0, 1],
        "09-01": [1, 0, 0],
        "11-01": [1],
    }
    assert partial_buckets(found) == {"11-01"}


@engines
def test_retention_by_week(engine):
    """PostHog, test_retention.py, test_week_interval: weeks from Sunday there, from Monday here.

    Both put the same people into each. The last week is known to its Saturday: ours marks its cells partial.
    """
    people = {"p1": "06-10 06-11 06-17 06-24 07-04 07-11", "p2": "06-10 06-11 06-17 07-04 07-11 07-25"}
    seven = an.Period.parse("2020-06-08..2020-07-26")
    found = an.retention(*world(visits(2020, people, hour=5)).frames(engine), seven, every="week", start="every")
    assert triangle(found) == {
        "06-08": [2, 2, 1, 2, 2, 0, 1], "06-15": [2, 1, 2, 2, 0, 1], "06-22": [1, 1, 1, 0, 0],
        "06-29": [2, 2, 0, 1], "07-06": [2, 0, 1], "07-20": [1],
    }  # fmt: skip
    assert partial_buckets(found) == {"07-20"}


@engines
def test_the_cohort_of_their_first_day(engine):
    """Azure Data Explorer, kusto/query/new-activity-metrics-plugin.md: 0.75, 0.75, 0.75, 1, 0 and 0.5, 0.5, 0.5, 0."""
    seen = {
        "0": "01 02 03 04 05", "1": "02 04 05", "2": "01 03 04 05",
        "3": "01 02 04 05", "4": "01 02 03 05", "5": "02 03",
    }  # fmt: skip
    frames = world(visits("2019-11", seen, hour=0)).frames(engine)
    found = an.retention(*frames, an.Period.parse("2019-11-01..2019-11-06"), every="day", as_of=date(2019, 11, 6))
    assert triangle(found) == {"11-01": [4, 3, 3, 3, 4, 0], "11-02": [2, 1, 1, 1, 0]}
    assert triangle(found, "retention_rate") == {"11-01": [1, 0.75, 0.75, 0.75, 1, 0], "11-02": [1, 0.5, 0.5, 0.5, 0]}


@engines
def test_the_cohort_of_their_first_month(engine):
    """retentioneering, tests/tooling/fixtures/cohorts_corr.py, matrix_MM_corr (input_1.csv); its -999 is our 0."""
    people = {
        "1": "2021-12-28 01-03 01-13 02-03", "2": "2021-12-28 01-04 01-15 02-04 04-04", "3": "01-05 02-05 04-05",
        "4": "01-06 02-06", "5": "01-07 02-07", "6": "01-08 02-08", "7": "02-06 03-06", "8": "02-07 04-07",
        "9": "02-08 03-08", "10": "03-03 04-03",
    }  # fmt: skip
    found = an.retention(*world(visits(2022, people, hour=0)).frames(engine), an.Period.parse("2021-12..2022-04"))
    assert triangle(found, "retention_rate") == {
        "12-01": [1, 1, 1, 0, 0.5], "01-01": [1, 1, 0, 0.25], "02-01": [1, 2 / 3, 1 / 3], "03-01": [1, 1],
    }  # fmt: skip
    assert partial_buckets(found) == {"04-01"}  # nothing is known behind the seventh


@engines
@pytest.mark.parametrize("start", ["first", "every"])
def test_eighty_and_of_them_fifty_and_sixty(engine, start):
    """ClickHouse, tests/queries/0_stateless/00688_aggregation_retention.sql; Databend, docs, RETENTION: 80, 50, 60."""
    days = {"2018-08-06": 80, "2018-08-07": 50, "2018-08-08": 60}
    uses = [use(f"u{n:02}", day) for day, count in days.items() for n in range(count)]
    found = an.retention(
        *world(uses).frames(engine), an.Period.parse("2018-08-06..2018-08-08"), every="day", start=start
    )
    assert triangle(found)["08-06"] == [80, 50, 60]


@engines
def test_the_curve_adds_up_the_cohorts_that_are_old_enough(engine):
    """Qurvo, apps/api/src/test/retention/retention.integration.test.ts, average_retention: 60 %, and 100, 0, 100 %."""
    days = an.Period.parse("2026-05-01..2026-05-03")
    weighted = {"a": "05-01 05-02", "b": "05-01 05-02", "c": "05-01", "d": "05-02 05-03", "e": "05-02"}
    curve = keyed(an.retention_curve(*world(visits(2026, weighted)).frames(engine), days, every="day"), "age")
    assert (curve[(1,)]["retained_users"], curve[(1,)]["cohort_users"]) == (2 + 1, 3 + 2)
    young = {"a": "05-01 05-03", "b": "05-02", "c": "05-03"}
    curve = keyed(an.retention_curve(*world(visits(2026, young)).frames(engine), days, every="day"), "age")
    assert {age: row["retention_rate"] for (age,), row in curve.items()} == {0: 1, 1: 0, 2: 1}


@engines
def test_who_first_came_before_the_period_is_in_no_cohort_of_first_use(engine):
    """Qurvo, retention.integration.test.ts, first_time: one person left out, one person retained."""
    people = {"early": "03-02 04-26 04-27", "new": "04-24 04-25"}
    days = an.Period.parse("2026-04-24..2026-04-26")
    found = an.retention(*world(visits(2026, people)).frames(engine), days, every="day", as_of=date(2026, 4, 30))
    assert triangle(found) == {"04-24": [1, 1, 0]}


@engines
def test_the_first_use_is_the_first_that_the_filter_keeps(engine):
    """Qurvo, retention.integration.test.ts, first_time with a filter: cohorts of day 6 and day 5, one person each.

    There the first event of all sets the cohort; ours (as PostHog's first occurrence that matches) looks only at
    what counts as use.
    """
    uses = [use("mixed", "2026-04-24", device="direct")]
    uses += [use("mixed", "2026-04-25", device="organic")]
    uses += [use("organic", f"2026-04-{day}", device="organic") for day in (25, 26)]
    days = an.Period.parse("2026-04-24..2026-04-26")
    options = {"every": "day", "where": where("device", "organic")}
    assert triangle(an.retention(*world(uses).frames(engine), days, **options)) == {"04-25": [2, 1]}


# Lifecycle


def states(result):
    """State -> its count in every bucket."""
    rows = [row for _, row in sorted(keyed(result, "period_start").items())]
    return {name: [row[name] for row in rows] for name in ("new", "returning", "resurrected", "dormant")}


FOUR = {"p1": "01-11 01-12 01-13 01-15 01-17 01-19", "p2": "01-09 01-12", "p3": "01-12", "p4": "01-15"}
EIGHT = an.Period.parse("2020-01-12..2020-01-19")


@engines
def test_a_lifecycle_by_day(engine):
    """PostHog, posthog/queries/test/test_lifecycle.py, test_lifecycle_trend; its dormant are negative."""
    frames = world(visits(2020, FOUR)).frames(engine)
    assert states(an.lifecycle(*frames, EIGHT, every="day")) == {
        "new": [1, 0, 0, 1, 0, 0, 0, 0],
        "returning": [1, 1, 0, 0, 0, 0, 0, 0],
        "resurrected": [1, 0, 0, 1, 0, 1, 0, 1],
        "dormant": [0, 2, 1, 0, 2, 0, 1, 0],
    }


@engines
@pytest.mark.parametrize(
    ("state", "day", "people"), [("returning", 13, {"p1"}), ("dormant", 13, {"p2", "p3"}), ("dormant", 14, {"p1"})]
)
def test_the_people_of_a_lifecycle(engine, state, day, people):
    """PostHog, test_lifecycle.py, test_lifecycle_trend_people: one returning; two dormant, then one."""
    frames, bucket = world(visits(2020, FOUR)).frames(engine), an.Period.parse(f"2020-01-{day}")
    assert {row["user_id"] for row in records(an.lifecycle_people(*frames, bucket, state=state))} == people


@engines
def test_a_lifecycle_from_the_first_day_on(engine):
    """PostHog, test_lifecycle.py, test_lifecycle_trend_all_time, asked on the 17th."""
    frames, days = world(visits(2020, FOUR)).frames(engine), an.Period.parse("2020-01-09..2020-01-17")
    found = an.lifecycle(*frames, days, every="day", as_of=date(2020, 1, 17))
    assert states(found) == {
        "new": [1, 0, 1, 1, 0, 0, 1, 0, 0],
        "returning": [0, 0, 0, 1, 1, 0, 0, 0, 0],
        "resurrected": [0, 0, 0, 1, 0, 0, 1, 0, 1],
        "dormant": [0, 1, 0, 0, 2, 1, 0, 2, 0],
    }
    assert [row["no_history"] for _, row in sorted(keyed(found, "period_start").items())] == [True] + [False] * 8


@engines
def test_a_lifecycle_by_week(engine):
    """PostHog, test_lifecycle.py, test_lifecycle_trend_weeks: from Monday, 3 February 2020."""
    people = {
        "p1": "02-01 02-05 02-10 02-15 02-27 03-02", "p2": "02-11 02-18", "p3": "02-12", "p4": "02-27",
    }  # fmt: skip
    frames, weeks = world(visits(2020, people)).frames(engine), an.Period.parse("2020-02-03..2020-03-15")
    assert states(an.lifecycle(*frames, weeks, every="week")) == {
        "new": [0, 2, 0, 1, 0, 0],
        "returning": [1, 1, 1, 0, 1, 0],
        "resurrected": [0, 0, 0, 1, 0, 0],
        "dormant": [0, 0, 2, 1, 1, 1],
    }


@engines
def test_a_lifecycle_by_month(engine):
    """PostHog, test_lifecycle.py, test_lifecycle_trend_months."""
    people = {
        "p1": "01-11 02-12 03-13 05-15 07-17 09-19", "p2": "2019-12-09 02-12", "p3": "02-12", "p4": "05-15",
    }  # fmt: skip
    frames, months = world(visits(2020, people)).frames(engine), an.Period.parse("2020-02..2020-09")
    assert states(an.lifecycle(*frames, months)) == {
        "new": [1, 0, 0, 1, 0, 0, 0, 0],
        "returning": [1, 1, 0, 0, 0, 0, 0, 0],
        "resurrected": [1, 0, 0, 1, 0, 1, 0, 1],
        "dormant": [0, 2, 1, 0, 2, 0, 1, 0],
    }


@engines
def test_a_lifecycle_of_one_filtered_person_or_of_all_but_that_one(engine):
    """PostHog, test_lifecycle.py, …_prop_filtering, …_person_prop_filtering, test_filter_test_accounts."""
    uses = [{**each, "device": "1" if each["user_id"] == "p1" else None} for each in visits(2020, FOUR)]
    frames = world(uses).frames(engine)
    for rule in (where("device", "1"), where("area", "p1")):
        assert states(an.lifecycle(*frames, EIGHT, every="day", where=rule)) == {
            "new": [0] * 8,
            "returning": [1, 1, 0, 0, 0, 0, 0, 0],
            "resurrected": [0, 0, 0, 1, 0, 1, 0, 1],
            "dormant": [0, 0, 1, 0, 1, 0, 1, 0],
        }
    others = an.lifecycle(*frames, EIGHT, every="day", where={"column": "area", "not_in": ["p1"]})
    assert states(others) == {
        "new": [1, 0, 0, 1, 0, 0, 0, 0],
        "returning": [0] * 8,
        "resurrected": [1, 0, 0, 0, 0, 0, 0, 0],
        "dormant": [0, 2, 0, 0, 1, 0, 0, 0],
    }


@engines
def test_a_lifecycle_of_one_person(engine):
    """PostHog, test_lifecycle.py, test_lifecycle_trends_distinct_id_repeat: two ids there, one account here."""
    frames = world(visits(2020, {"p1": "01-12 01-14 01-15 01-17 01-19"})).frames(engine)
    assert states(an.lifecycle(*frames, EIGHT, every="day")) == {
        "new": [1, 0, 0, 0, 0, 0, 0, 0],
        "returning": [0, 0, 0, 1, 0, 0, 0, 0],
        "resurrected": [0, 0, 1, 0, 0, 1, 0, 1],
        "dormant": [0, 1, 0, 0, 1, 0, 1, 0],
    }


@engines
def test_a_lifecycle_in_local_time(engine):
    """PostHog, test_lifecycle.py, test_timezones, US/Pacific: p1 was there twice on the 11th and not on the 12th."""
    first, second = use("p1", "2020-01-11 15:00"), use("p1", "2020-01-11 17:00")
    people = {**FOUR, "p1": "01-13 01-15 01-17 01-19"}
    frames = world([first, second, *visits(2020, people, hour=4)]).frames(engine)
    assert states(an.lifecycle(*frames, EIGHT, every="day")) == {
        "new": [1, 0, 0, 1, 0, 0, 0, 0],
        "returning": [0] * 8,
        "resurrected": [1, 1, 0, 1, 0, 1, 0, 1],
        "dormant": [1, 2, 1, 0, 2, 0, 1, 0],
    }


@engines
def test_who_comes_back_twice_is_resurrected_twice(engine):
    """Qurvo, lifecycle.edge-cases.integration.test.ts, multiple resurrection cycles."""
    frames = world(visits(2026, {"u": "05-01 05-03 05-05"})).frames(engine)
    days = an.Period.parse("2026-05-01..2026-05-06")
    assert states(an.lifecycle(*frames, days, every="day")) == {
        "new": [1, 0, 0, 0, 0, 0],
        "returning": [0] * 6,
        "resurrected": [0, 0, 1, 0, 1, 0],
        "dormant": [0, 1, 0, 1, 0, 1],
    }


@engines
def test_who_was_there_long_before_the_period_is_not_new(engine):
    """Qurvo, lifecycle.edge-cases.integration.test.ts, new vs resurrecting with deep history."""
    frames = world(visits(2026, {"u": "04-20 04-30", "v": "04-30"})).frames(engine)
    found = states(an.lifecycle(*frames, an.Period.parse("2026-04-27..2026-04-30"), every="day"))
    assert (found["new"], found["resurrected"]) == ([0, 0, 0, 1], [0, 0, 0, 1])


@engines
def test_use_that_the_filter_leaves_out_is_no_history(engine):
    """Qurvo, lifecycle.edge-cases.integration.test.ts, prior_active ignores eventFilterClause: resurrecting.

    There any earlier event makes a person known; ours counts as use only what the filter keeps, before too.
    """
    uses = [use("u", "2026-04-20", device="free"), use("u", "2026-04-29", device="premium")]
    days, rule = an.Period.parse("2026-04-27..2026-04-30"), where("device", "premium")
    found = states(an.lifecycle(*world(uses).frames(engine), days, every="day", where=rule))
    assert (found["new"], found["resurrected"]) == ([0, 0, 1, 0], [0, 0, 0, 0])


# Stickiness


def intervals(result):
    return {count: row["users"] for (count,), row in keyed(result, "intervals").items()}


@engines
@pytest.mark.parametrize(
    ("every", "days", "period"),
    [
        ("day", ("01-01", "01-02", "01-03", "01-05"), "2020-01-01..2020-01-08"),
        ("week", ("01-01", "01-08", "01-15", "01-29"), "2020-01-01..2020-02-15"),
        ("month", ("01-01", "02-01", "03-01", "05-01"), "2020-01-01..2020-09-08"),
    ],
)
def test_two_people_once_one_twice_one_three_times(engine, every, days, period):
    """PostHog, posthog/queries/test/test_stickiness.py, test_stickiness, …_weeks and …_months; p2 twice on one day."""
    one, two, three, five = days
    people = {"p1": one, "p2": f"{one} {two} {two}", "p3": f"{one} {two} {three}", "p4": five}
    found = an.active_intervals(*world(visits(2020, people)).frames(engine), an.Period.parse(period), every=every)
    assert intervals(found) == {1: 2, 2: 1, 3: 1}
    assert {row["active_users"] for row in records(found)} == {4}


@engines
def test_the_same_four_people_as_a_ratio(engine):
    """PostHog, test_stickiness.py, test_stickiness: 2 x 1 + 1 x 2 + 1 x 3 days of 8 days by 4 people."""
    people = {"p1": "01-01", "p2": "01-01 01-02 01-02", "p3": "01-01 01-02 01-03", "p4": "01-05"}
    frames, days = world(visits(2020, people)).frames(engine), an.Period.parse("2020-01-01..2020-01-08")
    (row,) = records(an.stickiness(*frames, days, as_of=date(2020, 1, 8)))
    assert (row["active_users"], row["units"], row["user_units"]) == (4, 8, 7)
    assert (row["average_active"], row["stickiness"]) == (7 / 8, pytest.approx(7 / 32))


NINE_AND_FIVE = {
    "p1": " ".join(f"01-{day}" for day in range(11, 20)),
    "p2": " ".join(f"01-{day}" for day in range(11, 20, 2)),
}


@engines
def test_nine_days_and_five_days(engine):
    """PostHog, hogql_queries/insights/test/test_stickiness_query_runner.py, test_interval_day, …_month, …_filtering."""
    browsers = {"p1": "Chrome", "p2": "Firefox"}
    uses = [{**each, "device": browsers[each["user_id"]]} for each in visits(2020, NINE_AND_FIVE)]
    frames, days = world(uses).frames(engine), an.Period.parse("2020-01-11..2020-01-20")
    assert intervals(an.active_intervals(*frames, days)) == {5: 1, 9: 1}
    assert intervals(an.active_intervals(*frames, days, every="month")) == {1: 2}
    assert intervals(an.active_intervals(*frames, days, where=where("device", "Chrome"))) == {9: 1}
    (row,) = records(an.stickiness(*frames, days, as_of=date(2020, 1, 20)))
    assert (row["user_units"], row["units"], row["stickiness"]) == (9 + 5, 10, pytest.approx((9 + 5) / 10 / 2))


@engines
def test_weeks_begin_on_monday_where_posthogs_begin_on_sunday(engine):
    """PostHog, test_stickiness_query_runner.py, test_interval_week: 11, 12-18 and 19 January are three weeks for both.

    With Monday as first day they are two: 11-12 and 13-19.
    """
    frames, days = world(visits(2020, NINE_AND_FIVE)).frames(engine), an.Period.parse("2020-01-11..2020-01-20")
    assert intervals(an.active_intervals(*frames, days, every="week")) == {2: 2}


@engines
def test_days_of_forty_five_and_several_visits_on_one_day(engine):
    """Qurvo, apps/api/src/test/stickiness/stickiness.integration.test.ts, over a 45-day range and on the same day."""
    first = date(2026, 3, 1)
    heavy = " ".join(f"{first + timedelta(days=n):%m-%d}" for n in range(0, 43, 2))
    light = f"{first:%m-%d} {first + timedelta(days=43):%m-%d}"
    frames = world(visits(2026, {"heavy": heavy, "light": light, "once": "03-05 03-05 03-05"})).frames(engine)
    period = an.Period(first, first + timedelta(days=45))
    assert intervals(an.active_intervals(*frames, period)) == {1: 1, 2: 1, 22: 1}


@engines
@pytest.mark.parametrize(("groups", "daily", "share"), [(4, 25, 0.25), (2, 50, 0.5), (1, 100, 1.0)])
def test_daily_of_monthly_people(engine, groups, daily, share):
    """RAXE, tests/unit/domain/analytics/test_statistics.py, calculate_stickiness: 25, 50 and 100 of 100 people.

    They come in turns, so that every day of February sees as many.
    """
    uses = [use(f"u{n}", f"2026-02-{day:02}") for n in range(100) for day in range(1, 29) if day % groups == n % groups]
    (row,) = records(an.stickiness(*world(uses).frames(engine), an.Period.parse("2026-02")))
    assert (row["average_active"], row["active_users"], row["stickiness"]) == (daily, 100, share)


@engines
def test_where_nobody_came_the_ratio_is_unknown_and_not_zero(engine):
    """RAXE, test_statistics.py, test_zero_mau_returns_zero; a ratio of ours without a denominator is null."""
    frames = world(visits(2026, {"u": "01-31 03-01"})).frames(engine)
    (row,) = records(an.stickiness(*frames, an.Period.parse("2026-02")))
    assert (row["active_users"], row["stickiness"]) == (0, None)

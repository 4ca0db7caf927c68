"""Funnels that the test suites and manuals of other tools publish, with their figures, asked of ours.

Each test names project, file and case. Where a source gives its events no time, they stand a minute apart, in
its order. Where another tool means something else by the word, our figure stands, and the test says the difference.
"""

from datetime import date, datetime, timedelta

import pandas as pd
import pytest
from usage_oracle import records

import analysis as an
from analysis.errors import FirstStepError, OptionalStepError, UnknownStepError

HOUR = 1 / 24


def log(*rows, **columns):
    """(who, when, what) each; when as text or a moment, a bare day is midnight."""
    found = pd.DataFrame(rows, columns=["user_id", "occurred_at", "activity"]).astype({"user_id": "str"})
    found["occurred_at"] = pd.to_datetime(found["occurred_at"], format="ISO8601").astype("datetime64[us]")
    return found.astype({"activity": "str"}).assign(**columns)


def walks(start="2021-05-01 00:00:00", apart=60, **people):
    """Who -> what they did, in this order, so many seconds apart: `a="x y"`."""
    begun = datetime.fromisoformat(start)
    return log(
        *(
            (who, begun + timedelta(seconds=apart * i), what)
            for who, path in people.items()
            for i, what in enumerate(path.split())
        )
    )


def portable(activity, steps, **options):
    return records(an.funnel(activity, steps, **options))


def arrays(activity, steps, **options):
    more = [name for name in activity.columns if name not in ("user_id", "occurred_at", "activity")]
    return records(an.FunnelArrays.prepare(activity, columns=more).funnel(steps, **options))


@pytest.fixture(params=[portable, arrays], ids=["portable", "arrays"])
def funnel(request):
    return request.param


def column(rows, name):
    return [row[name] for row in sorted(rows, key=lambda row: row["position"])]


def reached(rows):
    return column(rows, "reached")


def hours(rows, name="median_days"):
    return [days and pytest.approx(days / HOUR) for days in column(rows, name)]


def parts(rows, *by):
    """Group -> how many reach each step."""
    groups = {tuple(row[name] for name in by): [] for row in rows}
    for row in sorted(rows, key=lambda row: row["position"]):
        groups[tuple(row[name] for name in by)].append(row["reached"])
    return groups


def levels(funnel, activity, steps, **options):
    """Who -> the last step they reach, 0 for those who never enter: what `windowFunnel` gives."""
    found = dict.fromkeys(activity["user_id"], 0)
    for row in funnel(activity.assign(who=activity["user_id"]), steps, by="who", **options):
        found[row["who"]] += row["reached"]
    return found


def where(name, *values):
    return {"column": name, "in": [*values]}


def test_who_does_a_later_step_before_the_first_has_not_done_it(funnel):
    """PostHog, posthog/queries/funnels/test/test_funnel.py, test_funnel_events."""
    people = walks(
        stopped_after_signup="signup", stopped_after_pay="signup pay", completed="signup pay movie",
        just_did_movie="movie", wrong_order="pay signup movie",
    )  # fmt: skip
    assert reached(funnel(people, ["signup", "pay", "movie"], within=14)) == [4, 2, 1]
    two_steps = walks(a="signup", b="signup", c="signup movie", d="movie", e="movie signup")
    assert reached(funnel(two_steps, ["signup", "movie"], within=14)) == [4, 1]  # test_funnel_with_messed_up_order


def test_who_skips_a_step_that_is_not_optional_reaches_none_behind_it(funnel):
    """PostHog, test_funnel.py, test_funnel_skipped_step; z only makes "pay" a known activity."""
    assert reached(funnel(walks(a="signup movie", z="pay"), ["signup", "pay", "movie"], within=14)) == [1, 0, 0]


def test_a_step_that_nobody_ever_did_is_refused_where_others_count_zero(funnel):
    """PostHog, test_funnel.py, test_funnel_skipped_step without z: 1, 0, 0. Ours takes it for a slip of the pen."""
    with pytest.raises(UnknownStepError, match='"pay"'):
        funnel(walks(a="signup movie"), ["signup", "pay", "movie"])


def test_one_filter_for_every_step(funnel):
    """PostHog, test_funnel.py, test_funnel_prop_filters: browser = Safari."""
    people = walks(with_property="signup pay", without_property="signup pay", half_property="signup pay")
    people["browser"] = ["Safari", "Safari", None, None, "Safari", None]
    steps = [an.Step(name, where=where("browser", "Safari")) for name in ("signup", "pay")]
    assert reached(funnel(people, steps, within=14)) == [2, 1]


def test_a_filter_of_its_own_for_each_step(funnel):
    """PostHog, test_funnel.py, test_funnel_prop_filters_per_entity."""
    people = walks(with_property="signup pay movie", without_property="signup pay", half_property="signup pay movie")
    people["browser"] = ["Safari", "Safari", None, None, "Safari", None, None, None]
    safari, not_chrome = where("browser", "Safari"), {"column": "browser", "not_in": ["Chrome"]}
    steps = [
        an.Step("signup", where={"all": [safari, not_chrome]}),
        an.Step("pay", where=safari),
        an.Step("movie", where=where("browser", "Firefox")),
    ]
    assert reached(funnel(people, steps, within=14)) == [1, 1, 0]


def test_two_steps_of_one_activity_that_only_their_filters_part(funnel):
    """PostHog, test_funnel.py, test_funnel_multiple_actions and test_basic_funnel_with_derivative_steps."""
    person = walks(person1="event1 event2").assign(prop=[None, "a"])
    steps = ["event1", *(an.Step("event2", where=where("prop", value)) for value in "ac")]
    assert reached(funnel(person, steps, within=14)) == [1, 1, 0]
    people = walks(two="signup signup", one="signup").assign(key=["val", None, "val"])
    assert reached(funnel(people, [an.Step("signup", where=where("key", "val")), "signup"], within=14)) == [2, 1]


def test_pages_that_filters_part_are_steps_in_order(funnel):
    """PostHog, test_funnel.py, test_funnel_with_matching_properties; `page1` is $pageview with url aloha.com."""
    people = walks(
        a="signup", b="signup page1", c="signup page1 blah1 page2", d="signup page1 page2 page2 blah",
        e="signup page1 blah page2 page1 page2",
    )  # fmt: skip
    people["url"] = people["activity"].str.extract(r"(\d)$", expand=False)
    people["activity"] = people["activity"].str.rstrip("12")
    pages = [an.Step("page", where=where("url", value)) for value in "122"]
    assert reached(funnel(people, ["signup", *pages, "page"], within=14)) == [5, 4, 3, 2, 0]


@pytest.mark.parametrize("within", ["14d", "2w"])
def test_the_same_step_twice_needs_the_event_twice(funnel, within):
    """PostHog, test_funnel.py, test_basic_funnel_with_repeat_steps and …_with_repeat_step_updated_param."""
    assert reached(funnel(walks(two="signup signup", one="signup"), ["signup", "signup"], within=within)) == [2, 1]


def test_a_step_repeated_four_times_counts_only_what_follows_the_first_step(funnel):
    """PostHog, test_funnel.py, test_advanced_funnel_with_repeat_steps and …_out_of_order_events."""
    steps = ["signup", "page", "page", "page", "page"]
    in_order = walks(
        a="signup", b="signup page", c="signup page blah page", d="signup page blah page page blah",
        e="signup page page page page",
    )  # fmt: skip
    assert reached(funnel(in_order, steps, within=14)) == [5, 4, 3, 2, 1]
    out_of_order = walks(
        a="page signup", b="signup page", c="page signup blah page", d="blah page blah page signup page",
        e="signup page blah page page page", f="page blah page page page",
    )  # fmt: skip
    assert reached(funnel(out_of_order, steps, within=14)) == [5, 4, 1, 1, 1]


@pytest.mark.parametrize(
    ("within", "soon", "late"), [(7, timedelta(days=1), timedelta(days=9)), (15, timedelta(0, 10), timedelta(0, 20))]
)
def test_a_window_in_days_and_in_seconds(funnel, within, soon, late):
    """PostHog, test_funnel.py, test_funnel_conversion_window and …_window_seconds; z only makes "three" known."""
    begun = datetime(2021, 5, 1)
    rows = [(f"user_{i}", begun, "one") for i in range(25)]
    rows += [(f"user_{i}", begun + (soon if i < 10 else late), "two") for i in range(25)]
    longest = timedelta(days=within) if within == 7 else timedelta(seconds=within)
    found = funnel(log(*rows, ("z", begun, "three")), ["one", "two", "three"], within=longest, as_of=date(2021, 5, 14))
    assert reached(found) == [25, 10, 0]
    assert column(found, "lost") == [0, 15, 25]


def test_a_window_of_five_minutes_includes_the_fifth(funnel):
    """PostHog, conversion_time_cases.py, test_funnel_times_with_different_conversion_windows: 600 s and 300 s."""
    people = log(
        ("a", "2020-01-02 14:00", "signup"), ("a", "2020-01-02 14:05", "page"),
        ("b", "2020-01-02 14:03", "signup"),
        ("c", "2020-01-02 12:00", "signup"), ("c", "2020-01-02 12:15", "page"),
    )  # fmt: skip
    wide, narrow = (funnel(people, ["signup", "page"], within=within) for within in ("14d", "5m"))
    assert (reached(wide), hours(wide)) == ([3, 2], [None, 600 / 3600])
    assert (reached(narrow), hours(narrow)) == ([3, 1], [None, 300 / 3600])


def test_times_are_of_the_attempt_that_went_furthest(funnel):
    """PostHog, conversion_time_cases.py, test_funnel_with_multiple_incomplete_tries: an hour, not two or three."""
    person = log(
        ("a", "2021-05-01 01:00", "signup"), ("a", "2021-05-01 02:00", "page"), ("a", "2021-05-01 03:00", "else"),
        ("a", "2021-05-03 04:00", "signup"), ("a", "2021-05-03 05:00", "page"),
        ("a", "2021-05-04 07:00", "signup"), ("a", "2021-05-04 10:00", "page"),
    )  # fmt: skip
    found = funnel(person, ["signup", "page", "else"], within=1, period=an.Period.parse("2021-05-01..2021-05-14"))
    assert (reached(found), hours(found)[1]) == ([1, 1, 1], 1)


def test_the_median_time_from_step_to_step(funnel):
    """PostHog, conversion_time_cases.py, test_funnel_step_conversion_times: 7,200 s and 5,400 s."""
    people = log(
        ("a", "2020-01-01 12:00", "signup"), ("a", "2020-01-01 13:00", "movie"), ("a", "2020-01-01 15:00", "buy"),
        ("b", "2020-01-02 14:00", "signup"), ("b", "2020-01-02 16:00", "movie"),
        ("c", "2020-01-02 14:00", "signup"), ("c", "2020-01-02 16:00", "movie"), ("c", "2020-01-02 17:00", "buy"),
    )  # fmt: skip
    assert hours(funnel(people, ["signup", "movie", "buy"], within=7)) == [None, 2, 1.5]


def test_at_one_moment_nothing_follows_where_posthog_lets_it(funnel):
    """PostHog, test_funnel.py, test_funnel_with_different_actions_at_same_time_count_as_converted: 2, 1.

    Ours asks for a strictly later moment, as ClickHouse does with `strict_increase`.
    """
    people = log(("a", "2020-01-03", "signup"), ("a", "2020-01-03", "page"), ("b", "2020-01-03", "signup"))
    assert reached(funnel(people, ["signup", "page"])) == [2, 0]


ENTRIES = log(
    ("one", "2021-05-01", "1"), ("one", "2021-05-03", "2"), ("one", "2021-05-05", "3"),
    ("two", "2021-05-02", "1"), ("two", "2021-05-04", "2"),
    ("three", "2021-05-06", "1"), ("four", "2021-05-06", "none"),
    ("five", "2021-05-01 01:00", "1"), ("five", "2021-05-01 02:00", "2"), ("five", "2021-05-01 03:00", "3"),
    ("six", "2021-05-01", "1"), ("six", "2021-05-03", "2"), ("six", "2021-05-05", "3"),
    ("seven", "2021-05-02", "1"), ("seven", "2021-05-04", "2"),
)  # fmt: skip


@pytest.mark.parametrize(("within", "came"), [(7, 3), (1, 1)])
def test_the_day_of_entry_decides_whatever_the_day_of_arrival(funnel, within, came):
    """PostHog, test_funnel_trends.py, test_all_results_for_day_interval and test_window_size_one_day."""
    days = [date(2021, 5, day) for day in range(1, 8)]
    found = [
        reached(funnel(ENTRIES, ["1", "2", "3"], period=an.Period(day, day + timedelta(1)), within=within))
        for day in days
    ]
    assert [(first, last) for first, _, last in found] == [(3, came), (2, 0), (0, 0), (0, 0), (0, 0), (1, 0), (0, 0)]


def test_one_person_enters_anew_in_every_period(funnel):
    """PostHog, test_funnel_trends.py, test_one_person_in_multiple_periods_and_windows."""
    people = log(
        ("one", "2021-05-01 01:00", "1"), ("one", "2021-05-01 02:00", "2"), ("one", "2021-05-01 03:00", "3"),
        ("one", "2021-05-03 01:00", "1"), ("one", "2021-05-03 02:00", "2"),
        ("one", "2021-05-04 11:00", "1"), ("one", "2021-05-04 12:00", "2"), ("one", "2021-05-04 13:00", "3"),
        ("two", "2021-05-04 18:00", "1"),
    )  # fmt: skip
    found = [
        reached(funnel(people, ["1", "2", "3"], period=an.Period.parse(f"2021-05-0{day}"), within=1))
        for day in range(1, 5)
    ]
    assert [(first, last) for first, _, last in found] == [(1, 1), (0, 0), (1, 0), (2, 1)]


def test_who_entered_before_the_period_in_local_time_is_not_in_it(funnel):
    """PostHog, test_funnel.py, test_timezones: 2020-01-01T01:00Z is the last day of 2019 in Los Angeles."""
    person = log(("user_1", "2019-12-31 17:00", "signup"), ("z", "2020-01-01", "paid"))
    assert reached(funnel(person, ["signup", "paid"], period=an.Period.parse("2020-01-01..2020-01-14"))) == [0, 0]


def test_optional_steps_may_be_skipped_and_are_counted(funnel):
    """PostHog, hogql_queries/insights/funnels/test/test_funnel_udf.py, test_funnel_with_optional_steps."""
    people = walks(
        step1="1", step123="1 2 3", step13="1 3", step12345="1 2 3 4 5", step1235="1 2 3 5", step134="1 3 4",
        step1345="1 3 4 5", step135="1 3 5",
    )  # fmt: skip
    steps = ["1", an.Step("2", optional=True), "3", an.Step("4", optional=True), "5"]
    assert reached(funnel(people, steps)) == [8, 3, 7, 3, 4]
    with pytest.raises(FirstStepError):  # test_funnel_validation_rules.py: first_step_optional
        funnel(people, [an.Step("1", optional=True), "2"])
    with pytest.raises(OptionalStepError):  # and unsupported_feature_combination: only in order or strict
        funnel(people, steps, order="unordered")


def test_an_optional_step_of_one_funnel_of_r(funnel):
    """funneljoin (R), tests/testthat/test_optional_funnel.R: of 3, 2 lack the course; 1 lacks the project, or 2."""
    people = log(
        (1, "2018-07-01", "course"), (1, "2018-07-04", "project"), (2, "2018-07-01", "course"),
        (2, "2018-06-05", "project"), (3, "2018-07-02", "course"), (4, "2018-07-01", "course"),
        (4, "2018-07-04", "subscription"), (5, "2018-07-10", "course"), (5, "2018-07-12", "subscription"),
        (5, "2018-07-15", "project"), (6, "2018-07-07", "subscription"), (6, "2018-07-08", "course"),
        (6, "2018-07-11", "project"),
    )  # fmt: skip
    assert reached(funnel(people, ["subscription", an.Step("course", optional=True), "project"])) == [3, 1, 2]
    assert reached(funnel(people, ["subscription", "course", "project"])) == [3, 1, 1]


def test_an_optional_step_is_reached_if_any_attempt_has_it(funnel):
    """PostHog, test_funnel_udf.py, test_funnel_with_optional_steps_same_event: 4, 2, 1, 1.

    There, of the two ways through `same same(url) same` only the furthest counts, and it skips the second step;
    ours counts a step that some attempt reaches, as for every other step.
    """
    people = walks(one="same", two="same same", three="same same same", match="same same same")
    people["url"] = [None] * 7 + ["url", None]
    steps = ["same", an.Step("same", optional=True), an.Step("same", where=where("url", "url")), "same"]
    assert reached(funnel(people, steps)) == [4, 3, 1, 1]


def test_strict_stops_at_whatever_lies_between(funnel):
    """PostHog, test_funnel_strict.py, test_basic_strict_funnel: seven, then p3 and p7, then p7."""
    people = walks(
        p1="signup", p2="page signup", p3="signup page blah insight", p4="insight blah page signup",
        p5="page signup blah page insight", p6="blah signup blah page", p7="blah signup page insight blah",
        p8="insight page",
    )  # fmt: skip
    steps = ["signup", "page", "insight"]
    assert reached(funnel(people, steps, order="strict", within=14)) == [7, 2, 1]
    assert levels(funnel, people, steps, order="strict") == {
        "p1": 1, "p2": 1, "p3": 2, "p4": 1, "p5": 1, "p6": 1, "p7": 3, "p8": 0,
    }  # fmt: skip


def test_strict_with_filters_and_a_first_step_that_is_repeated(funnel):
    """PostHog, test_funnel_strict.py, test_advanced_strict_funnel; the key of an event stands behind the colon."""
    people = walks(
        p1="signed", p2="signed $page", p3="signed sign:val sign:val2 $page blah insight",
        p4="blah signed sign:val $page:val blah", p5="blah signed sign:val $page blah",
        p6="blah signed sign:val $page page:val1", p7="blah signed sign:val $page signed page:val",
        p8="blah signed signed sign:val $page page:val",
    )  # fmt: skip
    people[["activity", "key"]] = people["activity"].str.split(":", expand=True)
    val = where("key", "val")
    steps = ["signed", an.Step("sign", where=val), "$page", an.Step("page", where=val)]
    assert reached(funnel(people, steps, order="strict", within=14)) == [8, 6, 5, 1]


def test_the_median_times_of_a_strict_funnel(funnel):
    """PostHog, test_funnel_strict.py, test_basic_strict_funnel_conversion_times: 5,400 s and 7,200 s."""
    people = log(
        ("a", "2021-05-02 00:00", "signup"), ("b", "2021-05-02 00:00", "signup"), ("b", "2021-05-02 01:00", "page"),
        ("c", "2021-05-02 00:00", "signup"), ("c", "2021-05-02 02:00", "page"), ("c", "2021-05-02 04:00", "insight"),
    )  # fmt: skip
    week = an.Period.parse("2021-05-01..2021-05-07")
    found = funnel(people, ["signup", "page", "insight"], order="strict", period=week)
    assert (reached(found), hours(found)) == ([3, 2, 1], [None, 1.5, 2])


def test_unordered_counts_how_many_different_steps_were_done(funnel):
    """PostHog, test_funnel_unordered.py, test_basic_unordered_funnel and test_big_multi_step_unordered_funnel."""
    three = walks(
        p1="signup", p2="page signup", p3="signup page blah insight", p4="insight page signup",
        p5="page signup blah insight", p6="blah insight", p7="page blah", p8="insight page",
    )  # fmt: skip
    steps = ["signup", "page", "insight"]
    assert reached(funnel(three, steps, order="unordered", within=14)) == [8, 5, 3]
    four = walks(
        p1="signup", p2="page cry", p3="signup page blah insight", p4="insight cry signup",
        p5="page signup cry insight", p6="blah insight", p7="page blah", p8="insight page",
    )  # fmt: skip
    assert reached(funnel(four, [*steps, "cry"], order="unordered", within=14)) == [8, 5, 3, 1]


def test_unordered_times_are_of_the_first_of_two_full_rounds_not_their_mean(funnel):
    """PostHog, test_funnel_unordered.py, test_basic_unordered_funnel_conversion_times: 3, 2, 1 people.

    Its times average the rounds of a person (1.75 and 2.5 hours); ours are of the earliest of the furthest.
    """
    rounds = ["02 00 insight", "02 02 signup", "02 04 page", "03 00 page", "03 03 insight", "03 06 signup"]
    events = [("a", "02 00 signup"), ("b", "02 00 page"), ("b", "02 01 signup"), *(("c", each) for each in rounds)]
    people = log(*((who, f"2021-05-{each[:5]}:00", each[6:]) for who, each in events))
    found = funnel(people, ["signup", "page", "insight"], order="unordered", within=1)
    assert (reached(found), hours(found)) == ([3, 2, 1], [None, 1.5, 2])


def test_unordered_may_be_entered_at_any_step(funnel):
    """Qurvo, apps/api/src/test/funnel/funnel.unordered-step0-required.integration.test.ts: 0, 0, 0.

    There the first step is needed to enter; in ours and in PostHog's (above) any of the steps enters.
    """
    people = log(("a", "2026-05-01", "onboarding"), ("a", "2026-05-02", "purchase"), ("z", "2026-01-01", "signup"))
    may = an.Period.parse("2026-05")
    found = funnel(people, ["signup", "onboarding", "purchase"], order="unordered", within=7, period=may)
    assert reached(found) == [1, 1, 0]


@pytest.mark.parametrize("order", ["in_order", "unordered"])
@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ("-34 signup, -2 signup, 0 purchase", ([1, 1], 2)),
        ("-10 signup, -8 signup, 0 purchase", ([1, 0], None)),
        ("-15 signup, -9 onboarding, -5 signup, -3 onboarding, 0 purchase", ([1, 1, 1], 5)),
        ("-20 signup, -15 onboarding, -5 signup, -3 onboarding, 0 purchase", ([1, 1, 1], 5)),
    ],
)
def test_a_second_attempt_may_succeed_where_the_first_failed(funnel, order, events, expected):
    """Qurvo, funnel.ordered-retry-avg-time and funnel.unordered-retry .integration.test.ts: a window of 7 days."""
    rows = [each.split() for each in events.split(", ")]
    person = log(*(("a", date(2026, 3, 1) + timedelta(int(day)), what) for day, what in rows))
    steps = [name for name in ("signup", "onboarding", "purchase") if name in [*person["activity"]]]
    found = funnel(person, steps, order=order, within=7)
    assert (reached(found), column(found, "median_days_from_start")[-1]) == expected


BROWSERS = log(
    ("person1", "2020-01-01 12:00", "signup"), ("person1", "2020-01-01 13:00", "movie"),
    ("person1", "2020-01-01 15:00", "buy"), ("person2", "2020-01-02 14:00", "signup"),
    ("person2", "2020-01-02 16:00", "movie"), ("person3", "2020-01-02 14:00", "signup"),
    browser=["Chrome"] * 3 + ["Safari"] * 3, version=[95, 95, 95, 15, 15, 14],
)  # fmt: skip


def test_a_breakdown_by_one_property_and_by_two(funnel):
    """PostHog, breakdown_cases.py, test_funnel_step_breakdown_event and …_multi_property_breakdown_event."""
    options = {"period": an.Period.parse("2020-01-01..2020-01-08"), "within": 7}
    steps = ["signup", "movie", "buy"]
    found = funnel(BROWSERS, steps, by="browser", **options)
    assert parts(found, "browser") == {("Chrome",): [1, 1, 1], ("Safari",): [2, 1, 0]}
    assert {row["browser"]: row["median_days"] for row in found if row["position"] == 2} == {
        "Chrome": pytest.approx(HOUR), "Safari": pytest.approx(2 * HOUR),
    }  # fmt: skip
    assert parts(funnel(BROWSERS, steps, by=["browser", "version"], **options), "browser", "version") == {
        ("Safari", 14): [1, 0, 0], ("Safari", 15): [1, 1, 0], ("Chrome", 95): [1, 1, 1],
    }  # fmt: skip


def test_a_strict_breakdown(funnel):
    """PostHog, test_funnel_strict.py, test_strict_breakdown_events_with_multiple_properties."""
    people = log(
        ("a", "2020-01-01 12:00", "signup"), ("a", "2020-01-01 13:00", "blah"), ("a", "2020-01-01 14:00", "movie"),
        ("b", "2020-01-02 13:00", "signup"), ("b", "2020-01-02 14:00", "movie"),
        browser=["Chrome"] * 3 + ["Safari"] * 2,
    )  # fmt: skip
    found = funnel(people, ["signup", "movie"], order="strict", within=7, by="browser")
    assert parts(found, "browser") == {("Chrome",): [1, 0], ("Safari",): [1, 1]}


def test_a_person_with_two_browsers_stands_in_one_part(funnel):
    """PostHog, test_funnel_unordered.py, …_breakdown_event_single_person_events_with_multiple_properties.

    With `all_events` the person stands in both (Chrome 1, 0 and Safari 1, 1); ours counts a person once, in
    the group of the attempt that reaches furthest, the earliest of several.
    """
    person = log(
        ("a", "2020-01-01 12:00", "signup"), ("a", "2020-01-02 13:00", "signup"), ("a", "2020-01-02 14:00", "movie"),
        browser=["Chrome", "Safari", "Safari"],
    )  # fmt: skip
    wide, narrow = (funnel(person, ["signup", "movie"], within=within, by="browser") for within in (7, 1))
    assert parts(wide, "browser") == {("Chrome",): [1, 1]}
    assert parts(narrow, "browser") == {("Safari",): [1, 1]}


SECONDS = walks(apart=1, a=" ".join(map(str, range(1000, 1009))))


@pytest.mark.parametrize(
    ("within", "steps", "level"),
    [
        (10_000, "1000", 1), (10_000, "1000 1001", 2), (10_000, "1000 1001 1002", 3),
        (10_000, "1000 1001 1002 1008", 4), (1, "1000", 1), (2, "1003 1004 1005 1006 1007", 3),
        (3, "1003 1004 1005 1006 1007", 4), (4, "1003 1004 1005 1006 1007", 5), (10_000, "1001 1008", 2),
        (10_000, "1008 1001", 1),
    ],
)  # fmt: skip
def test_the_level_within_a_window_that_includes_its_end(funnel, within, steps, level):
    """ClickHouse, tests/queries/0_stateless/00632_aggregation_window_funnel: funnel_test, funnel_test2."""
    assert levels(funnel, SECONDS, steps.split(), within=timedelta(seconds=within)) == {"a": level}


def test_steps_whose_events_overlap(funnel):
    """ClickHouse, 00632: event <= 1007, >= 1002, <= 1006, >= 1004 within 4 seconds: all four."""
    steps = [an.Step([str(n) for n in each]) for each in (
        range(1000, 1008), range(1002, 1009), range(1000, 1007), range(1004, 1009),
    )]  # fmt: skip
    assert levels(funnel, SECONDS, steps, within=timedelta(seconds=4)) == {"a": 4}


ORDERS = walks(
    apart=1, u1="a b c", u2="a d b c", u3="a a b b c c", u4="a a a a b b c c", u5="a a b b d c c", u6="c c b b a a"
)


def test_in_order_other_events_do_not_disturb(funnel):
    """ClickHouse, 00632: funnel_test_strict_order in the default mode."""
    assert list(levels(funnel, ORDERS, ["a", "b", "c"], within=1).values()) == [3, 3, 3, 3, 3, 1]


def test_strict_takes_a_repetition_for_something_in_between(funnel):
    """ClickHouse, 00632: `strict_deduplication` with `strict_order`; `strict_order` alone lets repetitions pass."""
    assert list(levels(funnel, ORDERS, ["a", "b", "c"], within=1, order="strict").values()) == [3, 1, 2, 2, 2, 1]
    person = walks(apart=1, u7="a c b")
    assert levels(funnel, person, ["a", "b", "c"], within=timedelta(seconds=10), order="strict") == {"u7": 1}


def test_a_strict_attempt_may_begin_anew_behind_one_that_broke(funnel):
    """ClickHouse, 00632: funnel_test_allow_reentry; `strict_order` 2, 2, 3, 1, 3 and in four steps 2, 2, 4, 1, 3.

    There the first event out of order ends it all (u2, u5), and a repeated b passes between c and d (u3: 4);
    ours tries every attempt, and within one nothing passes.
    """
    people = walks(apart=1, u1="a b a c", u2="a b a b c", u3="a b c b d", u4="a c b", u5="a b c a b c d")
    three, four = (levels(funnel, people, steps, within=1, order="strict") for steps in ([*"abc"], [*"abcd"]))
    assert (list(three.values()), list(four.values())) == ([2, 3, 3, 1, 3], [2, 3, 3, 1, 4])


def test_a_shop_whose_checkout_begins_again(funnel):
    """ClickHouse, 00632: funnel_test_ecommerce, `strict_order` 2, 2, 3; with re-entry, as our in_order, 3, 3, 3.

    Four steps with `begin` twice give 1 for all there: the first `begin` is taken for the third step as well,
    which is out of order. In ours each step takes an event of its own.
    """
    people = log(
        (1, "2021-05-01 00:01:40", "begin"), (1, "2021-05-01 00:03:20", "view"), (1, "2021-05-01 00:05:00", "begin"),
        (1, "2021-05-01 00:06:40", "pay"), (2, "2021-05-01 00:01:40", "begin"), (2, "2021-05-01 00:03:20", "view"),
        (2, "2021-05-01 00:04:10", "view"), (2, "2021-05-01 00:05:00", "begin"), (2, "2021-05-01 00:06:40", "pay"),
        (3, "2021-05-01 00:01:40", "begin"), (3, "2021-05-01 00:03:20", "view"), (3, "2021-05-01 00:05:00", "pay"),
    )  # fmt: skip
    three, four = ["begin", "view", "pay"], ["begin", "view", "begin", "pay"]
    assert list(levels(funnel, people, three, within="10m", order="strict").values()) == [2, 2, 3]
    assert list(levels(funnel, people, three, within="10m").values()) == [3, 3, 3]
    assert list(levels(funnel, people, four, within="10m", order="strict").values()) == [4, 2, 2]


def test_of_one_second_only_one_step(funnel):
    """ClickHouse, 00632: `strict_increase` gives 2 and 1 (5 and 3 without it)."""
    person = log(*(("a", f"2021-05-01 00:00:0{s}", e) for s, e in ((0, "0"), (1, "1"), (1, "2"), (1, "3"), (2, "4"))))
    assert levels(funnel, person, ["0", "1", "2", "3", "4"]) == {"a": 2}
    assert levels(funnel, person, ["4", "4", "4"]) == {"a": 1}


def test_two_failures_and_then_a_success(funnel):
    """ClickHouse, 00632: `strict_once`, `strict_increase` within 200 seconds: 3, 2, 1."""
    rows = [
        (100, "failure", 234), (200, "success", 345), (210, "failure", 345), (230, "success", 345),
        (250, "failure", 234), (180, "failure", 123), (220, "failure", 123), (250, "success", 123),
    ]  # fmt: skip
    people = log(*((who, datetime(2021, 5, 1) + timedelta(seconds=s), what) for s, what, who in rows))
    found = levels(funnel, people, ["failure", "failure", "success"], within=timedelta(seconds=200))
    assert found == {"123": 3, "234": 2, "345": 1}


@pytest.mark.parametrize(
    ("within", "order", "people", "expected"),
    [
        (30, "in_order", {
            1: "0 browse, 10 click, 20 order, 30 pay, 0 browse", 2: "0 order, 10 pay", 3: "20 browse, 60 click",
            4: "50 browse, 60 click", 5: "50 browse, 60 click, 10 order", 6: "50 browse, 60 click, 70 order",
        }, [4, 0, 1, 2, 2, 3]),
        (30, "in_order", {1: "0 browse, 10 click, 29 order, 29.8 click, 30 pay, 40 click", 2: "0 browse"}, [4, 1]),
        (30, "strict", {1: "0 browse, 10 click, 29 order, 29.8 click, 30 pay, 40 click", 2: "0 browse"}, [3, 1]),
        (32, "in_order", {1: "0 browse, 10 click, 30 pay, 31 order", 2: "0 browse"}, [3, 1]),
        (32, "strict", {1: "0 browse, 10 click, 30 pay, 31 order", 2: "0 browse"}, [2, 1]),
        (32, "in_order", {1: "0 browse, 0.1 click, 0.5 order", 2: "0.05 browse, 0.05 click, 1 order"}, [3, 1]),
    ],
)  # fmt: skip
def test_the_levels_of_the_manual_of_starrocks(funnel, within, order, people, expected):
    """StarRocks, docs, window_funnel.md, examples 1-4: modes 0, 0, 1, 0, 2 and 4, minutes since 11:00.

    Mode 1 (no repetition), 2 (nothing that disturbs) and 4 (strictly later) are what our strict and every
    order of ours ask for.
    """
    rows = [(who, *each.split()) for who, path in people.items() for each in path.split(", ")]
    table = log(*((who, datetime(2020, 1, 2, 11) + timedelta(minutes=float(m)), what) for who, m, what in rows))
    steps = [step for step in ("browse", "click", "order", "pay") if step in [*table["activity"]]]
    assert list(levels(funnel, table, steps, within=timedelta(minutes=within), order=order).values()) == expected


DORIS = {100125: "0 login, 1 visit, 2 order", 100126: "0 login, 1 visit", 100127: "0 login, 1 visit"}


@pytest.mark.parametrize(
    ("within", "order", "first", "level"),
    [
        ("5m", "in_order", "0 login, 1 visit, 3 order, 9 payment", 3),
        ("1h", "strict", "0 login, 1 visit, 2 login, 3 order, 9 payment", 2),
        ("1h", "strict", "0 login, 1 visit, 2 order, 3 login2, 9 payment", 3),
        ("1h", "in_order", "0 login, 1 visit, 3 order, 3 payment", 3),
    ],
)
def test_the_levels_of_the_manual_of_doris(funnel, within, order, first, level):
    """Apache Doris, docs, window-funnel.md: default, deduplication, fixed and increase."""
    rows = [(who, *each.split()) for who, path in {100123: first, **DORIS}.items() for each in path.split(", ")]
    table = log(*((who, datetime(2022, 5, 14, 10) + timedelta(minutes=int(m)), what) for who, m, what in rows))
    found = levels(funnel, table, ["login", "visit", "order", "payment"], within=within, order=order)
    assert list(found.values()) == [level, 3, 2, 2]


def test_the_summary_of_funneljoin(funnel):
    """funneljoin (R), README.md, summarize_funnel(): 4, 3, 2; 0.75 and 0.667 step by step, 0.5 of all."""
    people = log(
        (1, "2019-07-01", "landing"), (1, "2019-07-02", "registration"), (1, "2019-07-07", "purchase"),
        (1, "2019-07-10", "purchase"), (2, "2019-08-01", "landing"), (2, "2019-08-15", "registration"),
        (3, "2019-05-01", "landing"), (3, "2019-06-01", "registration"), (3, "2019-06-04", "purchase"),
        (4, "2019-06-13", "landing"),
    )  # fmt: skip
    found = funnel(people, ["landing", "registration", "purchase"])
    assert reached(found) == [4, 3, 2]
    assert column(found, "step_rate") == [None, 3 / 4, 2 / 3]
    assert column(found, "overall_rate") == [1, 3 / 4, 2 / 4]


def test_who_lands_and_registers_on_one_day_has_not_registered_later(funnel):
    """funneljoin (R), README.md, first-firstafter: six pairs, user 3 with one date for both; ours needs a later one."""
    landed = [(1, "01"), (2, "01"), (3, "02"), (4, "01"), (4, "04"), (5, "10"), (5, "12"), (6, "07"), (6, "08")]
    registered = [(1, "02"), (3, "02"), (4, "02"), (5, "11"), (6, "10"), (6, "11"), (7, "07")]
    rows = [(who, f"2018-07-{day}", what) for what, each in (("l", landed), ("r", registered)) for who, day in each]
    rows += [(4, "2018-06-10", "r"), (8, "2018-08-01", "l"), (8, "2018-08-03", "l")]
    rows += [(8, "2018-08-02", "r"), (8, "2018-08-04", "r")]
    found = levels(funnel, log(*rows), ["l", "r"])
    assert {who for who, level in found.items() if level == 2} == {"1", "4", "5", "6", "8"}
    assert reached(funnel(log(*rows), ["l", "r"])) == [7, 5]


def test_orders_placed_completed_returned(funnel):
    """dbt_product_analytics, integration_tests/seeds: raw_orders_simple.csv and dmt_expected__funnel_simple.csv."""
    rows = """1 01 placed, 1 02 completed, 9 04 placed, 5 05 completed, 6 05 placed, 5 07 returned, 8 09 placed,
        1 11 returned, 5 12 placed, 1 14 returned, 9 14 completed, 5 15 completed, 8 17 completed, 4 17 returned,
        2 17 completed, 3 18 placed, 7 18 completed, 6 20 completed, 5 22 returned, 2 23 completed"""
    table = log(*((who, f"2018-01-{day}", what) for who, day, what in (each.split() for each in rows.split(","))))
    found = funnel(table, ["placed", "completed", "returned"], period=an.Period.parse("2018"))
    assert reached(found) == [6, 5, 2]
    assert column(found, "step_rate") == [None, 5 / 6, 2 / 5]
    assert column(found, "overall_rate") == [1, 5 / 6, 2 / 6]


def test_a_step_of_two_products(funnel):
    """retentioneering, tests/tooling/fixtures/funnel_corr.py, funnel_closed_corr: 6, 4, 4, 2 (funnel/input_1.csv).

    Its "open" (6, 8, 8, 8) lets people in at any step, its "hybrid" (6, 4, 4, 4) keeps no order behind the first.
    """
    shopping = "catalog product1 product2 catalog product1 product18"
    people = walks(
        u1="catalog product1 product2 cart payment", u2="product1 product2 cart payment",
        u3="product1 product2 catalog catalog product18 cart payment", u4=f"{shopping} cart payment",
        u5="product1 product2 product1 product18 cart payment",
        u6="product1 product2 catalog catalog product18 cart payment", u7=f"{shopping} payment cart",
        u8=f"{shopping} payment cart",
    )  # fmt: skip
    found = funnel(people, ["catalog", an.Step(["product1", "product2"]), "cart", "payment"])
    assert reached(found) == [6, 4, 4, 2]
    assert column(found, "step_rate") == [None, 4 / 6, 4 / 4, 2 / 4]

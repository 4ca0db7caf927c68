"""The one number of every page whose data is there, as the page counts it before anybody chooses."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from analysis.active_rate import active_rate
from analysis.business_days import CALENDAR
from analysis.case_forms import BLANKS
from analysis.funnel_steps import ORDERS
from analysis.loss_reasons import SEVERAL
from analysis.period import Period, add_months
from analysis.stage_verdicts import number, stage_verdicts, verdict_sentence
from analysis.stages import stages
from analysis.trend import active_rate_trend
from dashboard import (
    counting,
    figures,
    funnel_choices,
    funnel_editor,
    funnel_source,
    level_choices,
    order_choices,
    periods,
    pipeline,
    process,
    product_answers,
    records,
    stage_answers,
    stage_goals,
)
from dashboard.escape import md
from dashboard.funnel_answers import FunnelAnswers
from dashboard.levels import companies
from dashboard.pipeline_answers import Deals
from dashboard.process_answers import Process
from dashboard.product_answers import Products
from dashboard.ranking_answers import TOP, Rankings

if TYPE_CHECKING:
    from dashboard.page import Page

MONTHS = 12  # in the small line
SMALL = 30
LIGHT = 500_000  # rows; of more a page takes a while, and home is not to wait for it


@dataclass(frozen=True)
class Card:
    """What stands in the box of a page.

    Attributes:
        term: what is counted, and of when.
        value: the number; None: the page has one only when it is open.
        lines: of Markdown, the first beside the number.
        choices: of the page, in its URL, under which it shows this number.
        line: the months before, as a small line.
    """

    term: str
    value: str | None
    lines: tuple[str, ...] = ()
    choices: Mapping[str, str] = field(default_factory=dict)
    line: tuple[float, ...] = ()


Build = Callable[["Page"], Card | None]


def known(page: "Page", kinds: Collection[str]) -> dict[str, Build]:
    """Page -> what builds its card, of every page whose data is there.

    Args:
        kinds: the tables that hold something.
    """
    found: dict[str, Build] = {}
    if {"users", "activity"} <= {*kinds}:
        found |= {"active_rate": _active_rate, "stages": _stages}
    if source := funnel_source.first(page):
        found["funnel"] = partial(_light, partial(_funnel, source), "funnel", (source.kind,))
    found |= {"process": partial(_light, _process, "process", ("cases",))} if "cases" in kinds else {}
    found |= {"pipeline": partial(_light, _pipeline, "pipeline", ("deals",))} if "deals" in kinds else {}
    if "orders" in kinds:
        with page.ws.read() as reader:
            told_apart = "product_code" in reader.columns("orders")
        products = [("products", _products)] if told_apart else []
        for name, build in (("rankings", _rankings), ("customer", _customer), *products):
            found[name] = partial(_light, build, name, ("orders", "activity", "inquiries"))
    if level_choices.known_bases(page):
        found["levels"] = partial(_light, _levels, "levels", level_choices.LOGS)
    return found


def _light(build: Build, name: str, kinds: Collection[str], page: "Page") -> Card | None:
    """The card, its number left out where more rows than home waits for would be counted."""
    rows = sum(each.accepted for each in page.ws.imports() if each.active and each.kind in kinds)
    if rows <= LIGHT:
        return build(page)
    return Card(page.t(f"app.term_{name}"), None, (page.t("home.counted_there"),))


def _of(page: "Page", term: str, period: Period) -> str:
    return f"{term} · {figures.span(period, page.lang)}"


def _period(page: "Page", kind: str) -> Period:
    """The period with which the pages over a log begin."""
    first, last = page.ws.span(kind)  # type: ignore[misc]  # there is a row
    return periods.default(last, first, counting.fiscal_start(page))


def _rate(rate: float | None, of: int) -> str:
    return figures.percent(rate) + (" ※" if 0 < of < SMALL else "")


def _interval(page: "Page", row: Mapping[str, Any]) -> str:
    return f":gray[{page.t('home.interval', interval=figures.interval(row['rate_low'], row['rate_high']))}]"


def _hidden(page: "Page", term: str, n: int) -> Card | None:
    """The card of too few people, where the workspace hides such; else None."""
    hide = counting.hide_below(page)
    return Card(term, figures.HIDDEN, (page.t("active_rate.hidden", n=hide),)) if n < hide else None


def _active_rate(page: "Page") -> Card:
    period = _period(page, "activity")
    rate = page.run(active_rate, period).to_dict("records")[0]
    term = _of(page, page.t("app.term_active_rate"), period)
    if hidden := _hidden(page, term, int(rate["valid_users"])):
        return hidden
    months = Period(add_months(period.end, -MONTHS), period.end)
    trend = page.run(active_rate_trend, months, every="month").sort_values("period_start")
    line = tuple(float(value) for value in trend["active_rate"].astype("Float64").dropna())
    counts = f"{figures.count(rate['active_users'])} / {figures.people(rate['valid_users'], page.lang)}"
    return Card(
        term,
        _rate(rate["active_rate"], int(rate["valid_users"])),
        (f"{counts}　{_interval(page, rate)}", page.t("home.line", n=len(line))),
        {"period": str(period)},
        line,
    )


def _stages(page: "Page") -> Card:
    """The first stage whose goal is not reached, else the last."""
    period, definitions = _period(page, "activity"), stage_answers.definitions(page)
    asked = {"targets": stage_goals.rows(page, page.ws.as_of)}
    verdict = stage_answers.plain(
        page.run(stage_verdicts, period, definitions.to_json(), **asked).to_dict("records")[0]
    )
    place = int(verdict["position"] or len(definitions))
    found = page.run(stages, period, definitions.to_json(), **asked).set_index("position").loc[place]
    row = stage_answers.plain(found)
    name = f"{number(place)}{md(row['stage'])}"
    term = _of(page, page.t("home.stage", stage=name), period)
    if hidden := _hidden(page, term, int(row["valid_users"])):
        return hidden
    counts = f"{figures.count(row['users'])} / {figures.people(row['valid_users'], page.lang)}"
    said = [f"{counts}　{_interval(page, row)}"]
    if row["gap_users"] is not None:
        goal = figures.percent(row["target"], 0)
        said.append(page.t("home.gap" if row["gap_users"] else "home.no_gap", goal=goal, n=int(row["gap_users"])))
    said.append(md(verdict_sentence(verdict, definitions, page.t("active_rate.whole"), page.lang)))
    value = _rate(row["rate"], int(row["valid_users"]))
    return Card(term, value, tuple(said), {"period": str(period)})


def _funnel(source: funnel_source.Source, page: "Page") -> Card | None:
    steps = funnel_editor.first_steps(source)
    span = page.ws.span(source.kind)
    if not steps or span is None:
        return None
    period = _period(page, source.kind)
    answers = FunnelAnswers(page, period, tuple(steps), funnel_choices.USUAL, ORDERS[0], None, (), *span, source)
    last = answers.total.iloc[-1]
    entered = int(last["entered"])
    term = _of(page, page.t("home.to_the_end_orders" if source.bought else "home.to_the_end"), period)
    if hidden := _hidden(page, term, entered):
        return hidden
    counts = answers.t("funnel_page.of_entered", n=int(last["reached"]), of=entered)
    way = md(page.t("process.arrow").join(answers.names))
    return Card(term, _rate(last["overall_rate"], entered), (counts, way), {"period": str(period)})


def _process(page: "Page") -> Card:
    day, lists = records.latest(page, "cases")
    columns = records.available(page, "cases", ("owner",))
    own = [each.code for each in records.available(page, "cases")]
    choices: dict[str, Any] = {"days": CALENDAR, "blank": BLANKS[0], "ball": process.usual_ball(own)}
    answers = Process(page, "cases", (), {}, tuple(columns), day, lists, **choices)
    term = f"{page.t('process.state_waiting')} · {figures.day(day, page.lang)}"
    if answers.plan is None:
        return Card(term, None, (page.t("home.process_order"),))
    total, dot = answers.totals, page.t("pickers.dot")
    sides = [
        f"{page.t('process.waits_for', side=md(process.side_name(page, answers, row['side'])))} "
        f"{process.cases(page, row['waiting_now'])}"
        for row in answers.waits.head(2).to_dict("records")
    ]
    of = page.t("home.of_cases", n=int(total["cases"]))
    oldest = f"{page.t('process.oldest')} {process.days_said(page, total['waiting_max_days'])}"
    lines = [of, dot.join([*sides, oldest])] if total["waiting"] else [of]
    return Card(term, process.cases(page, total["waiting"]), tuple(lines))


def _pipeline(page: "Page") -> Card:
    day, lists = records.latest(page, "deals")
    answers = Deals(page, "deals", (), {}, (), day, lists, days=CALENDAR, several=SEVERAL[0])
    whole = answers.whole
    amount = answers.open_amount
    lines = [] if amount is None else [page.t("home.open_amount", amount=figures.amount(amount, page.lang))]
    won = page.t("pipeline.won_of", won=int(whole["won"]), closed=int(whole["closed"]))
    rate = _rate(whole["win_rate"], int(whole["closed"]))
    lines.append(f"{page.t('pipeline.win_rate')} {rate}　:gray[{won}]")
    term = f"{page.t('pipeline.open')} · {figures.day(day, page.lang)}"
    return Card(term, pipeline.deals(page, whole["open"]), tuple(lines))


def _ranked(page: "Page") -> Rankings:
    first, last = page.ws.span("orders")  # type: ignore[misc]  # there is a row
    choices: dict[str, Any] = {"period": _period(page, "orders"), "counted": order_choices.usual(page), "first": first}
    return Rankings(page, "orders", (), {}, (), last, (), **choices)


def _rankings(page: "Page") -> Card:
    answers = _ranked(page)
    held = answers.held if len(answers.field) else {"customers": 0}
    term = _of(page, page.t("ranking.held", share=figures.percent(TOP, 0)), answers.period)
    choices = {"period": str(answers.period)}
    if not held["customers"]:
        return Card(term, figures.NONE, (page.t("ranking.no_positive"),), choices)
    counts = page.t("ranking.held_note", n=int(held["top_customers"]), of=int(held["customers"]))
    total = figures.amount(float(answers.whole["amount"].sum()), page.lang)
    return Card(term, figures.percent(held["top_share"]), (counts, f"{page.t('ranking.amount')} {total}"), choices)


def _customer(page: "Page") -> Card:
    answers = _ranked(page)
    n = len(answers.whole) - len(answers.nobody)
    lines = (page.t("home.who_ordered", n=len(answers.field), span=figures.span(answers.period, page.lang)),)
    return Card(page.t("app.term_customer"), page.t("ranking.companies", n=n), lines, {"period": str(answers.period)})


def _products(page: "Page") -> Card:
    groupings = product_answers.kept(page)
    choices: dict[str, Any] = {
        "period": _period(page, "orders"),
        "grouping": groupings[groupings.names[0]] if groupings.names else None,
        "rest": "code",
        "counted": order_choices.usual(page),
    }
    day, lists = records.latest(page, "orders")
    answers = Products(page, "orders", (), {}, (), day, lists, **choices)
    term = _of(page, page.t("home.sold"), answers.period)
    each, total = answers.each, answers.total
    if not len(each):
        return Card(term, figures.NONE, (), {"period": str(answers.period)})
    best = each.iloc[0].to_dict()
    share = best["amount"] / total["amount"] if total["amount"] > 0 else None
    line = page.t("home.best", product=md(answers.name(best["product"])), share=figures.percent(share))
    return Card(term, page.t("home.kinds", n=len(each)), (line,), {"period": str(answers.period)})


def _levels(page: "Page") -> Card | None:
    base, spans = level_choices.known_bases(page)[0], level_choices.spans_of(page)
    if not spans and not level_choices.listed_days(page, base):
        return None
    answers = level_choices.of_everybody(page, level_choices.last_known(page, base, spans))
    if answers is None or not answers.customers:
        return None
    day = figures.day(answers.as_of, page.lang)
    lacking = answers.counts.sort_values(["lacking", "position"], ascending=[False, True]).iloc[0].to_dict()
    lack = page.t("home.lack", state=md(lacking["state"]), n=int(lacking["lacking"]))
    choices = {"base": answers.kind, "as_of": answers.as_of.isoformat()}
    if not answers.definitions.levels:
        term = f"{page.t('level_page.customers')} · {day}"
        return Card(term, companies(page, answers.customers), (lack,), choices)
    top = answers.total.iloc[-1].to_dict()
    term = f"{page.t('level_page.top', level=md(top['level']))} · {day}"
    counts = f"{int(top['customers']):,} / {companies(page, top['of_customers'])}"
    value = _rate(top["rate"], int(top["of_customers"]))
    return Card(term, value, (f"{counts}　{_interval(page, top)}", lack), choices)

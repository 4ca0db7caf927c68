"""The commands of progress: how far people, cases and deals have come, and where they wait."""

from argparse import Namespace
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import commands_products
from analysis.business_days import CALENDAR, BusinessDays
from analysis.case_lists import step_times_of_lists
from analysis.command_parts import data, day_of, emit, given, listed, merges_of, rule_of
from analysis.errors import ChoiceError, CommandError, StageRuleError, StagesTextError, StepNameError
from analysis.exports.mapping import Mapping
from analysis.funnel import funnel as funnel_of
from analysis.order_lines import NET
from analysis.period import Period
from analysis.phase_dates import phase_dates
from analysis.pipeline import pipeline as pipeline_of
from analysis.process import step_times
from analysis.product_funnel import product_funnel
from analysis.stage_definitions import Stages, leaves, standard_stages
from analysis.stage_verdicts import stage_verdicts, verdict_sentence
from analysis.stages import stages as stages_of
from analysis.words import text
from analysis.workspace import Workspace
from analysis.workspace.adding import date_in_name
from analysis.workspace.imports import Import

OF_ORDERS = ("orders", "groups", "grouping", "cancellations", "currency")


def funnel(options: Namespace) -> None:
    """How many people come through the steps, or customers through products, from files or a workspace."""
    by, steps = listed(options.by), listed(given(options, "steps"))
    choices: dict[str, Any] = {
        "period": Period.parse(options.period) if options.period else None,
        "within": options.within,
        "order": options.order,
        "as_of": day_of(options.as_of, "--as-of"),
    }
    of = _looks_at(options)
    with data(options, (of,)) as workspace:
        if of == "orders":
            groups = commands_products.groups_of(options, workspace)
            commands_products.tell(workspace, groups, options.language)
            choices |= {"groups": groups, "cancellations": options.cancellations or NET, "currency": options.currency}
            choices["merges"] = merges_of(workspace, options.language)
        metric = product_funnel if of == "orders" else funnel_of
        result = workspace.run(metric, steps, by=by, **choices)
    emit(result.sort_values([*by, "position"], ignore_index=True), options)


def _looks_at(options: Namespace) -> str:
    """The table in which the steps are: as it was said, else the one that the options are about."""
    about = next((name for name in OF_ORDERS if getattr(options, name) is not None), None)
    of = options.of or ("orders" if about else "activity")
    if of not in ("activity", "orders"):
        raise ChoiceError("--of", of, ["activity", "orders"])
    strange = about if of == "activity" else "activity" if options.activity else None
    if strange:
        raise CommandError(
            "only_with", option=f"--{strange}", other=f"--of {'orders' if about == strange else 'activity'}"
        )
    return of


def steps(options: Namespace) -> None:
    """How long cases stay in each step, and where they wait now: of a file, or of all lists of a workspace."""
    by, named = listed(options.by), listed(options.steps)
    choices = {
        "days": BusinessDays() if options.business_days else CALENDAR,
        "where": rule_of(options.where),
    }
    with data(options, ("cases",), steps=named) as workspace:
        newest = _newest(workspace, "cases")
        order, known = _order(newest.mapping, named), _known_day(options, "cases", newest)
        # the lists of a workspace have their days, and may show one after another what none of them says
        times = step_times if options.cases else step_times_of_lists
        result = workspace.run(times, order, by=by, as_of=known, **choices)
    emit(result.sort_values([*by, "position"], ignore_index=True), options)


def pipeline(options: Namespace) -> None:
    """Deals as they stand, and how many came from phase to phase."""
    by, phases = listed(options.by), None if options.phases is None else listed(options.phases)
    choices = {"where": rule_of(options.where)}
    with data(options, ("deals",)) as workspace:
        newest = _newest(workspace, "deals")
        dates, known = phase_dates(workspace.run, newest.mapping, phases), _known_day(options, "deals", newest)
        result = workspace.run(pipeline_of, phases, by=by, dates=dates, as_of=known, **choices)
    emit(result.sort_values([*by, "position", "phase"], ignore_index=True), options)


def stages(options: Namespace) -> None:
    """How many valid users have reached each stage, and how many more its goal needs; or where each group stands."""
    by, period = listed(options.by), Period.parse(given(options, "period"))
    definitions = _definitions(options)
    choices: dict[str, Any] = {
        "valid": options.valid,
        "activities": listed(options.activities) or None,
        "where": rule_of(options.where),
        "as_of": day_of(options.as_of, "--as-of"),
    }
    metric = stage_verdicts if options.verdicts else stages_of
    choices |= _goals_beside(options)
    with data(options, ("users", "activity"), also=("targets",), last_day=period.last_day) as workspace:
        if options.targets:
            _check_goals(options, choices.get("targets") or _goals(workspace), definitions)
        result = workspace.run(metric, period, definitions, by=by, **choices)
    order = [*by] if options.verdicts else [*by, "position"]
    result = result.sort_values(order, ignore_index=True) if order else result
    emit(_in_words(result, by, definitions, options.language) if options.verdicts else result, options)


def _goals_beside(options: Namespace) -> dict[str, Any]:
    """Goals of a file that count for a workspace, in place of its own."""
    if not options.targets or options.users or options.activity:
        return {}
    with data(options, ("targets",)) as aside:
        return {"targets": _goals(aside)}


def _goals(workspace: Workspace) -> list[dict[str, Any]]:
    return workspace.table("targets").to_dict("records")


def _check_goals(options: Namespace, goals: Sequence[dict[str, Any]], definitions: Stages) -> None:
    """A file of which no row is about any stage was meant otherwise."""
    if not {row["metric"] for row in goals} & {*definitions.names}:
        raise CommandError("targets", found=options.targets, stages=definitions.names)


def _in_words(result: pd.DataFrame, by: Sequence[str], definitions: Stages, language: str) -> pd.DataFrame:
    """The verdicts with their sentence in `text`."""
    said = []
    for row in result.astype(object).where(result.notna(), None).to_dict("records"):
        values = [text(language, "charts.blank") if row[name] in (None, "") else str(row[name]) for name in by]
        place = " × ".join(values) or text(language, "stages.everybody")
        said.append(verdict_sentence(row, definitions, place, language))
    result.insert(len(result.columns), "text", said, allow_duplicates=True)  # beside a dimension that is called so
    return result


def _newest(workspace: Workspace, kind: str) -> Import:
    """The list in force."""
    lists = [each for each in workspace.imports(kind) if each.active]
    if not lists:
        raise CommandError("missing_option", found=f"--{kind}")
    return max(lists, key=lambda each: (str(each.as_of), each.id))


def _known_day(options: Namespace, kind: str, newest: Import) -> date | None:
    """The last day that is known: as it was said, else that of the list; None where no file says its day."""
    said = day_of(options.as_of, "--as-of")
    if said or not getattr(options, kind):
        return said or newest.as_of
    return date_in_name(newest.name)


def _order(mapping: Mapping, named: Sequence[str]) -> Sequence[str]:
    """The steps as named, else the columns of dates as they stand in the file."""
    if not named and not mapping.steps:
        raise CommandError("missing_option", found="--steps")
    if mapping.steps and named and not set(named) & {*mapping.steps, *mapping.dates}:
        raise StepNameError(named, mapping.steps)
    return named or mapping.steps


def _definitions(options: Namespace) -> Stages:
    """The stages of a file, else the usual three."""
    if options.definitions is None:
        return standard_stages(options.language)
    try:
        found = Stages.from_json(Path(options.definitions).read_bytes().decode("utf-8-sig"))
    except (UnicodeDecodeError, StagesTextError, RecursionError):
        raise CommandError("definitions", found=options.definitions) from None
    for stage in found:
        kinds = [kind for leaf in leaves(stage.rule) for kind in leaf.get("activities", ())]
        if not all(kind is None or isinstance(kind, str) for kind in kinds):
            raise StageRuleError(stage.name, dict(stage.rule))
    return found

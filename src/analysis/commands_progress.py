"""The commands of progress: how far people, cases and deals have come, and where they wait."""

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from analysis.business_days import CALENDAR, BusinessDays
from analysis.command_parts import data, day_of, emit, given, listed, rule_of
from analysis.errors import CommandError, StageRuleError, StagesTextError, StepNameError, WindowError
from analysis.exports.mapping import Mapping
from analysis.exports.phases import dates_of
from analysis.funnel import funnel as funnel_of
from analysis.period import Period
from analysis.pipeline import pipeline as pipeline_of
from analysis.process import step_times
from analysis.stage_definitions import Stages, leaves, standard_stages
from analysis.stages import stages as stages_of
from analysis.workspace import Workspace


def funnel(options: Namespace) -> None:
    """How many people come through the steps, from files or a workspace."""
    by, steps = listed(options.by), listed(given(options, "steps"))
    choices = {
        "period": Period.parse(options.period) if options.period else None,
        "within": options.within,
        "order": options.order,
        "as_of": day_of(options.as_of, "--as-of"),
    }
    try:
        with data(options, ("activity",)) as workspace:
            result = workspace.run(funnel_of, steps, by=by, **choices)
    except OverflowError:  # a window that reaches beyond the calendar
        raise WindowError(options.within) from None
    emit(result.sort_values([*by, "position"], ignore_index=True), options)


def steps(options: Namespace) -> None:
    """How long cases stay in each step, and where they wait now."""
    by, named = listed(options.by), listed(options.steps)
    choices = {
        "as_of": day_of(options.as_of, "--as-of"),
        "days": BusinessDays() if options.business_days else CALENDAR,
        "where": rule_of(options.where),
    }
    with data(options, ("cases",), steps=named) as workspace:
        order = _order(_newest(workspace, "cases"), named)
        result = workspace.run(step_times, order, by=by, **choices)
    emit(result.sort_values([*by, "position"], ignore_index=True), options)


def pipeline(options: Namespace) -> None:
    """Deals as they stand, and how many came from phase to phase."""
    by, phases = listed(options.by), None if options.phases is None else listed(options.phases)
    choices = {"as_of": day_of(options.as_of, "--as-of"), "where": rule_of(options.where)}
    with data(options, ("deals",)) as workspace:
        dates = _dates(workspace, phases)
        result = workspace.run(pipeline_of, phases, by=by, dates=dates, **choices)
    emit(result.sort_values([*by, "position", "phase"], ignore_index=True), options)


def stages(options: Namespace) -> None:
    """How many valid users have reached each stage, and how many more its goal needs."""
    by, period = listed(options.by), Period.parse(given(options, "period"))
    definitions = _definitions(options)
    choices = {
        "valid": options.valid,
        "activities": listed(options.activities) or None,
        "where": rule_of(options.where),
        "as_of": day_of(options.as_of, "--as-of"),
    }
    with data(options, ("users", "activity"), last_day=period.last_day) as workspace:
        result = workspace.run(stages_of, period, definitions, by=by, **choices)
    emit(result.sort_values([*by, "position"], ignore_index=True), options)


def _newest(workspace: Workspace, kind: str) -> Mapping:
    """What the columns of the list in force are."""
    lists = [each for each in workspace.imports(kind) if each.active]
    if not lists:
        raise CommandError("missing_option", found=f"--{kind}")
    return max(lists, key=lambda each: (str(each.as_of), each.id)).mapping


def _order(mapping: Mapping, named: Sequence[str]) -> Sequence[str]:
    """The steps as named, else the columns of dates as they stand in the file."""
    if not named and not mapping.steps:
        raise CommandError("missing_option", found="--steps")
    if mapping.steps and named and not set(named) & {*mapping.steps, *mapping.dates}:
        raise StepNameError(named, mapping.steps)
    return named or mapping.steps


def _dates(workspace: Workspace, phases: Sequence[str] | None) -> dict[str, str] | None:
    """Phase -> its column of dates, by their names; None where no name says so."""
    mapping = _newest(workspace, "deals")
    first = workspace.run(pipeline_of, phases)
    placed = first.loc[first["position"].notna(), "phase"]
    return dates_of(placed, mapping.steps) or None


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

"""Mistakes of a reader or of a file: a code and its fields; the words are in `locales/`."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any, cast

from analysis.words import text


class AnalysisError(ValueError):
    """Base of every error that a reader can cause.

    The code is the class name in snake case without `Error`; its sentence is the message
    `errors.<code>` of both languages. `str(error)` is English.
    """

    def __init__(self, **fields: object) -> None:
        self.fields = fields
        super().__init__(self.text("en"))

    @property
    def code(self) -> str:
        name = type(self).__name__.removesuffix("Error")
        return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()

    def text(self, language: str) -> str:
        """The sentence in `language` ("ja" or "en")."""
        return text(language, f"errors.{self.code}", **_words(self.fields, language))

    def __reduce__(self) -> tuple:
        return (_rebuild, (type(self), self.fields))


_ROOM = 160  # letters of what a file holds, within a sentence


def _rebuild(kind: type[AnalysisError], fields: dict[str, object]) -> AnalysisError:
    error = kind.__new__(kind)
    AnalysisError.__init__(error, **fields)
    return error


def _words(fields: dict[str, object], language: str) -> dict[str, object]:
    """Lists as a reader would write them."""
    comma = "、" if language == "ja" else ", "
    return {
        name: comma.join(map(str, value)) if isinstance(value, list | tuple) else value
        for name, value in fields.items()
    }


def _begins(found: object) -> str:
    """What was found, as far as a sentence has room for it."""
    try:
        words = str(found)
    except RecursionError:  # lists within lists without end, from a file that somebody made to harm
        return "…"
    return words if len(words) <= _ROOM else f"{words[:_ROOM]}…"


class MissingColumnError(AnalysisError):
    """A table lacks a column that a metric needs."""

    def __init__(self, table: str, missing: str, available: Sequence[str]) -> None:
        near = get_close_matches(missing, available, n=1)
        super().__init__(table=table, missing=missing, available=list(available), near=near)


class DuplicateKeyError(AnalysisError):
    """A table that must hold one row a key holds two, or one without the key."""

    def __init__(self, table: str, key: str, rows: int, keys: int) -> None:
        super().__init__(table=table, key=key, rows=rows, keys=keys)


class ColumnTypeError(AnalysisError):
    """A column is not of the type that a metric needs."""

    def __init__(self, table: str, column: str, found: str, needed: str) -> None:
        super().__init__(table=table, column=column, found=found, needed=needed)


class PeriodError(AnalysisError):
    """A text that is no period, or a period that ends before it starts."""

    def __init__(self, value: str) -> None:
        super().__init__(value=value)


class ChoiceError(AnalysisError):
    """An option that does not exist."""

    def __init__(self, option: str, value: object, choices: Sequence[str]) -> None:
        near = get_close_matches(str(value), [str(c) for c in choices], n=1)
        super().__init__(option=option, value=value, choices=list(choices), near=near)


class CommandError(AnalysisError):
    """A command line that cannot be carried out: which word, and how to write it."""

    def __init__(self, what: str, **fields: object) -> None:
        super().__init__(what=what, **fields)

    @property
    def code(self) -> str:
        return f"command_{self.fields['what']}"


class BlankKeyError(DuplicateKeyError):
    """A table that must hold one row a key holds rows without the key."""

    def __init__(self, table: str, key: str, rows: int) -> None:
        AnalysisError.__init__(self, table=table, key=key, rows=rows, n=rows)


class MomentTypeError(ColumnTypeError):
    """A column of moments that are texts, or that carry a time zone."""

    def __init__(self, table: str, column: str, found: str) -> None:
        super().__init__(table, column, found, "Datetime")


class KeyTypeError(ColumnTypeError):
    """Two tables write the same key in different types, so that nothing would match."""

    def __init__(self, table: str, column: str, found: str, needed: str) -> None:
        super().__init__(table, column, found, needed)


class NameClashError(AnalysisError):
    """A column differs from a role only in letter case or width: an engine would take one for the other."""

    def __init__(self, table: str, column: str, role: str) -> None:
        super().__init__(table=table, column=column, role=role)


class DimensionNameError(AnalysisError):
    """A dimension named twice, or named like a column of the result."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


class MixedFramesError(AnalysisError):
    """Tables of different engines in one call."""

    def __init__(self, tables: Sequence[str], found: Sequence[str]) -> None:
        super().__init__(tables=list(tables), found=list(found))


class RuleError(AnalysisError):
    """A rule that cannot be read, or that does not fit its table."""

    def __init__(self, found: object) -> None:
        super().__init__(found=found)


class AlreadyImportedError(AnalysisError):
    """The same file is in the workspace."""

    def __init__(self, name: str, import_id: str, imported_at: datetime) -> None:
        super().__init__(name=name, id=import_id, day=imported_at.astimezone().strftime("%Y-%m-%d %H:%M"))


class UndoneImportError(AlreadyImportedError):
    """The same file was imported and undone: redo it instead."""


class UnknownImportError(AnalysisError):
    """No import has this id."""

    def __init__(self, import_id: str) -> None:
        super().__init__(id=import_id)


class RosterDateError(AnalysisError):
    """A list as of a day, without the day."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


class NothingToImportError(AnalysisError):
    """Every row was refused."""

    def __init__(self, name: str, read: int, first: Sequence[Mapping[str, object]]) -> None:
        super().__init__(name=name, n=read, first=[dict(each) for each in first])

    def text(self, language: str) -> str:
        """The sentence, with the first reasons in the reader's language."""
        reasons = [_reason(each, language) for each in cast("list[dict[str, Any]]", self.fields["first"])]
        fields = self.fields | {"first": reasons}
        return text(language, f"errors.{self.code}", **_words(fields, language))


def _reason(refused: Mapping[str, Any], language: str) -> str:
    """One refused row in words."""
    why = text(language, f"reasons.{refused['reason']}", **json.loads(refused["fields"] or "{}"))
    return text(language, "workspace.refused_row", line=refused["line"], column=refused["column"], why=why)


class NotAWorkspaceError(AnalysisError):
    """The folder holds other files."""

    def __init__(self, folder: str, found: Sequence[str]) -> None:
        super().__init__(folder=folder, found=list(found))


class NotWritableError(AnalysisError):
    """The workspace's folder cannot be written."""

    def __init__(self, folder: str, why: str) -> None:
        super().__init__(folder=folder, why=why)


class NewerWorkspaceError(AnalysisError):
    """A newer version wrote the workspace."""

    def __init__(self, folder: str, found: int, known: int) -> None:
        super().__init__(folder=folder, found=found, known=known)


class WorkspaceBusyError(AnalysisError):
    """Another import or change has held the workspace for too long."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder=folder)


class DiskFullError(AnalysisError):
    """No space left; nothing of the change has been kept."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder=folder)


class NoFileError(AnalysisError):
    """A path where no file is."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


class EmptyFileError(AnalysisError):
    """A file without any value."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


class NotATableError(AnalysisError):
    """A picture, an archive, or bytes that are no text."""

    def __init__(self, name: str, found: str) -> None:
        super().__init__(name=name, found=found)


class DamagedFileError(AnalysisError):
    """A workbook that opens and is broken inside."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


class WebPageError(AnalysisError):
    """An HTML or XML page under the name of a workbook or a CSV file."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


class PasswordProtectedError(AnalysisError):
    """An encrypted workbook."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


class UndecodableError(AnalysisError):
    """Bytes that do not fit the encoding."""

    def __init__(self, name: str, line: int, *tried: str) -> None:
        super().__init__(name=name, line=line, tried=list(tried))


class UnclosedQuoteError(AnalysisError):
    """A quotation mark that is opened and never closed."""

    def __init__(self, name: str, line: int) -> None:
        super().__init__(name=name, line=line)


class OnlyHeaderError(AnalysisError):
    """A header without a row below it."""

    def __init__(self, name: str, line: int, columns: Sequence[str]) -> None:
        super().__init__(name=name, line=line, columns=list(columns)[:8])


class HeaderLineError(AnalysisError):
    """The line that was given as the header is blank or behind the end."""

    def __init__(self, name: str, line: int) -> None:
        super().__init__(name=name, line=line)


class MissingRolesError(AnalysisError):
    """No column was chosen for what a kind of table must have."""

    def __init__(self, name: str, kind: str, missing: Sequence[str], columns: Sequence[str]) -> None:
        super().__init__(name=name, kind=kind, missing=list(missing), columns=list(columns)[:12])

    def text(self, language: str) -> str:
        """The sentence, with kind and roles as the reader's language calls them."""
        roles = [text(language, f"exports.role_{role}") for role in cast("list[str]", self.fields["missing"])]
        kind = text(language, f"exports.kind_{self.fields['kind']}")
        return text(language, f"errors.{self.code}", **_words(self.fields | {"missing": roles, "kind": kind}, language))


class ColumnTwiceError(AnalysisError):
    """One column chosen for two roles."""

    def __init__(self, name: str, column: str, roles: Sequence[str]) -> None:
        super().__init__(name=name, column=column, roles=list(roles))

    def text(self, language: str) -> str:
        """The sentence, with the roles as the reader's language calls them."""
        roles = [text(language, f"exports.role_{role}") for role in cast("list[str]", self.fields["roles"])]
        return text(language, f"errors.{self.code}", **_words(self.fields | {"roles": roles}, language))


class RoleNameError(AnalysisError):
    """A column kept as a dimension is called like a role."""

    def __init__(self, name: str, column: str, role: str) -> None:
        super().__init__(name=name, column=column, role=role)


class TwoFormsError(AnalysisError):
    """A list of cases that is said to hold a date per step and a column of steps as well."""

    def __init__(self, name: str, steps: Sequence[str], columns: Sequence[str]) -> None:
        super().__init__(name=name, steps=list(steps), columns=list(columns))


class ConstantError(AnalysisError):
    """A value for the whole file that its role cannot hold."""

    def __init__(self, role: str, value: str) -> None:
        super().__init__(role=role, value=value)


class MapTextError(AnalysisError):
    """A text that says nothing like user_id=ユーザーID."""

    def __init__(self, value: str) -> None:
        super().__init__(value=value)


class ListsError(AnalysisError):
    """Two imports that are not lists of the same kind are compared."""

    def __init__(self, old: str, new: str) -> None:
        super().__init__(old=old, new=new)


class NotEmptyError(AnalysisError):
    """A saved workspace is restored into one that holds imports."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder=folder)


class NotASavedWorkspaceError(AnalysisError):
    """The file is no saved workspace."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


class DamagedArchiveError(AnalysisError):
    """A file in the saved workspace is missing, added or changed."""

    def __init__(self, name: str, file: str) -> None:
        super().__init__(name=name, file=file)


class NoStageError(AnalysisError):
    """Stages are counted, and there is none."""


class DuplicateStageError(AnalysisError):
    """Two stages have the same name."""

    def __init__(self, stage: str) -> None:
        super().__init__(stage=stage)


class StageRuleError(AnalysisError):
    """A stage without a rule, or with one that cannot be read."""

    def __init__(self, stage: str, found: object) -> None:
        super().__init__(stage=stage, found=found if found else "–")


class StageGoalError(AnalysisError):
    """A goal above 100 % or below 0."""

    def __init__(self, stage: str, found: object) -> None:
        super().__init__(stage=stage, found=found)


class StagesTextError(AnalysisError):
    """Something that holds no stages, or stages of a later version."""

    def __init__(self, found: object) -> None:
        super().__init__(found=found)


class PlanTextError(AnalysisError):
    """Something that holds no order of steps, or one of a later version."""

    def __init__(self, found: object) -> None:
        super().__init__(found=found)


class AimsTextError(AnalysisError):
    """Something that holds no aims, or aims of a later version."""

    def __init__(self, found: object) -> None:
        super().__init__(found=found)


class TwoGoalsError(AnalysisError):
    """Two goals for the same stage, group and period."""

    def __init__(self, stage: str, period: str, group: Sequence[object]) -> None:
        super().__init__(stage=stage, period=period, group=list(group))


class NoStepsError(AnalysisError):
    """A funnel without a step, or with a step that names no activity."""


class FirstStepError(AnalysisError):
    """A funnel whose first step is optional: nobody would have to enter it."""

    def __init__(self, step: str) -> None:
        super().__init__(step=step)


class OptionalStepError(AnalysisError):
    """An optional step in a funnel without an order."""

    def __init__(self, step: str) -> None:
        super().__init__(step=step)


class UnknownStepError(AnalysisError):
    """A step that no event of the log has."""

    def __init__(self, step: str, available: Sequence[str]) -> None:
        near = get_close_matches(step, available, n=1, cutoff=0)
        super().__init__(step=step, near=near, available=sorted(available)[:20])


class UnknownProductError(AnalysisError):
    """A step of products that nobody bought."""

    def __init__(self, unknown: UnknownStepError) -> None:
        super().__init__(**unknown.fields)


class FunnelsTextError(AnalysisError):
    """Something that holds no funnels or no step of one, or one of a later version."""

    def __init__(self, found: object) -> None:
        super().__init__(found=found)


class WindowError(AnalysisError):
    """A window that is no length of time, or none longer than zero."""

    def __init__(self, value: object) -> None:
        super().__init__(value=str(value))


class EmptyOrderError(AnalysisError):
    """Steps or phases are asked for, and none is named."""


class OrderCycleError(AnalysisError):
    """A step or phase stands twice in an order, which would run in a circle."""

    def __init__(self, name: str, order: Sequence[str]) -> None:
        super().__init__(name=name, order=list(order))


class StepNameError(AnalysisError):
    """Steps that no case has ever entered, each with what is written most like it."""

    def __init__(self, steps: Sequence[str], available: Sequence[str]) -> None:
        near = [name for step in steps for name in get_close_matches(step, available, n=1, cutoff=0)]
        super().__init__(steps=list(steps), near=list(dict.fromkeys(near)), available=list(available)[:20])


class PhaseNameError(AnalysisError):
    """Deals stand in a phase that the order of phases does not name."""

    def __init__(self, phases: Sequence[str], order: Sequence[str]) -> None:
        near = [name for phase in phases for name in get_close_matches(phase, order, n=1, cutoff=0)]
        super().__init__(phases=list(phases), near=list(dict.fromkeys(near)), order=list(order))


class BothOutcomesError(AnalysisError):
    """A phase that is said to mean won and lost."""

    def __init__(self, phases: Sequence[str]) -> None:
        super().__init__(phases=list(phases))


class AimError(AnalysisError):
    """An aim that names no segment, or whose share is not between 0 and 1."""

    def __init__(self, aim: object) -> None:
        super().__init__(aim=str(aim))


class FunnelsDifferError(AnalysisError):
    """Two funnels that do not have the same steps, each once."""

    def __init__(self, steps: Sequence[str], found: Sequence[str]) -> None:
        super().__init__(steps=list(steps), found=list(found))


class NoStateError(AnalysisError):
    """Levels are asked for, and there is no state."""


class DuplicateStateError(AnalysisError):
    """Two states have the same name."""

    def __init__(self, state: str) -> None:
        super().__init__(state=state)


class DuplicateLevelError(AnalysisError):
    """Two levels have the same name."""

    def __init__(self, level: str) -> None:
        super().__init__(level=level)


class StateRuleError(AnalysisError):
    """A state without a rule, or with one that cannot be read."""

    def __init__(self, state: str, found: object) -> None:
        super().__init__(state=state, found=_begins(found) if found else "–")


class StatePartError(AnalysisError):
    """A state that is put together of one that does not exist, or of itself."""

    def __init__(self, state: str, part: str, available: Sequence[str]) -> None:
        super().__init__(state=state, part=part, available=list(available) or ["–"])


class StateWeightError(AnalysisError):
    """A weight that is no number, or too large a one."""

    def __init__(self, state: str, found: object) -> None:
        super().__init__(state=state, found=_begins(found))


class LevelThresholdError(AnalysisError):
    """The threshold of a level is no number, or not above that of the level before."""

    def __init__(self, level: str, found: object) -> None:
        super().__init__(level=level, found=_begins(found))


class UnreachableLevelError(AnalysisError):
    """A level that needs more points than all states together give."""

    def __init__(self, level: str, found: float, most: float) -> None:
        super().__init__(level=level, found=f"{found:g}", most=f"{most:g}")


class LevelsTextError(AnalysisError):
    """Something that holds no levels, or levels of a later version."""

    def __init__(self, found: object) -> None:
        super().__init__(found=_begins(found))


class MissingTableError(AnalysisError):
    """A state looks at a table that is not there."""

    def __init__(self, state: str, table: str, available: Sequence[str]) -> None:
        super().__init__(state=state, table=table, available=list(available) or ["–"])


class NoOutcomeError(AnalysisError):
    """States are held against an outcome that is known of nobody."""


class OneOutcomeError(AnalysisError):
    """An outcome that is the same for everybody: nothing can go together with it."""

    def __init__(self, value: int, customers: int) -> None:
        super().__init__(value=value, n=customers)


class OutcomeValueError(AnalysisError):
    """An outcome with values that are neither 1 nor 0, nor words for them."""

    def __init__(self, column: str, found: Sequence[object]) -> None:
        super().__init__(column=column, found=list(found))


class OpenOutcomeError(AnalysisError):
    """An outcome over a period that is not over: what has not happened yet may still happen."""

    def __init__(self, period: str, known: date) -> None:
        super().__init__(period=period, known=f"{known:%Y-%m-%d}")


class LeadError(AnalysisError):
    """A lead that is no whole number of days, at least one."""

    def __init__(self, value: object) -> None:
        super().__init__(value=value)


class LateStatesError(AnalysisError):
    """Outcomes that lie before the states, or too close behind them."""

    def __init__(self, customers: int, as_of: date, lead_days: int, first: date) -> None:
        days = {"as_of": f"{as_of:%Y-%m-%d}", "first": f"{first:%Y-%m-%d}"}
        super().__init__(n=customers, lead=lead_days, **days)


class LeakageError(AnalysisError):
    """A state that was written down after the day on which it had to be known."""

    def __init__(self, state: str, customers: int, recorded: date) -> None:
        super().__init__(state=state, n=customers, recorded=f"{recorded:%Y-%m-%d}")


class MarkError(AnalysisError):
    """A mark on a check sheet that the rule could never give."""

    def __init__(self, customer: object, found: object, choices: Sequence[object]) -> None:
        super().__init__(customer=customer, found=found, choices=list(choices))


class NoGroupError(AnalysisError):
    """A grouping of products without a group."""

    def __init__(self, grouping: str) -> None:
        super().__init__(grouping=grouping)


class EmptyGroupError(AnalysisError):
    """A group of products without a rule."""

    def __init__(self, group: str) -> None:
        super().__init__(group=group)


class GroupNameError(AnalysisError):
    """A name that no group of products can have."""

    def __init__(self, found: object) -> None:
        super().__init__(found=found or "–")


class DuplicateGroupError(AnalysisError):
    """Two groups of one grouping have the same name."""

    def __init__(self, grouping: str, group: str) -> None:
        super().__init__(grouping=grouping, group=group)


class DuplicateGroupingError(AnalysisError):
    """Two groupings have the same name."""

    def __init__(self, grouping: str) -> None:
        super().__init__(grouping=grouping)


class GroupRuleError(AnalysisError):
    """A rule of a group of products that cannot be read."""

    def __init__(self, kind: object, found: object) -> None:
        super().__init__(kind=kind or "–", found=found or "–")


class GroupDatesError(AnalysisError):
    """A rule of a group of products whose days are none, or end before they begin."""

    def __init__(self, rule: object, valid_from: object, valid_to: object) -> None:
        super().__init__(rule=rule, valid_from=valid_from or "–", valid_to=valid_to or "–")


class ProductGroupsTextError(AnalysisError):
    """Something that holds no product groups, or those of a later version."""

    def __init__(self, found: object) -> None:
        super().__init__(found=found)


class UnknownGroupingError(AnalysisError):
    """A grouping that there is not."""

    def __init__(self, grouping: str, available: Sequence[str]) -> None:
        super().__init__(grouping=grouping, available=list(available) or ["–"])


class BeforeFirstOrderError(AnalysisError):
    """A day on which nothing had been ordered yet."""

    def __init__(self, as_of: date, first: date) -> None:
        super().__init__(as_of=f"{as_of:%Y-%m-%d}", first=f"{first:%Y-%m-%d}")


class CurrenciesError(AnalysisError):
    """Amounts in several currencies, which nobody can add up."""

    def __init__(self, found: Sequence[str]) -> None:
        super().__init__(found=list(found), n=len(found))


class MergeError(AnalysisError):
    """Ways of writing a customer that lead back to each other, or to nobody."""

    def __init__(self, written: Sequence[str]) -> None:
        super().__init__(written=list(written))


class MergesTextError(AnalysisError):
    """Something that holds no decisions about customers, or those of a later version."""

    def __init__(self, found: object) -> None:
        super().__init__(found=found)


class BandThresholdError(AnalysisError):
    """Thresholds of bands that do not rise between 0 and 1."""

    def __init__(self, found: Sequence[object]) -> None:
        super().__init__(found=list(found) or ["–"])


class TooFewCustomersError(AnalysisError):
    """Fewer customers than a comparison needs."""

    def __init__(self, found: int, needed: int) -> None:
        super().__init__(found=found, needed=needed)


class EqualValuesError(AnalysisError):
    """A measure by which all customers are equal, so that nobody stands before anybody."""

    def __init__(self, measure: str, value: object) -> None:
        super().__init__(measure=measure, value=value)


class ZeroWeightsError(AnalysisError):
    """Weights of which none counts."""

    def __init__(self, measures: Sequence[str]) -> None:
        super().__init__(measures=list(measures) or ["–"])


class WeightError(AnalysisError):
    """A weight that is no number."""

    def __init__(self, measure: str, found: object) -> None:
        super().__init__(measure=measure, found=found)


class ScoreCutsError(AnalysisError):
    """Thresholds of scores that do not rise, or that are for a measure that RFM does not have."""

    def __init__(self, measure: str, found: object) -> None:
        super().__init__(measure=measure, found=found)


class SegmentsTextError(AnalysisError):
    """Something that holds no segments, or those of a later version."""

    def __init__(self, found: object) -> None:
        super().__init__(found=found)


class DuplicateSegmentError(AnalysisError):
    """Two segments have the same name."""

    def __init__(self, segment: str) -> None:
        super().__init__(segment=segment)


class RankingCountError(AnalysisError):
    """Fewer or more rankings than can be laid side by side."""

    def __init__(self, found: Sequence[str], least: int) -> None:
        super().__init__(found=list(found) or ["–"], least=least)


class GroupLineError(AnalysisError):
    """A line of a table of product groups that cannot be read, and why."""

    def __init__(self, file: str, line: int, mistake: AnalysisError) -> None:
        super().__init__(file=file, line=line, mistake=mistake)

    def text(self, language: str) -> str:
        mistake = cast("AnalysisError", self.fields["mistake"])
        fields = {name: self.fields[name] for name in ("file", "line")}
        return text(language, f"errors.{self.code}", **fields, mistake=mistake.text(language))


class NoteTextError(AnalysisError):
    """A note in which nothing is written, or too much."""

    def __init__(self, length: int, most: int) -> None:
        super().__init__(length=length, most=most)


class NotesTextError(AnalysisError):
    """Something that holds no notes, or those of a later version."""

    def __init__(self, found: object) -> None:
        super().__init__(found=found)

"""Funnels as data: named steps with their order and window, as a workspace keeps them and a link carries them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.errors import AnalysisError, FunnelsTextError
from analysis.funnel_steps import ORDERS as ORDERINGS
from analysis.funnel_steps import Step

SETTING = "funnels"
VERSION = 1
PARTS = {"any_of", "where", "optional", "name"}
LOG, ORDERS = "log", "orders"  # what its steps are: activities, or products
NAMED = {"name", "steps", "within", "order"}


@dataclass(frozen=True)
class Funnel:
    """A funnel that somebody named.

    Attributes:
        name: unique among those that a workspace keeps.
        steps: in order.
        within: the window as a text (`30d`, see `funnel_steps.window`); None: no limit.
        order: one of `funnel_steps.ORDERS`.
        of: `LOG` (steps are activities) or `ORDERS` (they are products).
        grouping: name of the grouping of the products; None: bare codes, or no products.
    """

    name: str
    steps: tuple[Step, ...]
    within: str | None = None
    order: str = "in_order"
    of: str = LOG
    grouping: str | None = None


@dataclass(frozen=True)
class Funnels:
    """The funnels of a workspace, by name."""

    listed: tuple[Funnel, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Their names, in order."""
        return tuple(each.name for each in self.listed)

    def named(self, name: str) -> Funnel | None:
        """The funnel of this name."""
        return next((each for each in self.listed if each.name == name), None)

    def kept(self, funnel: Funnel) -> "Funnels":
        """With this one, in the place of one of the same name."""
        if funnel.name not in self.names:
            return Funnels((*self.listed, funnel))
        return Funnels(tuple(funnel if each.name == funnel.name else each for each in self.listed))

    def without(self, name: str) -> "Funnels":
        """All but this one."""
        return Funnels(tuple(each for each in self.listed if each.name != name))

    def to_json(self) -> str:
        """What `from_json` reads back."""
        listed = [_tree_of(each) for each in self.listed]
        return json.dumps({"version": VERSION, "funnels": listed}, ensure_ascii=False)

    @classmethod
    def from_json(cls, written: str) -> "Funnels":
        """The funnels that `to_json` wrote.

        Raises:
            FunnelsTextError: the text holds no funnels, or those of a later version.
        """
        tree = _tree(written)
        if not isinstance(tree, dict) or tree.get("version") != VERSION or not isinstance(tree.get("funnels"), list):
            raise FunnelsTextError(written)
        return cls(tuple(_funnel(each) for each in tree["funnels"]))


def step_text(step: Step) -> str:
    """A step as one short text, for a link."""
    return json.dumps(step_tree(step), ensure_ascii=False, separators=(",", ":"))


def step_of(written: str) -> Step:
    """The step that `step_text` wrote.

    Raises:
        FunnelsTextError: the text is no step.
    """
    return _step(_tree(written))


def step_tree(step: Step) -> Any:
    """A step as plain data: its activities, or an object where it has more than these."""
    tree: dict[str, Any] = {"any_of": list(step.activities)}
    tree |= {"where": dict(step.rule.tree)} if step.rule else {}
    tree |= {"optional": True} if step.optional else {}
    tree |= {"name": step.name} if step.name else {}
    return tree if len(tree) > 1 else tree["any_of"]


def _tree(written: str) -> Any:
    try:
        return json.loads(written)
    except (ValueError, RecursionError):
        raise FunnelsTextError(written) from None


def _step(tree: object) -> Step:
    parts = {"any_of": tree} if isinstance(tree, list) else tree
    if not isinstance(parts, Mapping) or not set(parts) <= PARTS or not _are_texts(parts.get("any_of")):
        raise FunnelsTextError(tree)
    name, optional = parts.get("name"), parts.get("optional", False)
    if not isinstance(name, str | None) or not isinstance(optional, bool):
        raise FunnelsTextError(tree)
    try:
        return Step(parts["any_of"], where=parts.get("where"), optional=optional, name=name or None)
    except (AnalysisError, ValueError, TypeError):
        raise FunnelsTextError(tree) from None


def _are_texts(found: object) -> bool:
    return isinstance(found, list) and all(isinstance(each, str) for each in found)


def _tree_of(funnel: Funnel) -> dict[str, Any]:
    """A funnel as plain data; one over the log as it was written before there were others."""
    steps = [step_tree(step) for step in funnel.steps]
    tree = {"name": funnel.name, "steps": steps, "within": funnel.within, "order": funnel.order}
    return tree if funnel.of == LOG else {**tree, "of": funnel.of, "grouping": funnel.grouping}


def _funnel(tree: object) -> Funnel:
    if not isinstance(tree, Mapping) or set(tree) not in (NAMED, NAMED | {"of", "grouping"}):
        raise FunnelsTextError(tree)
    name, steps, within = tree["name"], tree["steps"], tree["within"]
    of, grouping = tree.get("of", LOG), tree.get("grouping")
    fits = isinstance(name, str) and name.strip() and isinstance(steps, list) and isinstance(within, str | None)
    if not fits or tree["order"] not in ORDERINGS or of not in (LOG, ORDERS) or not isinstance(grouping, str | None):
        raise FunnelsTextError(tree)
    return Funnel(name, tuple(_step(each) for each in steps), within, tree["order"], of, grouping)

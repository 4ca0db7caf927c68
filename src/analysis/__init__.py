"""Genzaichi's analysis: the same functions for the browser, the notebook, the command line and a cluster."""

import sys
from importlib import import_module
from types import ModuleType

_HOMES = {
    "active_rate": ("active_rate", "active_rate_pivot"),
    "business_days": ("BusinessDays",),
    "case_forms": ("cases_from_snapshots", "long_cases"),
    "case_lists": ("cases_of_lists",),
    "case_totals": ("case_totals", "cases_in_state"),
    "check_sheet": ("check_sheet", "check_summary", "check_table"),
    "compare_rankings": ("compare_rankings", "rank_gaps"),
    "composite": ("composite", "composite_parts"),
    "concentration": ("concentration",),
    "customer_base": ("customers_of",),
    "customer_merge": ("merge_candidates",),
    "customer_names": ("customer_names",),
    "customer_notes": ("CustomerNotes", "Note"),
    "customer_timeline": ("customer_timeline",),
    "customers": ("measure_customers", "missing_measures", "orders_are_numbers"),
    "deal_people": ("pipeline_deals",),
    "errors": ("AnalysisError",),
    "exports": ("Export", "read_export"),
    "first_products": ("first_product_customers", "first_products"),
    "funnel": ("funnel",),
    "funnel_arrays": ("FunnelArrays",),
    "funnel_compare": ("funnel_compare",),
    "funnel_definitions": ("Funnel", "Funnels"),
    "funnel_people": ("funnel_people",),
    "funnel_steps": ("Step",),
    "level_definitions": ("Level", "Levels", "State"),
    "level_movement": ("level_movement", "level_movers"),
    "level_outcomes": ("amount_outcome", "column_outcome", "renewal_outcome", "state_as_outcome"),
    "level_questions": ("ask_outcome", "customer_states", "held"),
    "levels": ("level_customers", "level_distribution", "level_matrix", "state_counts"),
    "lifecycle": ("active_intervals", "lifecycle", "lifecycle_people", "stickiness"),
    "loss_reasons": ("loss_reasons",),
    "movement": ("mix_effect", "movement", "movers"),
    "merge_decisions": ("Decision", "Decisions"),
    "order_checks": ("cancellation_counts", "customer_lines"),
    "order_lines": ("CANCELLATIONS", "currencies", "means_cancelled"),
    "next_products": ("next_product_customers", "next_products"),
    "people": ("id_equation", "overlap", "people"),
    "period": ("Period",),
    "pipeline": ("open_ages", "outcomes", "pipeline"),
    "process": ("step_times", "waiting"),
    "product_catch": ("in_groups", "product_activity", "with_groups"),
    "product_funnel": ("bought_products", "product_funnel", "product_funnel_people"),
    "product_groups": ("Grouping", "Groupings", "ProductGroup"),
    "product_names": ("product_names",),
    "product_pairs": ("combination_customers", "combinations"),
    "product_preview": ("preview", "preview_codes"),
    "product_rules": ("GroupRule",),
    "products": ("product_customers", "product_measures"),
    "rank_changes": ("rank_changes",),
    "ranking": ("active_customers", "rank_bands", "rank_customers", "top_customers"),
    "retention": ("retention", "retention_curve", "retention_people"),
    "rfm": ("rfm", "rfm_bins"),
    "rfm_migration": ("rfm_migration", "rfm_movers"),
    "rfm_segments": ("Segment", "Segments", "standard_segments"),
    "rules": ("Rule",),
    "single_contact": ("contact_customers", "single_contact"),
    "stage_definitions": ("Stage", "Stages", "standard_stages"),
    "stage_movement": ("stage_movement", "stage_movers", "stage_moves"),
    "stage_people": ("stage_people",),
    "stage_verdicts": ("stage_verdicts", "verdict_sentence"),
    "stages": ("stages", "stages_with_total"),
    "stalled_deals": ("stalled_deals",),
    "state_outcome": ("state_outcome", "state_outcome_customers"),
    "step_people": ("case_checks", "case_entries", "step_cases"),
    "surprises": ("surprises",),
    "trend": ("active_rate_trend",),
    "win_rate": ("aimed_share", "win_rate"),
    "workspace": ("Workspace",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}
__all__ = list(_HOME_OF)


def __getattr__(name: str) -> object:
    """Loads a name when it is first asked for, so that `import analysis` costs nothing."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'analysis' has no attribute {name!r}")
    value = getattr(import_module(f"analysis.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


class _Package(ModuleType):
    """A package in which a name stays the function, although its module of the same name is loaded."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOME_OF and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __dir__() -> list[str]:
    return sorted(__all__)

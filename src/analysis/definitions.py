"""What every number means, said once: captions, export sheets and notebooks read it here."""

from dataclasses import dataclass

from analysis.words import text

PARTS = (
    "term",
    "sentence",
    "formula",
    "numerator",
    "denominator",
    "left_out",
    "interval",
    "partial",
    "source",
)
# said in the same words wherever they hold
SHARED = {"interval": "definitions.shared.interval", "partial": "definitions.shared.partial"}


@dataclass(frozen=True)
class Definition:
    """The meaning of one number.

    Attributes:
        key: the number's name in results and in `locales/*/definitions.po`.
        parts: which of `PARTS` it has, in that order; every one has `term`, `sentence` and `formula`.
    """

    key: str
    parts: tuple[str, ...]

    def words(self, language: str) -> dict[str, str]:
        """Part -> its words in `language`, in the order of `PARTS`."""
        return {part: text(language, SHARED.get(part, f"definitions.{self.key}.{part}")) for part in self.parts}

    def rows(self, language: str) -> list[tuple[str, str]]:
        """Heading and words of every part: what stands behind 「計算のしかた」 and in a sheet of definitions."""
        return [(text(language, f"definitions.part.{part}"), words) for part, words in self.words(language).items()]

    def term(self, language: str) -> str:
        """What the number is called."""
        return self.words(language)["term"]


def _define(key: str, *more: str) -> Definition:
    return Definition(key, tuple(part for part in PARTS if part in ("term", "sentence", "formula", *more)))


RATE = ("numerator", "denominator", "left_out", "interval", "partial", "source")

DEFINITIONS = {
    each.key: each
    for each in (
        _define("active_rate", *RATE),
        _define("valid_users", "left_out", "source"),
        _define("active_users", "left_out", "source"),
        _define("inactive", "source"),
        _define("never", "left_out", "source"),
        _define("invalid", "source"),
        _define("outside", "left_out", "source"),
        _define("id_equation", "left_out", "source"),
        _define("overlap", "source"),
        _define("change", "left_out", "partial", "source"),
        _define("began", "left_out", "partial", "source"),
        _define("stopped", "left_out", "partial", "source"),
        _define("kept", "left_out", "source"),
        _define("neither", "left_out", "source"),
        _define("joined", "source"),
        _define("joined_active", "source"),
        _define("left", "source"),
        _define("left_active", "source"),
        _define("mix_effect", "partial", "source"),
        _define("rate_effect", "partial", "source"),
        _define("last_active", "left_out", "source"),
        _define("days_active", "source"),
        _define("gap_to_goal", "partial", "source"),
        _define("funnel", "numerator", "denominator", "left_out", "interval", "source"),
        _define("product_funnel", "numerator", "denominator", "left_out", "interval", "source"),
        _define("funnel_entered", "left_out", "source"),
        _define("funnel_reached", "left_out", "source"),
        _define("funnel_waiting", "left_out", "source"),
        _define("funnel_lost", "left_out", "source"),
        _define("funnel_step_rate", "numerator", "denominator", "source"),
        _define("funnel_days", "left_out", "source"),
        _define("funnel_difference", "left_out", "source"),
        _define("stage_rate", *RATE),
        _define("stage_gap", "partial", "source"),
        _define("standing", "source"),
        _define("skipped", "left_out", "source"),
        _define("stage_verdict", "left_out", "source"),
        _define("rose", "partial", "source"),
        _define("fell", "partial", "source"),
        _define("stayed", "source"),
        _define("new", "left_out", "partial", "source"),
        _define("returning", "source"),
        _define("resurrected", "source"),
        _define("dormant", "left_out", "partial", "source"),
        _define("stickiness", "numerator", "denominator", "left_out", "partial", "source"),
        _define("active_intervals", "left_out", "source"),
        _define("retention_rate", *RATE),
        _define("process", "left_out", "source"),
        _define("pipeline", "left_out", "source"),
        _define("step_reached", "left_out", "source"),
        _define("step_waiting", "left_out", "source"),
        _define("step_rework", "source"),
        _define("step_skipped", "source"),
        _define("step_days", "left_out", "source"),
        _define("step_km_days", "left_out", "source"),
        _define("step_unsure", "source"),
        _define("step_business_days", "source"),
        _define("phase_deals", "left_out", "source"),
        _define("phase_rate", "numerator", "denominator", "left_out", "interval", "source"),
        _define("deal_days", "left_out", "source"),
        _define("days_over", "left_out", "source"),
        _define("win_rate", "numerator", "denominator", "left_out", "interval", "source"),
        _define("shrunk_rate", "interval", "source"),
        _define("aimed_share", "numerator", "denominator", "interval", "source"),
        _define("loss_share", "numerator", "denominator", "left_out", "source"),
        _define("level", "left_out", "source"),
        _define("level_score", "left_out", "source"),
        _define("state_rate", "numerator", "denominator", "left_out", "interval", "source"),
        _define("level_rate", "numerator", "denominator", "left_out", "interval", "source"),
        _define("level_move", "left_out", "source"),
        _define("base_rate", "numerator", "denominator", "left_out", "interval", "source"),
        _define("ppv", "numerator", "denominator", "left_out", "interval", "source"),
        _define("npv", "numerator", "denominator", "left_out", "interval", "source"),
        _define("lift", "left_out", "source"),
        _define("phi", "left_out", "source"),
        _define("agreement_rate", "numerator", "denominator", "left_out", "interval", "source"),
        _define("kappa", "left_out", "source"),
        _define("product_groups", "left_out", "source"),
        _define("product_amount", "left_out", "source"),
        _define("product_customers", "left_out", "source"),
        _define("repeat_rate", "numerator", "denominator", "left_out", "interval", "source"),
        _define("next_product", "left_out", "source"),
        _define("combination", "left_out", "source"),
        _define("customer_record", "left_out", "source"),
        _define("customer_amount", "left_out", "source"),
        _define("customer_orders", "left_out", "source"),
        _define("average_order", "source"),
        _define("customer_products", "left_out", "source"),
        _define("customer_recency", "left_out", "source"),
        _define("customer_interval", "left_out", "source"),
        _define("customer_inquiries", "left_out", "source"),
        _define("customer_visits", "source"),
        _define("customer_use", "left_out", "source"),
        _define("customer_contract", "left_out", "source"),
        _define("customer_deals", "source"),
        _define("customer_merge", "left_out", "source"),
        _define("single_contact", "numerator", "denominator", "left_out", "source"),
        _define("customer_rank", "left_out", "source"),
        _define("abc_band", "left_out", "source"),
        _define("concentration", "left_out", "source"),
        _define("rank_change", "left_out", "source"),
        _define("rfm", "left_out", "source"),
        _define("rfm_segment", "left_out", "source"),
        _define("composite", "left_out", "source"),
        _define("top_overlap", "left_out", "source"),
        _define("rank_correlation", "left_out", "source"),
        _define("surprise", "left_out", "source"),
    )
}
ACTIVE_RATE = DEFINITIONS["active_rate"]
FUNNEL = DEFINITIONS["funnel"]

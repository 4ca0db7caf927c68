"""What a 2x2 table says: how a state and an outcome go together, with 95 % intervals."""

import narwhals.stable.v2 as nw

from analysis.frames import Z95, Frame, ratio, wilson

CELLS = ("both", "state_only", "outcome_only", "neither")
MEASURES = ("base_rate", "ppv", "npv", "without_rate", "lift", "phi")
ASSOCIATION = tuple(f"{name}{end}" for name in MEASURES for end in ("", "_low", "_high"))


def associated(counts: Frame) -> Frame:
    """The counts with what they say.

    With the state: `both` had the outcome, `state_only` not; without it: `outcome_only` had it, `neither` not.

    - `base_rate`: the outcome among all; `ppv`: among those with the state; `without_rate`: among those without it;
      `npv`: no outcome among those without it (1 − `without_rate`). Intervals of Wilson (1927).
    - `lift` = ppv / base_rate; 1: no more often than anybody. Its interval is that of the ratio of the two risks,
      exp(ln RR ± z √(1/a − 1/(a+b) + 1/c − 1/(c+d))) (Katz, Baptista, Azen & Pike, Biometrics 34, 1978), carried over
      with the share of customers in the state held: lift = 1 / (w + (1 − w) / RR), w = (a+b)/n.
      Null where the outcome occurs on one side only.
    - `phi` = (ad − bc) / √((a+b)(c+d)(a+c)(b+d)), from −1 to 1: the correlation of two columns of 0 and 1
      (Pearson 1900, Yule 1912). Its interval is tanh(artanh φ ± z / √(n − 3)) (Fisher 1921), an approximation for
      columns of 0 and 1; null for n < 4 and for ±1.

    Args:
        counts: `customers`, `with_state`, `with_outcome` and the four cells, as Int64.

    Returns:
        The same rows with `ASSOCIATION`; null where a denominator is 0.
    """
    sides = counts.with_columns(
        without_state=nw.col("customers") - nw.col("with_state"),
        _without_outcome=nw.col("customers") - nw.col("with_outcome"),
    )
    shares = sides
    for name, hits, trials in (
        ("base_rate", "with_outcome", "customers"),
        ("ppv", "both", "with_state"),
        ("npv", "neither", "without_state"),
        ("without_rate", "outcome_only", "without_state"),
    ):
        low, high = wilson(hits, trials)
        shares = shares.with_columns(
            ratio(hits, trials).alias(name), low.alias(f"{name}_low"), high.alias(f"{name}_high")
        )
    return _with_phi(_with_lift(shares))


def _with_lift(counts: Frame) -> Frame:
    a, c, n = _positive("both"), _positive("outcome_only"), _positive("customers")
    inside, outside, ones = _positive("with_state"), _positive("without_state"), _positive("with_outcome")
    error = (1 / a - 1 / inside + 1 / c - 1 / outside).sqrt() * Z95
    risks = counts.with_columns(_risk=(a / inside) / (c / outside), _error=error, _share=inside / n)
    share, bounds = nw.col("_share"), {}
    for end, sign in (("_low", -1), ("_high", 1)):
        bound = nw.col("_risk") * (nw.col("_error") * sign).exp()
        bounds[f"lift{end}"] = 1 / (share + (1 - share) / bound)
    both = nw.col("both").cast(nw.Float64)
    return risks.with_columns(lift=(both / inside) / (ones / n), **bounds)


def _with_phi(counts: Frame) -> Frame:
    a, b, c, d = (nw.col(name).cast(nw.Float64) for name in CELLS)
    margins = [_positive(name) for name in ("with_state", "without_state", "with_outcome", "_without_outcome")]
    # one root a margin: their product may be too large
    size = margins[0].sqrt() * margins[1].sqrt() * margins[2].sqrt() * margins[3].sqrt()
    valued = counts.with_columns(phi=(a * d - b * c) / size)
    phi = nw.col("phi")
    # ±1 is known by its empty cells, not by a float
    bounded = ((a > 0) | (d > 0)) & ((b > 0) | (c > 0)) & (nw.col("customers") > 3)
    inner = nw.when(bounded).then(phi)
    z = ((1 + inner) / (1 - inner)).log() / 2
    spread = Z95 / nw.when(bounded).then(nw.col("customers").cast(nw.Float64) - 3).sqrt()
    ends = {}
    for end, sign in (("_low", -1), ("_high", 1)):
        power = ((z + spread * sign) * 2).exp()
        ends[f"phi{end}"] = (power - 1) / (power + 1)
    return valued.with_columns(**ends)


def _positive(count: str) -> nw.Expr:
    """A count to divide by: null where it is 0, which Spark would refuse."""
    return nw.when(nw.col(count) > 0).then(nw.col(count)).cast(nw.Float64)

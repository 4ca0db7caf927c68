"""Charts of rankings, through the specification they compile to: who is drawn where, and what is said."""

import pandas as pd
import pytest
from drawn import layers

import analysis as an
from analysis.charts import (
    DARK,
    LIGHT,
    PICKED_PRODUCT,
    pareto,
    pareto_finding,
    product_bars,
    slopes,
    slopes_finding,
    styled,
    waterfall,
    waterfall_finding,
)


def board(*customers):
    """`label, marked, rank, rank, …`: one row per customer and ranking."""
    rows = [
        {
            "customer": label,
            "label": label,
            "column": i,
            "rank": rank,
            "at": rank,
            "said": f"{rank}/9",
            "marked": marked,
        }
        for label, marked, *ranks in customers
        for i, rank in enumerate(ranks)
    ]
    return pd.DataFrame(rows)


BOARD = board(("a", 0, 1, 3), ("b", 1, 2, 40), ("c", 0, 3, 3), ("d", 2, 90, 1), ("e", 0, 4, None))


def drawn(chart, mark):
    return [(rows, enc) for found, rows, enc in layers(chart) if found == mark]


def test_a_place_out_of_sight_lies_at_the_edge_with_its_rank_in_the_dot():
    chart = slopes(BOARD, ["x", "y"], (1, 20), lang="ja", palette=LIGHT)
    front = next(rows for rows, enc in drawn(chart, "point") if "color" in enc)
    at = {(row["label"], row["column"]): row["at"] for row in front}
    assert at["b", 0] == 2
    assert at["b", 1] > 20
    assert at["d", 0] > 20
    said = [row["place"] for row in front]
    assert sorted(said) == ["1", "2", "40", "90"]


def test_the_picked_out_beyond_the_edge_lie_in_the_order_of_their_ranks():
    rows = board(("a", 1, 1, 151), ("b", 2, 2, 160), ("c", 3, 3, 49), ("d", 0, 4, 90))
    front = next(
        rows
        for rows, enc in drawn(slopes(rows, ["x", "y"], (1, 20), lang="ja", palette=LIGHT), "point")
        if "color" in enc
    )
    at = {row["label"]: row["at"] for row in front if row["column"] == 1}
    assert 20 < at["c"] < at["a"] < at["b"]
    front = next(
        rows
        for rows, enc in drawn(slopes(rows, ["x", "y"], (161, 180), lang="ja", palette=LIGHT), "point")
        if "color" in enc
    )
    at = {row["label"]: row["at"] for row in front if row["column"] == 1}
    assert at["c"] < at["a"] < at["b"] < 161


def test_a_name_never_lies_on_that_of_a_tie_that_is_picked_out():
    rows = board(("a", 0, 1, 5), ("b", 1, 2, 5), ("c", 0, 3, 6))
    chart = slopes(rows, ["x", "y"], (1, 20), lang="ja", palette=LIGHT)
    right = [row for rows, _ in drawn(chart, "text") for row in rows if row.get("column") == 1 and "at" in row]
    assert sorted(row["name"] for row in right if row["at"] == 5 and "label" in row and "name" in row) == ["b"]


def test_names_of_bands_that_are_narrow_on_a_phone_stand_on_lines_of_their_own():
    ranked = pd.DataFrame({"customer_id": list("abcdefghij"), "amount": [700, 200, 20, 20, 10, 10, 10, 10, 10, 10]})
    shares, bands = an.rank_customers(ranked), an.rank_bands(ranked)
    chart = pareto(shares, bands, (0.2, 2, 0.7), lang="ja", palette=LIGHT)
    (found,) = ([(r["band"], r["floor"] > 0) for r in rows] for rows, _ in drawn(chart, "text") if "floor" in rows[0])
    assert found == [("A", False), ("B", True), ("C", False)]


def test_the_parts_of_a_score_add_up_as_they_are_shown():
    parts = pd.DataFrame({"label": ["x", "y", "z"], "contribution": [1.14, 1.14, 1.14], "said": [""] * 3})
    assert waterfall_finding(parts, lang="en") == "x +1.1, y +1.2, z +1.1, Score 3.4"
    assert "3.42" in waterfall_finding(parts, lang="en", digits=2)


def test_names_stand_at_both_ends_and_a_tie_is_named_once():
    chart = slopes(BOARD, ["x", "y"], (1, 20), lang="ja", palette=LIGHT)
    names = [row["name"] for rows, enc in drawn(chart, "text") for row in rows if "name" in row]
    assert {"1 a", "3 c", "4 e", "b", "d", "3 a +1", "x", "y"} <= set(names)
    assert "21 位以下" in names


@pytest.mark.parametrize("palette", [LIGHT, DARK])
@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_chart_is_a_valid_specification(palette, lang):
    ranked = pd.DataFrame({"customer_id": list("abcd"), "amount": [50, 30, 15, 5]})
    shares, bands = an.rank_customers(ranked), an.rank_bands(ranked)
    parts = pd.DataFrame({"label": ["x", "y"], "contribution": [5.25, -1.5], "said": ["", ""]})
    for chart in (
        slopes(BOARD, ["x", "y"], (1, 20), lang=lang, palette=palette),
        slopes(board(("a", 0, 1, 1)), ["x", "y"], (1, 20), lang=lang, palette=palette),
        slopes(board(("a", 1, 30, 25)), ["x", "y"], (21, 40), lang=lang, palette=palette),
        pareto(shares, bands, (0.2, 1, 0.5), lang=lang, palette=palette),
        waterfall(parts, lang=lang, palette=palette),
    ):
        assert styled(chart, palette).to_dict(validate=True)


def test_the_curve_ends_at_everything_and_bands_touch():
    ranked = pd.DataFrame({"customer_id": [f"c{i}" for i in range(1000)], "amount": range(1, 1001)})
    shares, bands = an.rank_customers(ranked), an.rank_bands(ranked).sort_values("band")
    chart = pareto(shares, bands, (0.2, 200, 0.36), lang="en", palette=LIGHT)
    (curve, _), *_ = drawn(chart, "line")
    assert len(curve) <= 300
    assert (curve[0]["held"], curve[-1]["part"], curve[-1]["held"]) == (0, 1, pytest.approx(1))
    (areas, _), *_ = drawn(chart, "rect")
    assert [row["start"] for row in areas][1:] == [row["end"] for row in areas][:-1]
    assert areas[-1]["end"] == pytest.approx(1)
    assert "200" in pareto_finding(bands, (0.2, 200, 0.36), lang="en")


def test_a_waterfall_ends_at_the_whole():
    parts = pd.DataFrame({"label": ["x", "y"], "contribution": [5.25, -1.5], "said": ["", ""]})
    (bars, _), *_ = drawn(waterfall(parts, lang="ja", palette=LIGHT), "bar")
    assert [(row["start"], row["end"], row["kind"]) for row in bars] == [
        (0, 5.25, "more"),
        (5.25, 3.75, "less"),
        (0, 3.75, "whole"),
    ]
    assert "総合点 3.8" in waterfall_finding(parts, lang="ja")


def test_a_finding_names_the_picked_out_with_their_places():
    said = slopes_finding(BOARD, ["売上", "問合せ"], lang="ja")
    assert "b：売上 2/9、問合せ 40/9" in said
    assert "a：" not in said


@pytest.mark.parametrize("palette", [LIGHT, DARK])
@pytest.mark.parametrize("values", [[30, 20], [0, 0], [30, -5]])
def test_bars_of_products_are_valid_and_only_those_with_a_key_can_be_picked(palette, values):
    rows = pd.DataFrame({"name": ["A　美容液", "B"], "value": values, "said": ["a", "b"], "part": ["code", "other"]})
    bare = styled(product_bars(rows, palette=palette), palette).to_dict(validate=True)
    assert "params" not in bare
    keyed = styled(product_bars(rows.assign(key=["a", "b"]), palette=palette), palette).to_dict(validate=True)
    (picked,) = keyed["params"]
    assert (picked["name"], picked["select"]["fields"]) == (PICKED_PRODUCT, ["key"])

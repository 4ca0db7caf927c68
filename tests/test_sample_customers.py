"""The planted figures of customers and products again, as the functions of the pages give them."""

import pytest

import analysis as an
from analysis import sample
from tests.support.parts import AS_OF, workspace

YEAR = an.Period.fiscal_year(2025)
TSUBAKI, YAMABIKO, MINATO, MINATO_AGAIN = "S0001", "S0002", "S0003", "S0338"
SERUM = {"BE-030": (900, 270), "BE-030T": (450, 378), "SP-BE03": (2400, 288), "ST-BE01": (250, 100)}
GROUPS = {
    "name": "商品",
    "groups": [{"name": "美容液", "rules": [{"kind": "code", "value": code} for code in SERUM]}],
}


@pytest.fixture(scope="module")
def ws(tmp_path_factory):
    return workspace(tmp_path_factory.mktemp("sales"), "deals", "sales")


@pytest.fixture(scope="module")
def measures(ws):
    return ws.run(an.measure_customers, period=YEAR, as_of=AS_OF)


@pytest.fixture(scope="module")
def ranked(measures):
    return an.rank_customers(measures).set_index("customer_id")


def test_412_customers_and_the_highest_82_hold_three_quarters(ranked):
    assert (len(ranked), ranked["of"].max(), ranked["amount"].sum()) == (412, 412, 840_000_000)
    top = ranked[ranked["rank"] <= 82]
    assert (len(top), top["amount"].sum()) == (82, 625_000_000)
    assert top["cumulative_share"].max() == pytest.approx(625 / 840, abs=1e-9)
    assert ranked["outside"].isna().all()


def test_tsubaki_and_yamabiko(measures, ranked):
    row = ranked.loc[TSUBAKI]
    assert (row["customer_name"], row["rank"], row["share"]) == ("つばき薬局", 1, pytest.approx(0.09, abs=1e-9))
    assert (row["amount"], row["orders"], row["inquiries"], row["days_since_visit"]) == (75_600_000, 12, 0, 214)
    row = ranked.loc[YAMABIKO]
    assert (row["customer_name"], row["rank"], row["orders"], row["inquiries"]) == ("やまびこ商店", 205, 96, 41)
    assert measures["complaints"].sum() == 144
    for by in ("orders", "inquiries", "visits"):
        first = an.rank_customers(measures, by)
        assert first.loc[first["rank"] == 1, "customer_id"].tolist() == [YAMABIKO]
    by_orders = an.rank_customers(measures, "orders").set_index("customer_id")
    assert by_orders.loc[TSUBAKI, "rank"] == 209


def test_the_two_are_the_surprises(measures):
    for noticed in ("inquiries", "visits", "orders"):
        found = an.surprises(measures, noticed=noticed).set_index("customer_id")["kind"].to_dict()
        assert (found[TSUBAKI], found[YAMABIKO]) == ("quiet", "loud")
        assert len(found) <= 6
    assert len(an.surprises(measures, noticed="visits")) == 2


def test_minato_is_the_only_customer_proposed_for_a_merge_and_rises_to_second(ws):
    with ws.read() as r:
        names = an.customer_names(r.table("orders"), customers=r.table("customers")).df()
    (candidate,) = an.merge_candidates(names)
    assert (candidate.kept, candidate.written, candidate.reasons) == (MINATO, MINATO_AGAIN, ("form",))
    assert (candidate.kept_name, candidate.name) == ("みなと薬品㈱", "株式会社 みなと薬品")
    merged = ws.run(an.measure_customers, period=YEAR, as_of=AS_OF, merges={MINATO_AGAIN: MINATO})
    ranked = an.rank_customers(merged).set_index("customer_id")
    assert (len(ranked), ranked["amount"].sum()) == (411, 840_000_000)
    assert ranked.loc[MINATO, ["amount", "rank", "of"]].tolist() == [24_000_000, 2, 411]
    assert ranked.loc[YAMABIKO, "rank"] == 204


def test_157_of_412_are_known_to_one_salesperson_only(ws):
    found = ws.run(an.single_contact, period=YEAR, as_of=AS_OF).set_index("contact")
    assert found.loc["single", ["customers", "all_customers"]].tolist() == [157, 412]
    assert (found.loc["several", "customers"], found["amount"].sum()) == (255, 840_000_000)


def test_the_year_before_had_388_customers_and_nobody_has_gone(ws, measures):
    before = ws.run(an.measure_customers, period=YEAR.previous(), as_of=AS_OF)
    assert (before["amount"].sum(), (before["amount"] > 0).sum()) == (798_000_000, 388)
    bought = before[before["amount"] > 0]
    changes = an.rank_changes(measures, bought).set_index("customer_id")
    assert (changes["change"] == "new").sum() == 24
    assert not (changes["change"] == "gone").any()
    assert changes.loc[TSUBAKI, "change"] == "same"


def test_returns_lower_the_amount_as_planned_unless_they_are_left_out(ws):
    for rule, total in (("net", 840_000_000), ("subtract", 840_000_000), ("as_written", 840_000_000)):
        found = ws.run(an.measure_customers, period=YEAR, as_of=AS_OF, cancellations=rule, measures="amount")
        assert found["amount"].sum() == total
    left_out = ws.run(an.measure_customers, period=YEAR, as_of=AS_OF, cancellations="without", measures="amount")
    assert left_out["amount"].sum() == 840_000_000 + 1_616_500


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return workspace(tmp_path_factory.mktemp("ec"), "ec")


@pytest.mark.parametrize("days", [None, 90])
def test_first_buyers_of_the_serum_by_code_and_merged(site, days):
    by_code = site.run(an.first_products, as_of=AS_OF, days=days)
    by_code = by_code[by_code["level"] == 0].set_index("product")
    for code, (buyers, again) in SERUM.items():
        assert by_code.loc[code, ["customers", "observed", "waiting", "again"]].tolist() == [buyers, buyers, 0, again]
    merged = site.run(an.first_products, as_of=AS_OF, days=days, groups=GROUPS).set_index("product")
    row = merged.loc["美容液"]
    assert row[["customers", "observed", "waiting", "again", "same_again"]].tolist() == [4000, 4000, 0, 1036, 1036]
    assert (row["repeat_rate"], row["same_rate"]) == (0.259, 0.259)


def test_one_click_brings_every_system_but_the_own_site():
    brought = [entry["file"] for entry in sample.files()]
    assert len(brought) == len(set(brought)) == 14
    assert {entry["kind"] for entry in sample.files()} >= {"users", "activity", "deals", "contracts", "cases"}
    assert [name for name in brought if "orders_fy" in name] == [
        f"order_system/shop_orders_fy{year}.csv" for year in (2024, 2025)
    ]
    assert not [name for name in brought if name.startswith("ec/")]


def test_no_member_stands_among_the_shops(site, measures):
    members = site.run(an.measure_customers, as_of=AS_OF, measures="amount")
    assert len(members) == 5400
    assert not set(members["customer_id"]) & set(measures["customer_id"])

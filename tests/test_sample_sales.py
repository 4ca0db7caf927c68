"""Every planted figure of the shops of the sample company, counted with plain Python from the written files."""

from collections import Counter, defaultdict
from datetime import date
from functools import cache

import pytest

from analysis.exports import read_export
from analysis.exports.propose import propose
from tests.support.parts import AS_OF, DATA, card, counts, day, entry, imported, listed, mapping, sorted_out

ORDERS = {2024: "shop_orders_fy2024", 2025: "shop_orders_fy2025"}
CUSTOMERS, VISITS, INQUIRIES = "customers_20260331", "visits_fy2025", "shop_inquiries_fy2025"
TSUBAKI, YAMABIKO, MINATO, MINATO_AGAIN = "S0001", "S0002", "S0003", "S0338"
ROWS = {  # read, accepted, duplicates, refused
    CUSTOMERS: (418, 412, 6, 0),
    ORDERS[2024]: (8579, 8577, 0, 2),
    ORDERS[2025]: (9156, 9152, 0, 4),
    VISITS: (2211, 2208, 0, 3),
    INQUIRIES: (1387, 1385, 0, 2),
}
SERUMS = {"BE-030", "BE-030T", "SP-BE03", "ST-BE01"}


def whole(text):
    """The number of a text with thousands commas, or None."""
    digits = str(text).replace(",", "")
    return int(digits) if digits.lstrip("-").isdigit() else None


def on(row, column):
    """The day of a moment, or None."""
    value = row[column]
    return day(value[:10]) if isinstance(value, str) else day(value)


@cache
def found(name):
    """(accepted rows, lines of duplicates, lines of refused rows) of a file."""
    if name == CUSTOMERS:
        return sorted_out(listed(name, encoding="cp932", header=2), lambda row: row["取引先コード"], "取引先コード")
    if name in ORDERS.values():
        lines = listed(name, encoding="cp932")
        return sorted_out(lines, lambda row: on(row, "受注日時") and whole(row["金額"]) is not None)
    at, encoding = ("訪問日時", "utf-8-sig") if name == VISITS else ("受付日時", None)
    return sorted_out(listed(name, encoding=encoding), lambda row: on(row, at) and row["取引先コード"])


def rows(name):
    return found(name)[0]


@cache
def amounts(year=2025):
    """Shop -> what it bought, returns taken off."""
    sums = Counter()
    for row in rows(ORDERS[year]):
        sums[row["得意先コード"]] += whole(row["金額"])
    return dict(sums)


@cache
def orders(year=2025):
    """Shop -> how many orders."""
    numbers = defaultdict(set)
    for row in rows(ORDERS[year]):
        numbers[row["得意先コード"]].add(row["受注番号"])
    return {shop: len(each) for shop, each in numbers.items()}


def asked():
    return Counter(row["取引先コード"] for row in rows(INQUIRIES))


def visited():
    return Counter(row["取引先コード"] for row in rows(VISITS))


def rank(values, shop):
    """1, 1, 3: how many have more, and one."""
    return 1 + sum(value > values[shop] for value in values.values())


@pytest.mark.parametrize("name", ROWS)
def test_manifest_and_card_state_the_rows(name):
    accepted, duplicates, refused = found(name)
    read = len(accepted) + len(duplicates) + len(refused)
    assert (read, len(accepted), len(duplicates), len(refused)) == ROWS[name]
    assert tuple(entry(name)["rows"].values()) == ROWS[name]
    for line in duplicates | refused:
        assert f"| {line:,} |" in card(name)
    said = f"読んだ行 {read:,} ＝ 取り込む {len(accepted):,} ＋ 重複 {len(duplicates)} ＋ 取り込めない {len(refused)}"
    assert said in card(name)


@pytest.mark.parametrize("name", ROWS)
def test_a_workspace_finds_the_same_rows_without_being_told_the_columns(name, tmp_path):
    assert propose(read_export(DATA / entry(name)["file"]), with_names=True).mapping == mapping(name)
    ws, landed = imported(name, tmp_path)
    assert (landed.kind, counts(landed)) == (entry(name)["kind"], entry(name)["rows"])
    assert landed.as_of == (AS_OF if name == CUSTOMERS else None)
    assert set(ws.refused(landed.id)["line"]) == found(name)[2]


def test_names_of_salespeople_are_left_out_unless_somebody_asks_for_them():
    for name, column in ((CUSTOMERS, "担当者"), (VISITS, "訪問者")):
        assert column in propose(read_export(DATA / entry(name)["file"])).mapping.left_out


def test_the_files_are_written_as_the_systems_write_them():
    customers, lines, visits = ((DATA / entry(n)["file"]).read_bytes() for n in (CUSTOMERS, ORDERS[2025], VISITS))
    assert customers.decode("cp932").splitlines()[0] == '"取引先一覧"'
    assert lines.decode("cp932").startswith('"受注番号","受注日時","伝票区分"')
    assert visits.startswith(b"\xef\xbb\xbf")
    for raw in (customers, lines, visits):
        assert raw.count(b"\r\n") == raw.count(b"\n")


def test_412_shops_stand_in_every_file_alike():
    names = {row["取引先コード"]: row["取引先名"] for row in rows(CUSTOMERS)}
    assert len(names) == 412
    assert set(amounts()) == set(names)
    assert set(amounts(2024)) < set(names)
    for year in ORDERS.values():
        assert {(row["得意先コード"], row["得意先名"]) for row in rows(year)} <= set(names.items())
    for other in (VISITS, INQUIRIES):
        assert {(row["取引先コード"], row["取引先名"]) for row in rows(other)} <= set(names.items())
    deals = listed("deals", encoding="cp932")
    assert {(row["取引先コード"], row["取引先名"]) for _, row in deals} <= set(names.items())
    contracts = {(row["顧客コード"], row["顧客名"]) for _, row in listed("contracts", encoding="utf-8-sig")}
    assert {pair for pair in contracts if pair[0] in names} <= set(names.items())
    assert not {TSUBAKI, YAMABIKO, MINATO, MINATO_AGAIN} & (
        {row["取引先コード"] for _, row in deals} | {*dict(contracts)}
    )


def test_412_shops_buy_for_840_million_and_the_top_82_for_625_million():
    highest = sorted(amounts().values(), reverse=True)
    assert (len(highest), sum(highest), sum(highest[:82])) == (412, 840_000_000, 625_000_000)
    assert highest[81] > highest[82] > 0
    assert f"{sum(highest[:82]) / sum(highest):.1%} {sum(highest) / 880_000_000:.1%}" == "74.4% 95.5%"


def test_tsubaki_is_first_and_nobody_notices():
    assert (amounts()[TSUBAKI], rank(amounts(), TSUBAKI)) == (75_600_000, 1)
    assert amounts()[TSUBAKI] / sum(amounts().values()) == 0.09
    assert (orders()[TSUBAKI], rank(orders(), TSUBAKI)) == (12, 209)
    assert TSUBAKI not in asked()
    last = max(on(row, "訪問日時") for row in rows(VISITS) if row["取引先コード"] == TSUBAKI)
    assert (last, (AS_OF - last).days) == (date(2025, 8, 29), 214)


def test_everybody_else_of_the_top_82_was_visited_of_late():
    last = {}
    for row in rows(VISITS):
        last[row["取引先コード"]] = max(on(row, "訪問日時"), last.get(row["取引先コード"], date.min))
    top = sorted(amounts(), key=amounts().get, reverse=True)[:82]
    assert sum((AS_OF - last[shop]).days > 120 for shop in top) == 1


def test_yamabiko_is_first_in_all_that_is_noticed_and_205th_by_amount():
    assert orders()[YAMABIKO] == max(orders().values()) == 96
    assert asked()[YAMABIKO] == max(asked().values()) == 41
    assert visited()[YAMABIKO] == max(visited().values()) == 46
    for values in (orders(), asked(), visited()):
        assert sorted(values.values())[-2] < values[YAMABIKO]
    assert (rank(amounts(), YAMABIKO), list(amounts().values()).count(amounts()[YAMABIKO])) == (205, 1)


def test_minato_is_written_in_two_ways():
    names = {row["取引先コード"]: row["取引先名"] for row in rows(CUSTOMERS)}
    assert (names[MINATO], names[MINATO_AGAIN]) == ("みなと薬品㈱", "株式会社 みなと薬品")
    assert (amounts()[MINATO], amounts()[MINATO_AGAIN]) == (13_100_000, 10_900_000)
    assert (rank(amounts(), MINATO), rank(amounts(), MINATO_AGAIN)) == (13, 17)
    merged = {shop: amount for shop, amount in amounts().items() if shop != MINATO_AGAIN} | {MINATO: 24_000_000}
    assert (len(merged), rank(merged, MINATO), rank(merged, YAMABIKO)) == (411, 2, 204)


def test_157_shops_are_known_to_one_salesperson_only():
    known = defaultdict(set)
    for row in [*rows(CUSTOMERS), *(row for _, row in listed("deals", encoding="cp932"))]:
        known[row["取引先コード"]].add(row.get("担当者") or row.get("商談所有者"))
    for row in rows(VISITS):
        known[row["取引先コード"]].add(row["訪問者"])
    people = {shop: each - {"", None} for shop, each in known.items() if shop in amounts()}
    alone = [shop for shop, each in people.items() if len(each) == 1]
    assert (len(alone), len(people), min(map(len, people.values()))) == (157, 412, 1)
    assert people[TSUBAKI] == {"今井 千尋"}
    share = sum(amounts()[shop] for shop in alone) / 840_000_000
    assert f"157 / 412 = {157 / 412:.1%}" in card("sales_facts")
    assert f"（{share:.1%}）。担当者が空のお店は 6 社" in card("sales_facts")
    assert sum(not row["担当者"] for row in rows(CUSTOMERS)) == 6


def test_returns_are_lines_of_an_order_that_still_stands():
    for year, how_many in ((2024, 54), (2025, 60)):
        back = [row for row in rows(ORDERS[year]) if row["伝票区分"] == "返品"]
        assert len(back) == how_many
        sold = defaultdict(list)
        for row in rows(ORDERS[year]):
            sold[row["受注番号"]].append(row)
        for row in back:
            assert whole(row["金額"]) < 0 > whole(row["数量"])
            own = [r for r in sold[row["受注番号"]] if r["伝票区分"] == "売上"]
            assert {r["得意先コード"] for r in own} == {row["得意先コード"]}
            assert any(r["商品コード"] == row["商品コード"] and whole(r["数量"]) > -whole(row["数量"]) for r in own)
            assert on(row, "受注日時") > min(on(r, "受注日時") for r in own)
    assert not [row for row in rows(ORDERS[2025]) if whole(row["金額"]) < 0 and row["伝票区分"] == "売上"]
    assert all(whole(row["金額"]) for row in rows(ORDERS[2025]))


def test_both_years():
    assert (len(amounts(2024)), sum(amounts(2024).values())) == (388, 798_000_000)
    assert len(set(amounts()) - set(amounts(2024))) == 24
    for year in (2024, 2025):
        dates = [on(row, "受注日時") for row in rows(ORDERS[year])]
        assert date(year, 4, 1) <= min(dates) <= max(dates) <= date(year + 1, 3, 31)
        assert dates == sorted(dates)
    assert sum(orders().values()) == len({row["受注番号"] for row in rows(ORDERS[2025])}) == 5636
    assert (amounts(2024)[TSUBAKI], orders(2024)[TSUBAKI], orders(2024)[YAMABIKO]) == (66_000_000, 11, 84)


def test_products_stand_under_nine_codes_of_which_four_are_the_serum():
    codes = {row["商品コード"] for row in rows(ORDERS[2025])}
    assert (len(codes), codes > SERUMS) == (9, True)
    assert {row["商品コード"] for row in rows(ORDERS[2025]) if "美容液" in row["商品名"]} == SERUMS


def test_visits_and_inquiries_are_of_the_year():
    assert (len(rows(VISITS)), len(rows(INQUIRIES))) == (2208, 1385)
    for name, column in ((VISITS, "訪問日時"), (INQUIRIES, "受付日時")):
        dates = [on(row, column) for row in rows(name)]
        assert date(2025, 4, 1) <= min(dates) <= max(dates) <= AS_OF
    assert sum(row["分類"] == "クレーム" for row in rows(INQUIRIES)) == 144


def test_card_states_the_planted_figures():
    for said in (
        *(
            "412 社で 8.40 億円（目標 8.80 億円の 95.5%",
            "上位 82 社が 6.25 億円（74.4%）",
            "7,560 万円（9.0%）で 1 位 / 412 社",
        ),
        *(
            "注文は 12 件で 209 位",
            "214 日ありません",
            "注文 96 件と問い合わせ 41 件はどちらも 1 位",
            "205 位 / 412 社",
        ),
        *("1,310 万円・13 位", "1,090 万円・17 位", "2,400 万円で 2 位", "411 社になり、やまびこ商店は 204 位"),
        *("受注 5,636 件", "返品は 60 行", "388 社で 7.98 億円", "24 社加わって 412 社"),
        *("訪問 2,208 回、問い合わせ 1,385 件（うちクレーム 144 件）", "・".join(sorted(SERUMS))),
    ):
        assert said in card("sales_facts"), said

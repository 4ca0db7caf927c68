"""Measures of customers: amounts under each rule for cancellations, frequency, recency, intervals, and other tables."""

from datetime import date, datetime
from decimal import Decimal

import duckdb
import pandas as pd
import pytest
from customers_oracle import COLUMNS, contacts, measure
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import analysis as an
from analysis import errors
from analysis.customers import MEASURES

PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
KNOWN = date(2026, 3, 31)
MARCH = an.Period.parse("2026-03")
PLAIN = ("customer_id", "ordered_at", "amount")


def orders(*rows, columns=COLUMNS):
    """Order lines out of tuples in the order of `columns`; those that are shorter leave the rest blank."""
    filled = [(*row, *[None] * (len(columns) - len(row))) for row in rows]
    table = pd.DataFrame(filled, columns=list(columns))
    return table.assign(ordered_at=pd.to_datetime(table["ordered_at"], format="ISO8601").astype("datetime64[us]"))


def table(rows, *moments):
    frame = pd.DataFrame(rows)
    return frame.assign(**{name: pd.to_datetime(frame[name]).astype("datetime64[us]") for name in moments})


def by_customer(result, *columns):
    """Customer -> one measure, or several as a tuple; null as None."""
    shown = result.astype(object).where(result.notna(), None)
    lines = shown.set_index("customer_id")[list(columns)].itertuples(name=None)
    return {name: values[0] if len(columns) == 1 else values for name, *values in map(_two, lines)}


def _two(line):
    return (line[0], *line[1:]) if len(line) > 2 else line


def of(result, customer):
    """The measures of one customer as a dict."""
    found = result[result["customer_id"].isna() if customer is None else result["customer_id"] == customer]
    (row,) = found.to_dict("records")
    return {name: None if pd.isna(value) else value for name, value in row.items()}


def on_duckdb(frame, call):
    with duckdb.connect() as connection:
        return call(connection.from_df(frame)).df()


SHOP = orders(
    ("a", "2026-01-05 10:00", 1000, "J1", "p1"),
    ("a", "2026-01-05 10:00", 500, "J1", "p2"),
    ("a", "2026-01-15 09:00", 300, "J2", "p1"),
    ("a", "2026-03-06 20:00", 200, "J3", "p3"),
    ("b", "2026-03-31 23:59", 900, "J4", "p1"),
    (None, "2026-02-01 10:00", 70, "J5", "p1"),
    ("", "2026-02-02 10:00", 30, "J6", "p2"),
)


def test_what_a_customer_bought():
    assert of(an.measure_customers(SHOP, as_of=KNOWN), "a") == {
        "customer_id": "a",
        "amount": 2000,
        "orders": 3,
        "average_order": 2000 / 3,
        "products": 3,
        "first_order": datetime(2026, 1, 5, 10),
        "last_order": datetime(2026, 3, 6, 20),
        "recency_days": 25,
        "tenure_days": 85,
        "interval_days": 30,  # 10 and 50
        "interval_change_days": 40,
    }


def test_rows_without_a_customer_are_a_line_of_their_own():
    nobody = of(an.measure_customers(SHOP, as_of=KNOWN), None)
    assert (nobody["amount"], nobody["orders"], nobody["products"]) == (100, 2, 2)
    days = ("first_order", "last_order", "recency_days", "tenure_days", "interval_days")
    assert [nobody[name] for name in days] == [None] * 5
    assert an.measure_customers(SHOP, as_of=KNOWN)["amount"].sum() == SHOP["amount"].sum()


@pytest.mark.parametrize(("as_of", "recency"), [("2026-03-31", 0), ("2026-04-01", 1), (None, 0)])
def test_an_order_of_the_day_was_no_day_ago(as_of, recency):
    result = an.measure_customers(SHOP, as_of=as_of and date.fromisoformat(as_of))
    assert of(result, "b")["recency_days"] == recency


def test_as_of_is_a_day_that_is_included():
    assert "b" not in set(an.measure_customers(SHOP, as_of=date(2026, 3, 30))["customer_id"])
    assert by_customer(an.measure_customers(SHOP, as_of=date(2026, 3, 6)), "amount")["a"] == 2000


@pytest.mark.parametrize(
    ("days", "median", "change"),
    [
        (["2026-03-01"], None, None),
        (["2026-03-01", "2026-03-01 20:00"], None, None),  # the same day
        (["2026-03-01", "2026-03-05"], 4, None),  # one interval has no halves
        (["2026-03-01", "2026-03-05", "2026-03-15"], 7, 6),
        (["2026-03-01", "2026-03-05", "2026-03-15", "2026-03-17"], 4, -2),  # 4, 10, 2: the middle is in neither
        (["2026-03-01", "2026-03-03", "2026-03-07", "2026-03-08", "2026-03-18"], 3, 2.5),  # 2, 4, 1, 10
    ],
)
def test_intervals_lie_between_days_with_an_order(days, median, change):
    result = an.measure_customers(orders(*[("a", at, 1) for at in days]), as_of=KNOWN)
    assert (of(result, "a")["interval_days"], of(result, "a")["interval_change_days"]) == (median, change)


def test_orders_are_numbers_where_there_are_any_else_lines():
    assert an.orders_are_numbers(SHOP)
    lines = SHOP.drop(columns="order_id")
    assert not an.orders_are_numbers(lines)
    assert by_customer(an.measure_customers(lines, as_of=KNOWN), "orders")["a"] == 4
    blank = orders(("a", "2026-03-01", 1, "J1"), ("a", "2026-03-01", 1, None), ("a", "2026-03-02", 1, ""))
    assert by_customer(an.measure_customers(blank, as_of=KNOWN), "orders") == {"a": 3}


CANCELLED = orders(
    ("neg", "2026-03-01", 1000, "J1", "p", 1, None),
    ("neg", "2026-03-02", -400, "J1", "p", -1, None),
    ("num", "2026-03-01", 1000, "J2", "p", 1, None),
    ("num", "2026-03-02", -300, "C3", "p", -1, None),
    ("slip", "2026-03-01", 1000, "J4", "p", 1, None),
    ("slip", "2026-03-02", 200, "C5", "q", 1, None),  # a slip of its own, written without a minus
    ("said", "2026-03-01", 1000, "J6", "p", 1, "売上"),
    ("said", "2026-03-02", 500, "J7", "q", 1, "キャンセル"),
    ("back", "2026-03-02", -250, "J6", "p", 1, "返品"),
    ("odd", "2026-03-02", 80, "J8", "p", -1, None),
)


@pytest.mark.parametrize(
    ("rule", "amounts"),
    [
        ("net", {"neg": 600, "num": 700, "slip": 800, "said": 1000, "back": -250, "odd": -80}),
        ("without", {"neg": 1000, "num": 1000, "slip": 1000, "said": 1000, "back": 0, "odd": 0}),
        ("subtract", {"neg": 600, "num": 700, "slip": 800, "said": 500, "back": -250, "odd": -80}),
        ("as_written", {"neg": 600, "num": 700, "slip": 1200, "said": 1500, "back": -250, "odd": 80}),
    ],
)
def test_cancellations_lower_the_amount_by_the_rule_that_is_stated(rule, amounts):
    result = an.measure_customers(CANCELLED, as_of=KNOWN, cancellations=rule)
    assert by_customer(result, "amount") == amounts
    counts = by_customer(result, "orders")
    assert counts == (
        {"neg": 1, "num": 2, "slip": 2, "said": 2, "back": 1, "odd": 1}
        if rule == "as_written"
        else {"neg": 1, "num": 1, "slip": 1, "said": 1, "back": 0, "odd": 0}
    )


def test_someone_who_only_returned_has_no_order_and_no_average():
    row = of(an.measure_customers(CANCELLED, as_of=KNOWN), "back")
    assert (row["average_order"], row["recency_days"], row["products"]) == (None, None, 0)


def test_a_line_for_nothing_is_an_order_no_return():
    gift = orders(("a", "2026-03-01", 0, "J1", "p", 0, ""), ("a", "2026-03-02", 5, "J2", "p", 1, ""))
    assert by_customer(an.measure_customers(gift, as_of=KNOWN), "amount", "orders") == {"a": [5, 2]}


def test_a_letter_says_nothing_where_all_numbers_begin_with_it():
    shop = orders(("a", "2026-03-01", 100, "C1"), ("a", "2026-03-02", 50, "c2"), ("a", "2026-03-02", 50, None))
    assert by_customer(an.measure_customers(shop, as_of=KNOWN), "amount", "orders") == {"a": [200, 3]}
    words = orders(("a", "2026-03-01", 100, "CD1"), ("a", "2026-03-02", 50, "J2"))
    assert by_customer(an.measure_customers(words, as_of=KNOWN), "amount") == {"a": 150}


@pytest.mark.parametrize(
    ("status", "cancelled"),
    [
        *[
            (word, True)
            for word in ("キャンセル", "900 キャンセル確定", "ｷｬﾝｾﾙ済", "注文取消し", "取り消し", "返品", "返品済み")
        ],
        *[(word, True) for word in ("返金済", "赤伝", "Cancelled", "CANCELED", "refunded", "voided", "Returned")],
        *[
            (word, False)
            for word in ("売上", "発送済み", "新規受付", "一部返品", "返品なし", "返品不可", "キャンセル待ち")
        ],
        *[
            (word, False)
            for word in ("paid", "partially_refunded", "Partially Refunded", "Non-returnable", "shipped", "")
        ],
    ],
)
def test_what_a_status_means(status, cancelled):
    assert an.means_cancelled(status) == cancelled


def test_counts_are_of_the_period_and_days_of_everything_known():
    row = of(an.measure_customers(SHOP, as_of=KNOWN, period=MARCH), "a")
    assert (row["amount"], row["orders"], row["products"]) == (200, 1, 1)
    assert (row["recency_days"], row["tenure_days"], row["interval_days"]) == (25, 85, 30)
    gone = of(an.measure_customers(SHOP, as_of=KNOWN, period=an.Period.parse("2026-02")), "b")
    assert (gone["amount"], gone["orders"], gone["average_order"]) == (0, 0, None)


ASKED = table(
    [
        {"customer_id": "a", "occurred_at": "2026-03-31 23:59", "category": "クレーム（配送）"},
        {"customer_id": "a", "occurred_at": "2026-02-28 10:00", "category": "使い方"},
        {"customer_id": "z", "occurred_at": "2026-03-02 10:00", "category": None},
        {"customer_id": None, "occurred_at": "2026-03-02 10:00", "category": "Complaint"},
        {"customer_id": "a", "occurred_at": "2026-04-01 00:00", "category": "クレーム"},
    ],
    "occurred_at",
)


def test_inquiries_and_complaints_up_to_the_day():
    result = an.measure_customers(SHOP, as_of=KNOWN, inquiries=ASKED)
    assert by_customer(result, "inquiries", "complaints") == {"a": [2, 1], "b": [0, 0], "z": [1, 0], None: [1, 1]}
    march = an.measure_customers(SHOP, as_of=KNOWN, inquiries=ASKED, period=MARCH)
    assert by_customer(march, "inquiries")["a"] == 1
    own = an.measure_customers(SHOP, as_of=KNOWN, inquiries=ASKED, complaints=["使い方"])
    assert by_customer(own, "complaints")["a"] == 1


BY_ACCOUNT = table(
    [
        {"user_id": "u1", "customer_id": None, "occurred_at": "2026-03-01", "category": "質問"},
        {"user_id": "u1", "customer_id": "b", "occurred_at": "2026-03-02", "category": "クレーム"},  # b's, it says so
        {"user_id": "u2", "customer_id": "", "occurred_at": "2026-03-03", "category": "クレーム"},
        {"user_id": "gone", "customer_id": None, "occurred_at": "2026-03-04", "category": "質問"},
        {"user_id": None, "customer_id": "a", "occurred_at": "2026-03-05", "category": "質問"},
    ],
    "occurred_at",
)
ACCOUNTS = pd.DataFrame({"user_id": ["u1", "u2", "u3"], "customer_id": ["a", "c", None]})


@pytest.mark.parametrize(
    ("columns", "counted"),
    [
        (["user_id", "customer_id"], {"a": [2, 0], "b": [1, 1], "c": [1, 1], None: [1, 0]}),
        (["user_id"], {"a": [2, 1], "b": [0, 0], "c": [1, 1], None: [2, 0]}),
    ],
)
def test_an_inquiry_of_an_account_is_its_customers_unless_it_names_one(columns, counted):
    asked = BY_ACCOUNT[[*columns, "occurred_at", "category"]]
    result = an.measure_customers(SHOP, as_of=KNOWN, inquiries=asked, users=ACCOUNTS)
    assert by_customer(result, "inquiries", "complaints") == counted
    with duckdb.connect() as connection:
        tables = {"inquiries": connection.from_df(asked), "users": connection.from_df(ACCOUNTS)}
        there = an.measure_customers(connection.from_df(SHOP), as_of=KNOWN, **tables).df()
    assert by_customer(there, "inquiries", "complaints") == counted


def test_the_list_in_force_says_whose_an_account_is_and_merges_follow():
    lists = pd.concat([ACCOUNTS.assign(roster_as_of="2026-03-01"), ACCOUNTS[:1].assign(roster_as_of="2026-03-20")])
    lists = lists.assign(customer_id=["a", "c", None, "z"], roster_as_of=pd.to_datetime(lists["roster_as_of"]))
    asked = BY_ACCOUNT[["user_id", "occurred_at", "category"]]
    later = an.measure_customers(SHOP, as_of=KNOWN, inquiries=asked, users=lists, merges={"z": "b"})
    assert by_customer(later, "inquiries") == {"a": 0, "b": 2, None: 3}
    earlier = an.measure_customers(SHOP, as_of=date(2026, 3, 10), inquiries=asked, users=lists)
    assert by_customer(earlier, "inquiries") == {"a": 2, "c": 1, None: 2}


def test_only_an_inquiry_goes_by_its_account():
    """A column of visits that is called so is the file's own: whoever it names is not the customer."""
    went = BY_ACCOUNT[["user_id", "customer_id", "occurred_at"]]
    found = an.measure_customers(SHOP, as_of=KNOWN, visits=went, users=ACCOUNTS)
    assert by_customer(found, "visits") == {"a": 1, "b": 1, None: 3}


def test_an_account_that_stands_twice_in_the_list_tells_no_customer():
    twice = pd.concat([ACCOUNTS, ACCOUNTS[:1]])
    with pytest.raises(errors.DuplicateKeyError):
        an.measure_customers(SHOP, as_of=KNOWN, inquiries=BY_ACCOUNT, users=twice)


def test_a_timeline_has_the_inquiries_of_the_customers_accounts():
    asked = BY_ACCOUNT[["user_id", "occurred_at", "category"]]
    found = an.customer_timeline(SHOP, "c", as_of=KNOWN, inquiries=asked, users=ACCOUNTS)
    assert found[["event", "detail"]].to_numpy().tolist() == [["inquiry", "クレーム"]]


@pytest.mark.parametrize(
    ("moment", "counted"),
    [("2026-02-28 23:59:59", 0), ("2026-03-01", 1), ("2026-03-31 23:59:59", 1), ("2026-04-01", 0)],
)
def test_contacts_of_a_period_include_its_start_and_exclude_its_end(moment, counted):
    one = table([{"customer_id": "a", "occurred_at": moment, "category": "質問"}], "occurred_at")
    result = an.measure_customers(SHOP, as_of=date(2026, 4, 30), period=MARCH, inquiries=one, visits=one)
    assert by_customer(result, "inquiries", "complaints", "visits")["a"] == [counted, 0, counted]


def test_a_customer_who_never_ordered_is_there_with_nothing():
    row = of(an.measure_customers(SHOP, as_of=KNOWN, inquiries=ASKED), "z")
    assert (row["amount"], row["orders"], row["products"]) == (0, 0, 0)
    assert (row["average_order"], row["first_order"], row["recency_days"], row["interval_days"]) == (None,) * 4


def test_visits_and_days_since_the_last_one():
    seen = table(
        [
            {"customer_id": "a", "occurred_at": "2026-01-30 15:00"},
            {"customer_id": "a", "occurred_at": "2026-03-01 15:00"},
            {"customer_id": "b", "occurred_at": "2025-08-29 09:00"},
        ],
        "occurred_at",
    )
    result = an.measure_customers(SHOP, as_of=KNOWN, visits=seen, period=MARCH)
    assert by_customer(result, "visits", "days_since_visit") == {"a": [1, 30], "b": [0, 214], None: [0, None]}


def test_accounts_in_use_are_the_active_rate_by_customer():
    users = pd.DataFrame({"user_id": ["u1", "u2", "u3", "u4"], "customer_id": ["a", "a", "b", None]})
    used = table(
        [{"user_id": u, "occurred_at": f"2026-03-{d:02d}"} for u, d in [("u1", 3), ("u1", 4), ("u4", 5), ("x", 6)]],
        "occurred_at",
    )
    result = an.measure_customers(SHOP, as_of=KNOWN, users=users, activity=used, period=MARCH)
    assert by_customer(result, "valid_users", "active_users", "active_rate") == {
        "a": [2, 1, 0.5],
        "b": [1, 0, 0],
        None: [1, 1, 1],
    }
    plain = an.active_rate(users, used, MARCH, by="customer_id").set_index("customer_id")["active_users"].to_dict()
    assert {name: row[0] for name, row in by_customer(result, "active_users", "amount").items() if name} == {
        name: value for name, value in plain.items() if isinstance(name, str)
    }


def test_the_plan_is_that_of_the_contract_that_began_last():
    terms = table(
        [
            {"customer_id": "a", "term_start": "2025-04-01", "term_end": "2026-03-31", "plan": "基本"},
            {"customer_id": "a", "term_start": "2026-01-01", "term_end": "2026-06-30", "plan": "上級"},
            {"customer_id": "a", "term_start": "2026-04-01", "term_end": "2027-03-31", "plan": "特別"},  # not yet
            {"customer_id": "b", "term_start": "2025-03-01", "term_end": "2026-03-30", "plan": "基本"},  # over
        ],
        "term_start",
        "term_end",
    )
    result = an.measure_customers(SHOP, as_of=KNOWN, contracts=terms)
    shown = by_customer(result, "contracts", "plan", "contract_end")
    assert shown == {"a": [2, "上級", pd.Timestamp(2026, 6, 30)], "b": [0, None, None], None: [0, None, None]}


def test_open_deals_and_what_they_come_to():
    deals = pd.DataFrame(
        {
            "deal_id": ["1", "2", "3", "4"],
            "phase": ["提案", "受注", "見積", "失注"],
            "customer_id": ["a", "a", "a", "b"],
            "amount": [100, 900, 50, 70],
        }
    )
    result = an.measure_customers(SHOP, as_of=KNOWN, deals=deals)
    assert by_customer(result, "open_deals", "open_amount") == {"a": [2, 150], "b": [0, 0], None: [0, 0]}


def test_attributes_stay_and_one_named_like_a_measure_says_whose_it_is():
    listed = pd.DataFrame({"customer_id": ["a", "c"], "エリア": ["関東", ""], "amount": ["大", "小"]})
    result = an.measure_customers(SHOP, as_of=KNOWN, customers=listed, measures="amount")
    assert list(result.columns) == ["customer_id", "エリア", "customers_amount", "amount"]
    assert by_customer(result, "エリア", "customers_amount", "amount") == {
        "a": ["関東", "大", 2000],
        "b": [None, None, 900],
        "c": [None, "小", 0],
        None: [None, None, 100],
    }
    chosen = an.measure_customers(SHOP, as_of=KNOWN, customers=listed, measures="amount", attributes="エリア")
    assert list(chosen.columns) == ["customer_id", "エリア", "amount"]


def test_a_missing_table_is_a_missing_measure_and_is_said():
    result = an.measure_customers(SHOP.drop(columns=["product_code"]), as_of=KNOWN)
    assert an.missing_measures(result.columns) == {
        "orders": ("products",),
        **{name: each for name, each in MEASURES.items() if name != "orders"},
    }
    without = an.measure_customers(SHOP, as_of=KNOWN, inquiries=ASKED.drop(columns="category"))
    assert an.missing_measures(without.columns)["inquiries"] == ("complaints",)
    strangers = an.measure_customers(
        SHOP, as_of=KNOWN, users=pd.DataFrame({"user_id": ["u"]}), activity=ASKED.assign(user_id="u")
    )
    assert "users" in an.missing_measures(strangers.columns)


def test_customers_that_were_merged_count_as_one_in_every_table():
    merges = {"㈱みなと": "みなと(株)", "みなと(株)": "S1"}
    written = orders(
        ("S1", "2026-03-01", 100, "J1", "p"),
        ("㈱みなと", "2026-03-03", 50, "J1", "p"),
        ("みなと(株)", "2026-03-09", 7, "J3", "q"),
    )
    listed = pd.DataFrame({"customer_id": ["みなと(株)", "S1"], "エリア": ["中部", "関東"]})
    asked = ASKED.assign(customer_id=["㈱みなと", "S1", "S1", "みなと(株)", "S1"])
    result = an.measure_customers(written, as_of=KNOWN, merges=merges, customers=listed, inquiries=asked)
    assert by_customer(result, "エリア", "amount", "orders", "products", "inquiries", "interval_days") == {
        "S1": ["関東", 157, 2, 2, 4, 4]
    }
    only = an.measure_customers(written, as_of=KNOWN, merges=merges, customers=listed[:1], measures="amount")
    assert by_customer(only, "エリア") == {"S1": "中部"}
    apart = an.measure_customers(written, as_of=KNOWN, customers=listed, measures="amount")
    assert by_customer(apart, "amount") == {"S1": 100, "㈱みなと": 50, "みなと(株)": 7}


@pytest.mark.parametrize("merges", [{"a": "b", "b": "a"}, {"a": "b", "b": "c", "c": "b"}, {"a": ""}])
def test_ways_of_writing_that_lead_nowhere_are_refused(merges):
    with pytest.raises(errors.MergeError, match="lead back to each other"):
        an.measure_customers(SHOP, as_of=KNOWN, merges=merges)


MONEY = (*PLAIN, "currency")


def test_two_currencies_are_asked_and_never_added_up():
    mixed = orders(
        ("a", "2026-03-01", 100, "JPY"), ("a", "2026-03-01", 5, "usd"), ("b", "2026-03-02", 7, "USD"), columns=MONEY
    )
    with pytest.raises(errors.CurrenciesError, match=r"2 currencies \(JPY, USD\)"):
        an.measure_customers(mixed, as_of=KNOWN)
    assert an.currencies(mixed) == ["JPY", "USD"]
    assert by_customer(an.measure_customers(mixed, as_of=KNOWN, currency="usd"), "amount") == {"a": 5, "b": 7}
    with pytest.raises(errors.ChoiceError, match="EUR"):
        an.measure_customers(mixed, as_of=KNOWN, currency="EUR")


def test_a_blank_currency_is_the_only_one_there_is():
    one = orders(
        ("a", "2026-03-01", 100, "JPY"), ("a", "2026-03-01", 5, None), ("b", "2026-03-02", 7, ""), columns=MONEY
    )
    assert by_customer(an.measure_customers(one, as_of=KNOWN), "amount") == {"a": 105, "b": 7}
    assert by_customer(an.measure_customers(one, as_of=KNOWN, currency="JPY"), "amount") == {"a": 105, "b": 7}


def test_a_day_before_the_first_order_is_a_sentence():
    with pytest.raises(errors.BeforeFirstOrderError, match="2026-01-05") as caught:
        an.measure_customers(SHOP, as_of=date(2026, 1, 4))
    assert "2026-01-05" in caught.value.text("ja")
    assert len(an.measure_customers(SHOP, as_of=date(2026, 1, 5))) == 1


def test_no_orders_at_all_leave_what_the_other_tables_say():
    nothing = orders().astype({"customer_id": "str", "amount": "float"})
    result = an.measure_customers(nothing, as_of=KNOWN, inquiries=ASKED)
    assert by_customer(result, "amount", "inquiries") == {"a": [0, 2], "z": [0, 1], None: [0, 1]}
    assert an.measure_customers(nothing).empty


@pytest.mark.parametrize(
    ("frame", "options", "error"),
    [
        (SHOP.drop(columns="amount"), {}, errors.MissingColumnError),
        (SHOP.rename(columns={"status": "Status"}), {}, errors.NameClashError),
        (SHOP, {"cancellations": "half"}, errors.ChoiceError),
        (SHOP, {"measures": ["amount", "profit"]}, errors.ChoiceError),
        (SHOP, {"customers": pd.DataFrame({"customer_id": ["a", "a"]})}, errors.DuplicateKeyError),
        (SHOP, {"customers": pd.DataFrame({"customer_id": [1, 2]})}, errors.KeyTypeError),
        (SHOP.assign(customer_id=range(7)), {"merges": {"a": "b"}}, errors.KeyTypeError),
    ],
)
def test_what_does_not_fit_is_refused(frame, options, error):
    with pytest.raises(error):
        an.measure_customers(frame, as_of=KNOWN, **options)


def test_ids_may_be_numbers_and_decimals_stay_exact():
    numbers = orders(
        (1, "2026-03-01", Decimal("0.10")),
        (1, "2026-03-01", Decimal("0.20")),
        (2, "2026-03-01", Decimal("5")),
        columns=PLAIN,
    )
    with duckdb.connect() as connection:
        connection.register("given", numbers)
        exact = connection.sql("SELECT customer_id, ordered_at, amount::DECIMAL(18, 4) AS amount FROM given")
        found = an.measure_customers(exact, as_of=KNOWN, measures="amount").fetchall()
    assert sorted(found) == [(1, Decimal("0.3000")), (2, Decimal("5.0000"))]


def test_the_lines_behind_an_amount_add_up_to_it():
    for rule in an.CANCELLATIONS:
        amounts = by_customer(an.measure_customers(CANCELLED, as_of=KNOWN, cancellations=rule), "amount")
        for name, amount in amounts.items():
            lines = an.customer_lines(CANCELLED, of=name, as_of=KNOWN, cancellations=rule)
            assert lines["counted_amount"].sum() == amount
    nobody = an.customer_lines(SHOP, of=[None], as_of=KNOWN)
    assert sorted(nobody["amount"]) == [30, 70]
    assert len(an.customer_lines(SHOP, as_of=KNOWN, period=MARCH)) == 2
    signs = an.customer_lines(CANCELLED, as_of=KNOWN, of="said").set_index("order_id")
    assert signs.loc["J7", ["counts_as", "sign"]].to_list() == ["cancellation", "status"]
    assert signs.loc["J6", "counts_as"] == "sale"


def test_what_does_not_count_as_it_is_written_is_counted():
    found = an.cancellation_counts(CANCELLED, as_of=KNOWN)
    shown = {row["sign"] if isinstance(row["sign"], str) else None: row for row in found.to_dict("records")}
    assert {sign: (row["lines"], row["written_amount"], row["counted_amount"]) for sign, row in shown.items()} == {
        None: (4, 4000, 4000),
        "number": (2, -100, -500),
        "quantity": (2, -320, -480),
        "negative": (1, -250, -250),
        "status": (1, 500, 0),
    }


TIMES = st.datetimes(datetime(2026, 1, 30), datetime(2026, 4, 2))
LINES = st.lists(
    st.fixed_dictionaries(
        {
            "customer_id": st.sampled_from(["a", "b", "c", "", None]),
            "ordered_at": TIMES,
            "amount": st.integers(-3, 5),
            "order_id": st.sampled_from(["J1", "J2", "C1", "c2x", "", None]),
            "product_code": st.sampled_from(["p", "q", "", None]),
            "quantity": st.sampled_from([1, 2, -1]),
            "status": st.sampled_from(["売上", "返品", "Cancelled", "", None]),
        }
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=12, deadline=None, phases=PHASES)
@given(
    LINES,
    st.sampled_from(an.CANCELLATIONS),
    st.sampled_from([None, MARCH]),
    st.sampled_from([{}, {"b": "a"}, {"a": "c", "c": "b"}]),
)
def test_agrees_with_plain_python_on_pandas_and_duckdb(rows, rule, period, merges):
    options = {"period": period, "cancellations": rule, "merges": merges}
    expected = measure(rows, rule=rule, period=period, merges=merges)
    frame = orders(*[tuple(row[name] for name in COLUMNS) for row in rows])
    everywhere = (
        an.measure_customers(frame, **options),
        on_duckdb(frame, lambda lines: an.measure_customers(lines, **options)),
    )
    for found in everywhere:
        names = [None if pd.isna(name) else name for name in found["customer_id"]]
        assert {name: of(found, name) for name in names} == {
            name: {"customer_id": name, **measures} for name, measures in expected.items()
        }


@settings(max_examples=8, deadline=None, phases=PHASES)
@given(
    st.lists(
        st.fixed_dictionaries({"customer_id": st.sampled_from(["a", "b", None]), "occurred_at": TIMES}), min_size=1
    ),
    st.sampled_from([None, MARCH]),
)
def test_visits_agree_with_plain_python(rows, period):
    found = an.measure_customers(SHOP, as_of=KNOWN, visits=table(rows, "occurred_at"), period=period)
    expected = contacts(rows, as_of=KNOWN, period=period)
    for name, (count, last) in expected.items():
        row = of(found, name)
        since = None if last is None or name is None else (KNOWN - last.date()).days
        assert (row["visits"], row["days_since_visit"]) == (count, since)

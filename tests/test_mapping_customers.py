"""Which column is what in exports about customers: their list, orders with a price and a quantity, visits."""

import io

import pytest

from analysis import errors, words
from analysis.exports import read_export
from analysis.exports.mapping import Mapping, check
from analysis.exports.propose import propose
from analysis.tables import KINDS


def proposal(name, header, *rows, **options):
    text = "\n".join([header, *rows]) + "\n"
    return propose(read_export(io.BytesIO(text.encode()), name=name), **options)


EC_CUBE = (
    "注文ID,注文番号,会員ID,お名前(姓),会社名,都道府県(名称),メールアドレス,小計,送料,合計,支払合計,対応状況(名称),受注日,商品ID,商品コード,価格,個数",
    "1,101,m1,山田,,東京都,a@x.jp,3500,500,4000,4000,新規受付,2026-04-01 10:00:00,5,p-01,1000,3",
    "1,101,m1,山田,,東京都,a@x.jp,3500,500,4000,4000,新規受付,2026-04-01 10:00:00,6,p-02,500,1",
)
ONLINE_RETAIL = (
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
    "536365,85123A,WHITE,6,2010-12-01 08:26:00,2.55,17850.0,UK",
    "C536379,D,Discount,-1,2010-12-01 09:41:00,27.5,,UK",
)
SHOPIFY = (
    "Name,Email,Financial Status,Currency,Subtotal,Total,Created at,Lineitem quantity,Lineitem price,Lineitem sku",
    "#1001,a@x.jp,paid,JPY,100,100,2026-06-01 10:01:00 +0900,2,50,s1",
    "#1002,b@x.jp,refunded,JPY,100,100,2026-06-02 10:01:00 +0900,1,50,s1",
)
SOLD = (
    "受注番号,受注日時,得意先コード,得意先名,伝票区分,商品コード,数量,金額,担当者",
    'J1,2026/4/1 10:00,S0001,つばき薬局,売上,p1,2,"1,200",岡',
    'J1,2026/4/3 10:00,S0001,つばき薬局,返品,p1,-2,"-1,200",岡',
)


@pytest.mark.parametrize(
    ("rows", "roles"),
    [
        (EC_CUBE, {"unit_price": "価格", "quantity": "個数", "customer_id": "会員ID", "status": "対応状況(名称)"}),
        (ONLINE_RETAIL, {"unit_price": "UnitPrice", "quantity": "Quantity", "order_id": "InvoiceNo"}),
        (SHOPIFY, {"unit_price": "Lineitem price", "customer_id": "Email", "currency": "Currency"}),
        (SOLD, {"amount": "金額", "customer_name": "得意先名", "status": "伝票区分", "customer_id": "得意先コード"}),
    ],
)
def test_orders_are_recognised_by_what_shops_and_sales_systems_write(rows, roles):
    found = proposal("export.csv", *rows)
    assert found.kind == "orders"
    assert found.mapping.roles.items() >= roles.items()
    assert ("amount" in found.mapping.roles) == ("amount" in roles)
    assert found.missing == ()


def test_the_total_of_an_order_is_not_the_amount_of_its_lines():
    roles = proposal("受注.csv", *EC_CUBE).mapping.roles
    assert {"小計", "合計", "支払合計"}.isdisjoint(roles.values())
    alone = proposal("請求.csv", "請求日,会社名,合計金額", "2026/4/1,つばき薬局,1000", kind="orders")
    assert alone.mapping.roles["amount"] == "合計金額"


def test_visits_and_views_are_recognised():
    visits = proposal(
        "訪問履歴.csv", "訪問番号,訪問日時,取引先コード,取引先名,訪問者,目的", "V1,2026/4/1 10:00,S1,つばき薬局,岡,定期"
    )
    assert visits.kind == "visits"
    assert visits.mapping.roles == {"customer_id": "取引先コード", "occurred_at": "訪問日時", "category": "目的"}
    assert visits.mapping.left_out == ("訪問者",)
    named = proposal(
        "訪問履歴.csv", "訪問日時,取引先コード,訪問者", "2026/4/1 10:00,S1,岡", kind="visits", with_names=True
    )
    assert named.mapping.roles["owner"] == "訪問者"
    views = proposal("閲覧履歴.csv", "会員ID,閲覧日時,ページ", "m1,2026-04-01 10:00,/x", "m1,2026-04-02 10:00,/y")
    assert views.kind == "visits"


def test_lists_of_customers_keep_the_name_beside_the_code_and_leave_people_out():
    shops = proposal(
        "取引先.csv", "取引先コード,取引先名,エリア,担当者", "S1,つばき薬局,関東,岡", "S2,みなと薬品,中部,岡"
    )
    assert shops.kind == "customers"
    assert shops.mapping.roles == {"customer_id": "取引先コード", "customer_name": "取引先名"}
    assert shops.mapping.left_out == ("担当者",)
    english = proposal("accounts.csv", "Account ID,Account Name,Account Owner,Industry", "1,Acme,Oka,Retail")
    assert english.kind == "customers"
    assert english.mapping.left_out == ("Account Owner",)


def test_where_there_are_only_names_the_name_is_the_id():
    found = proposal("売上.csv", "日付,得意先名,数量,金額", "2026/4/1,㈱みなと,2,1000", "2026/4/2,みなと(株),1,500")
    assert found.mapping.roles["customer_id"] == "得意先名"
    assert "customer_name" not in found.mapping.roles


def test_the_customer_of_an_account_is_its_code_not_a_dimension_that_is_a_name():
    found = proposal(
        "ユーザー一覧.csv", "ユーザーID,取引先コード,会社名,エリア", "u1,S1,つばき薬局,関東", "u2,S1,つばき薬局,関東"
    )
    assert found.mapping.roles == {"user_id": "ユーザーID", "customer_id": "取引先コード"}
    assert found.mapping.dimensions == ("会社名", "エリア")


def test_orders_need_an_amount_or_a_price():
    export = read_export(io.BytesIO(b"ID,day,n\na,2026-04-01,1\n"), name="x.csv")
    with pytest.raises(errors.MissingRolesError, match="Amount, Unit price"):
        check(export, Mapping("orders", {"customer_id": "ID", "ordered_at": "day", "quantity": "n"}))


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("domain", ["data", "exports"])
def test_every_kind_and_every_role_has_its_words(language, domain):
    for kind in KINDS.values():
        assert words.text(language, f"{domain}.kind_{kind.name}")
        for role in kind.roles:
            assert words.text(language, f"{domain}.role_{role}")

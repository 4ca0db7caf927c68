"""Which column is what: proposed by header and values, checked before anything is imported."""

import io

import pytest

from analysis import errors
from analysis.exports import personal, read_export
from analysis.exports.mapping import Mapping, check, fill, parse, shape
from analysis.exports.propose import propose


def read(text, name="file.csv", **options):
    return read_export(io.BytesIO(text.encode()), name=name, **options)


def proposal(text, name="file.csv", **options):
    return propose(read(text, name), **options)


USERS = (
    "ユーザーID,氏名,メールアドレス,エリア,利用開始日,利用終了日,状態\n"
    "u1,山田 太郎,t@example.jp,関東,2026/4/1,,有効\n"
    "u2,佐藤 花子,h@example.jp,中部,2026/4/1,2027/3/31,停止\n"
)


def test_a_roster_is_recognised_and_people_are_left_out():
    found = proposal(USERS)
    assert found.kind == "users"
    assert found.mapping == Mapping(
        "users",
        {"user_id": "ユーザーID", "valid_from": "利用開始日", "valid_to": "利用終了日", "status": "状態"},
        dimensions=("エリア",),
        personal=("氏名", "メールアドレス"),
        left_out=("氏名", "メールアドレス"),
    )
    assert found.missing == ()


@pytest.mark.parametrize(
    ("header", "name", "kind", "roles"),
    [
        ("ログイン日時,ログインID,端末", "a.csv", "activity", {"user_id": "ログインID", "occurred_at": "ログイン日時"}),
        ("Login Time,Username,Status", "a.csv", "activity", {"user_id": "Username", "occurred_at": "Login Time"}),
        (
            "操作日時,社員番号,操作",
            "log.csv",
            "activity",
            {"user_id": "社員番号", "occurred_at": "操作日時", "activity": "操作"},
        ),
        (
            "Date (UTC),User ID,Application",
            "s.csv",
            "activity",
            {"user_id": "User ID", "occurred_at": "Date (UTC)", "activity": "Application"},
        ),
    ],
)
def test_logs_are_recognised(header, name, kind, roles):
    rows = "".join(f"2026/4/1 9:{minute % 60:02d},u{minute % 7},x\n" for minute in range(50))
    found = proposal(f"{header}\n{rows}", name)
    assert (found.kind, found.mapping.roles) == (kind, roles)


@pytest.mark.parametrize(
    ("name", "header", "activity"),
    [
        ("ログイン履歴.csv", "日時", "login"),
        ("a.csv", "ログイン日時", "login"),
        ("注文.csv", "日時", "order"),
        ("a.csv", "日時", "use"),
        ("a.csv", "最終ログイン日時", "last_seen"),
    ],
)
def test_a_log_without_an_activity_takes_it_from_its_names(name, header, activity):
    found = proposal(f"{header},ユーザーID\n2026/4/1 9:00,u1\n2026/4/2 9:00,u1\n", name, kind="activity")
    assert found.mapping.constants == {"activity": activity}


def test_orders_of_customers_and_inquiries_are_told_apart():
    orders = proposal('注文日,顧客コード,商品コード,数量,金額\n2026/4/1,c1,p,1,"1,200"\n2026/4/2,c1,p,2,300\n')
    assert orders.kind == "orders"
    assert set(orders.mapping.roles) == {"customer_id", "ordered_at", "amount", "product_code", "quantity"}
    asked = proposal("受付日時,ユーザーID,分類,問い合わせ内容\n2026/4/1 9:00,u1,操作,x\n2026/4/2 9:00,u1,不具合,y\n")
    assert asked.kind == "inquiries"
    assert asked.mapping.roles["text"] == "問い合わせ内容"


def test_a_date_and_a_customer_are_a_log_not_inquiries():
    rows = "1,x,2010-12-01 08:26:00,17850\n" * 2
    found = proposal("InvoiceNo,Description,InvoiceDate,CustomerID\n" + rows)
    assert found.kind == "activity"
    assert found.mapping.roles == {"user_id": "CustomerID", "occurred_at": "InvoiceDate"}


def test_a_time_is_found_by_its_values_where_its_header_says_nothing():
    found = proposal("列1,ユーザーID\n2026/4/1 9:00,u1\n2026/4/1 9:01,u1\n2026/4/1 9:02,u2\n")
    assert found.mapping.roles["occurred_at"] == "列1"
    assert found.reasons["列1"] == "by_values"


def test_a_mail_address_that_is_the_key_stays_and_is_named_personal():
    found = proposal("Email,Department\na@example.jp,Sales\nb@example.jp,HR\n", "users.csv", kind="users")
    assert found.mapping.roles in ({"user_id": "Email"}, {})
    key = proposal("ログインID,部署\na@example.jp,営業\nb@example.jp,総務\n", kind="users")
    assert key.mapping.roles == {"user_id": "ログインID"}
    assert key.mapping.personal == ("ログインID",)
    assert key.mapping.left_out == ()


PEOPLE = """氏名,姓,名,フリガナ,ﾌﾘｶﾞﾅ,氏 名,メール,メールアドレス,電話番号,携帯,住所,生年月日,お名前(姓),電話番号(請求先)
注文者メールアドレス,担当者名
E-mail Address,First Name,Full_Name,Recovery Email,Mobile Phone"""
THINGS = """会社名,商品名,支店名,部署名,ファイル名,店舗住所,都道府県,注文者住所都道府県
クーポン名,キャンペーン名,エリア,区分,品名,サイト名
Company Name,Product Name,File Name,Branch,IP address,Name of product"""


@pytest.mark.parametrize("header", PEOPLE.replace("\n", ",").split(","))
def test_headers_of_people(header):
    assert personal.by_header(header)


@pytest.mark.parametrize("header", THINGS.replace("\n", ",").split(","))
def test_headers_of_things(header):
    assert not personal.by_header(header)


def test_people_are_recognised_by_what_stands_in_the_column():
    found = proposal(
        "ユーザーID,備考1,備考2\nu1,a@example.jp,090-1234-5678\nu2,b@example.co.jp,03-1234-5678\n", kind="users"
    )
    assert found.mapping.left_out == ("備考1", "備考2")


@pytest.mark.parametrize(
    ("values", "written"),
    [
        (["3/13/2026", "3/1/2026"], "mdy"),
        (["13/3/2026", "1/3/2026"], "dmy"),
        (["1/2/2026", "3/4/2026"], "mdy"),
        (["2026/1/2"], None),
    ],
)
def test_the_order_of_day_and_month_is_decided_once_for_a_file(values, written):
    found = proposal("日時,ユーザーID\n" + "".join(f"{value},u\n" for value in values * 2), kind="activity")
    assert found.mapping.formats.get("occurred_at") == written


def test_the_order_is_looked_for_in_the_whole_file():
    rows = "1/2/2026,u\n" * 3000 + "25/2/2026,u\n"
    assert proposal("日時,ユーザーID\n" + rows, kind="activity").mapping.formats == {"occurred_at": "dmy"}


def test_every_reason_of_a_proposal_has_words():
    rows = "2026/4/1 9:00,u1,x,a@example.jp\n" * 2
    found = proposal("列1,ユーザーID,氏名,備考\n" + rows, kind="activity")
    assert set(found.reasons.values()) == {"by_values", "by_header", "personal_header", "personal_values"}
    assert found.why("列1", "ja") == "値から"
    assert found.why("氏名", "en") == "personal data, by its header"
    assert found.why("ない", "en") is None


def test_a_header_that_says_utc_is_taken_at_its_word():
    found = proposal("Date (UTC),User ID\n2026-03-31 20:00,u\n2026-03-31 20:01,u\n", kind="activity")
    assert found.mapping.formats == {"occurred_at": "utc"}


def test_what_was_chosen_last_time_wins_where_its_columns_exist():
    remembered = Mapping("users", {"user_id": "社員コード"}, left_out=("氏名",))
    found = proposal("社員コード,ユーザーID,氏名,エリア\n1,a,x,関東\n2,b,y,中部\n", remembered=remembered)
    assert found.mapping.roles == {"user_id": "社員コード"}
    assert found.mapping.dimensions == ("ユーザーID", "エリア")
    other = proposal(USERS, remembered=remembered)
    assert other.mapping.roles["user_id"] == "ユーザーID"


def test_a_roster_without_ids_says_what_is_missing():
    export = read("エリア,区分\n関東,営業\n中部,店舗\n", "名簿.csv")
    found = propose(export, kind="users")
    assert found.missing == ("user_id",)
    with pytest.raises(errors.MissingRolesError, match=r"User ID.*エリア") as raised:
        check(export, found.mapping)
    assert "ユーザーの ID" in raised.value.text("ja")


@pytest.mark.parametrize(
    ("mapping", "error", "says"),
    [
        (Mapping("user", {"user_id": "ID"}), errors.ChoiceError, "users"),
        (Mapping("users", {"userid": "ID"}), errors.ChoiceError, "user_id"),
        (Mapping("users", {"user_id": "id"}), errors.MissingColumnError, "id"),
        (Mapping("users", {"user_id": "ID", "status": "ID"}), errors.ColumnTwiceError, "ID"),
        (Mapping("users", {"user_id": "ID"}, dimensions=("Status",)), errors.RoleNameError, "status"),
        (Mapping("users", {"user_id": "ID"}, dimensions=("Roster_as_of",)), errors.RoleNameError, "roster_as_of"),
        (Mapping("users", {"user_id": "ID"}, {"valid_from": "x"}), errors.ConstantError, "x"),
        (Mapping("users", {"user_id": "ID"}, {"user_id": "x"}), errors.ColumnTwiceError, "ID"),
    ],
)
def test_a_mapping_that_cannot_be(mapping, error, says):
    with pytest.raises(error, match=says):
        check(read("ID,Status,エリア,Roster_as_of\n1,2,3,4\n"), mapping)


def test_a_mapping_is_written_and_read_back():
    mapping = Mapping("users", {"user_id": "ID"}, {"status": "有効"}, ("a",), ("b",), ("b",), {"valid_from": "dmy"})
    assert Mapping.from_json(mapping.to_json()) == mapping


def test_a_mapping_on_the_command_line():
    assert parse('user_id=ユーザーID, "occurred_at=日時,正"') == {"user_id": "ユーザーID", "occurred_at": "日時,正"}
    with pytest.raises(errors.MapTextError, match="nothing"):
        parse("nothing")


def test_the_shape_of_a_file_is_its_set_of_headers():
    assert shape(read("ID,Ａ\n1,2\n")) == shape(read("a,id\n3,4\n"))
    assert shape(read("ID,A\n1,2\n")) != shape(read("ID,B\n1,2\n"))


def test_what_is_neither_role_nor_left_out_is_a_dimension():
    export = read(USERS)
    assert fill(export, Mapping("users", {"user_id": "ユーザーID"}, left_out=("氏名",))).dimensions == (
        "メールアドレス",
        "エリア",
        "利用開始日",
        "利用終了日",
        "状態",
    )


def test_a_log_whose_dates_are_half_unreadable_is_still_a_log(tmp_path):
    lines = [f"{'2026/01/05 10:00' if i % 2 else '不明'},U{i:04d},ログイン" for i in range(40)]
    path = tmp_path / "データ.csv"
    path.write_text("\n".join(["日時,ユーザーID,操作", *lines]), encoding="utf-8")
    assert propose(read_export(path)).mapping.roles["occurred_at"] == "日時"


DEALS = (
    "商談番号,商談所有者,フェーズ,取引先名\nSD-1,岡 直樹,1 アプローチ,つばき薬局\nSD-2,佐伯 由香,5 受注,みなと薬品\n"
)


def test_the_owner_of_a_deal_is_a_name_and_left_out_unless_asked_for():
    found = proposal(DEALS, kind="deals").mapping
    assert "owner" not in found.roles
    assert "商談所有者" in found.left_out
    assert "商談所有者" in found.personal
    asked = proposal(DEALS, kind="deals", with_names=True).mapping
    assert asked.roles["owner"] == "商談所有者"
    assert "商談所有者" not in asked.left_out


LOGS = [
    ("case:concept:name,concept:name,time:timestamp,org:resource", "{c},Step {k},2011-10-0{k} 08:38:44.5{c}+02:00,112"),
    (
        "case concept:name,event concept:name,event time:timestamp,event User",
        "4{c},SRM {k},2{k}-02-2018 13:53:00.000,b",
    ),
    ("Case ID,Activity,Complete Timestamp,Resource", "Case {c},Step {k},2011/10/0{k} 14:45:40.0{c},Value 2"),
    ("CaseID,ActivityID,CompleteTimestamp", "{c},{k},2012-04-0{k} 16:55:10"),
]


@pytest.mark.parametrize(("header", "row"), LOGS, ids=["XES", "XES joined by blanks", "exported log", "help desk"])
def test_published_process_logs_are_cases(header, row):
    rows = "".join(row.format(c=c, k=k) + "\n" for c in range(10, 40) for k in range(1, 5))
    found = proposal(f"{header}\n{rows}")
    case, step, at = header.split(",")[:3]
    assert found.kind == "cases"
    assert found.mapping.roles == {"case_id": case, "step": step, "entered_at": at}


@pytest.mark.parametrize(
    ("header", "row", "roles"),
    [
        (
            "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value",
            "1C1I7A{c},Moses Frase,GTX Plus,Cancity,{s},2016-10-20,2017-03-0{k},1054",
            {"deal_id": "opportunity_id", "phase": "deal_stage", "amount": "close_value", "closed_at": "close_date"}
            | {"created_at": "engage_date", "owner": "sales_agent", "customer_id": "account"},
        ),
        (
            "Opportunity Number,Region,Opportunity Result,Opportunity Amount USD",
            "16419{c},Northwest,{s},1{k}34",
            {"deal_id": "Opportunity Number", "phase": "Opportunity Result", "amount": "Opportunity Amount USD"},
        ),
    ],
)
def test_published_lists_of_deals_are_deals(header, row, roles):
    rows = "".join(row.format(c=c, k=c % 9, s=("Won", "Lost", "Engaging")[c % 3]) + "\n" for c in range(10, 99))
    found = proposal(f"{header}\n{rows}")
    assert (found.kind, found.mapping.roles) == ("deals", roles)

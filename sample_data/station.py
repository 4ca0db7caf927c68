"""販促ステーション, the system of the usage part: its six export files."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from .company import COMPANY, MAIL_DOMAIN, SYSTEM
from .files import DUPLICATE, Broken, Written, write_csv, write_xlsx
from .orders import Inquiry, Order, inquiries, orders
from .people import Account, build
from .usage import Event, log, plan_use
from .workdays import LAST_DAY

SEPTEMBER = date(2025, 9, 30)
ROSTER = (
    *("ユーザーID", "氏名", "メールアドレス", "電話番号"),
    *("エリア", "支店", "部署", "ユーザー区分", "利用開始日", "利用終了日", "状態"),
)
LOG = ("日時", "ユーザーID", "操作", "端末")
ORDER = ("注文番号", "注文日時", "ユーザーID", "届け先支店", "商品コード", "商品名", "数量", "金額")
INQUIRY = ("受付番号", "受付日時", "ユーザーID", "分類", "件名", "対応状況")
NO_ID = ("ユーザーID が空", "no user id")
NO_DATE = ("日時が日付ではない", "not a date")
TWICE = ("同じ ID の行が 2 つあり、エリアが違う", "the same id twice, in different areas")
AGAIN = ("上の行とまったく同じ行", "identical to a row above")
NEW_YEAR = date(2025, 4, 1)  # first day of fiscal year 2025


def write(folder: Path) -> list[Written]:
    """Writes the files of the system into `folder`, in the order in which they are imported."""
    accounts = build()
    uses = plan_use(accounts)
    events = log(uses)
    return [
        roster(folder / "users_20250930.csv", accounts, SEPTEMBER),
        roster(folder / "users_20260331.csv", accounts, LAST_DAY),
        usage(folder / "usage_fy2024.csv", [e for e in events if e.at.date() < NEW_YEAR]),
        usage(folder / "usage_fy2025.csv", [e for e in events if e.at.date() >= NEW_YEAR]),
        order_list(folder / "orders.csv", orders(uses)),
        inquiry_list(folder / "inquiries.xlsx", inquiries(uses)),
    ]


def roster(path: Path, accounts: list[Account], as_of: date) -> Written:
    rows = [row for account in accounts if (row := _account(account, as_of))]
    titles = (f"{SYSTEM} ユーザー一覧　{COMPANY}", f"出力日時：{as_of:%Y/%m/%d} 23:10　出力者：システム管理者")
    broken = _broken_accounts(rows)
    broken += _more_broken_accounts(rows) if as_of == LAST_DAY else []
    return write_csv(path, ROSTER, rows, broken, encoding="cp932", titles=titles)


def _account(account: Account, as_of: date) -> tuple | None:
    entry = account.march if as_of == LAST_DAY else account.september
    if entry is None:
        return None
    place = (entry.area, entry.branch, entry.department, entry.category)
    return (account.id, account.name, account.mail, account.phone, *place, entry.start, entry.end, entry.status)


def _strange(user: str, *, area: str = "関東", start: str = "2025/04/01", end: str = "") -> tuple:
    """A row of the roster; ids from MK90001 on stand in no other file, so no figure depends on them."""
    mail = f"{user.lower()}@{MAIL_DOMAIN}" if user else ""
    branch = "新宿支店" if area == "関東" else "大阪支店"
    return (user, "見本 太郎", mail, "090-0000-9999", area, branch, "店舗運営部", "店舗", start, end, "有効")


def _broken_accounts(rows: list[tuple]) -> list[Broken]:
    start = _strange("MK90001", start="2025/13/01")
    return [
        Broken(0.21, start, "利用開始日が日付ではない", "the start is not a date"),
        Broken(0.37, _strange(""), *NO_ID),
        Broken(0.62, _strange("MK90003"), *TWICE),
        Broken(0.81, _strange("MK90003", area="近畿"), *TWICE),
        Broken(1.0, rows[204], *AGAIN, DUPLICATE),
    ]


def _more_broken_accounts(rows: list[tuple]) -> list[Broken]:
    end = _strange("MK90004", end="2026/02/30")
    return [
        Broken(0.5, end, "利用終了日が日付ではない", "the end is not a date"),
        Broken(1.0, rows[871], *AGAIN, DUPLICATE),
    ]


def usage(path: Path, events: list[Event]) -> Written:
    rows = [(e.at, e.user, e.kind, e.device) for e in events]
    year = events[0].at.year
    broken = [
        Broken(0.18, (f"{year}/06/31 10:15:00", events[900].user, "ログイン", "PC"), *NO_DATE),
        Broken(0.44, (events[len(events) // 2].at, "", "ログイン", "PC"), *NO_ID),
        Broken(0.79, ("", events[1200].user, "ログイン", "PC"), "日時が空", "no date"),
    ]
    return write_csv(path, LOG, rows, broken, encoding="utf-8-sig", quoted=False)


def order_list(path: Path, found: list[Order]) -> Written:
    rows = [
        (f"A{n:06d}", f"{o.at:%Y/%m/%d %H:%M}", o.user, o.branch, o.code, o.product, o.quantity, f"{o.amount:,}")
        for n, o in enumerate(found, 1)
    ]
    broken = [
        Broken(0.3, _changed(rows[2000], "A900001", 7, "要見積"), "金額が数ではない", "amount is not a number"),
        Broken(0.66, _changed(rows[5000], "A900002", 2, ""), *NO_ID),
        Broken(0.97, _changed(rows[-300], "A900003", 1, "2026/02/29 11:00"), *NO_DATE),
    ]
    return write_csv(path, ORDER, rows, broken, encoding="cp932")


def inquiry_list(path: Path, found: list[Inquiry]) -> Written:
    rows = [(f"Q{n:05d}", i.at, i.user, i.category, i.subject, i.state) for n, i in enumerate(found, 1)]
    broken = [
        Broken(0.42, _changed(rows[500], "Q90001", 2, ""), *NO_ID),
        Broken(0.93, _changed(rows[-60], "Q90002", 1, "確認中"), *NO_DATE),
    ]
    return write_xlsx(path, "問い合わせ一覧", INQUIRY, rows, broken)


def _changed(row: Sequence, number: str, column: int, value: str) -> tuple:
    cells = [number, *row[1:]]
    cells[column] = value
    return tuple(cells)

"""Every planted figure of the sample company, counted with plain Python from the written files."""

import csv
import hashlib
import json
import subprocess
import sys
import zipfile
from collections import Counter, defaultdict
from datetime import date, datetime
from functools import cache
from pathlib import Path

import openpyxl
import pytest

from analysis.tables import KINDS, STATUS_INVALID

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "sample_data"
ENTRIES = json.loads((DATA / "manifest.json").read_text(encoding="utf-8"))["files"]
SEPTEMBER, MARCH = date(2025, 9, 30), date(2026, 3, 31)
SUMMER = (date(2025, 7, 1), SEPTEMBER)
WINTER = (date(2026, 1, 1), MARCH)
HOLIDAYS = {
    date(2026, 1, 1),
    date(2026, 1, 2),
    date(2026, 1, 12),
    date(2026, 2, 11),
    date(2026, 2, 23),
    date(2026, 3, 20),
}


def moment(value):
    """A date with or without a time, or nothing where it is none."""
    if isinstance(value, datetime):
        return value
    for form in ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d"):
        try:
            return datetime.strptime(value or "", form)
        except ValueError:
            continue
    return None


def lines(entry):
    """(line, row as a dict) of a file, with the header where its system puts it."""
    path = DATA / entry["file"]
    if path.suffix == ".xlsx":
        sheet = openpyxl.load_workbook(path).active
        rows = [["" if cell is None else cell for cell in row] for row in sheet.iter_rows(values_only=True)]
        header = 0
    else:
        encoding, header = {"users": ("cp932", 2), "usage": ("utf-8-sig", 0), "order": ("cp932", 0)}[path.name[:5]]
        with path.open(encoding=encoding, newline="") as file:
            rows = list(csv.reader(file))
    return [(n, dict(zip(rows[header], row, strict=True))) for n, row in enumerate(rows[header + 1 :], header + 2)]


def is_readable(row, roles, kind):
    """The rules of an import: an id, a date where there must be one, dates and numbers that are such."""
    if not row[roles["user_id"]]:
        return False
    if kind == "activity":
        amount = row.get(roles.get("amount", ""), "0").replace(",", "")
        return moment(row[roles["occurred_at"]]) is not None and amount.isdigit()
    return all(not row[roles[role]] or moment(row[roles[role]]) for role in ("valid_from", "valid_to"))


@cache
def imported(name):
    """(accepted rows, lines of duplicates, lines of refused rows) of a file."""
    entry = next(e for e in ENTRIES if Path(e["file"]).name == name)
    roles = entry["mapping"]["roles"]
    rows = lines(entry)
    refused = {line for line, row in rows if not is_readable(row, roles, entry["kind"])}
    duplicates = set()
    if entry["kind"] == "users":
        by_id = defaultdict(list)
        for line, row in rows:
            if line not in refused:
                by_id[row[roles["user_id"]]].append((line, row))
        for same in by_id.values():
            if all(row == same[0][1] for _, row in same):
                duplicates |= {line for line, _ in same[1:]}
            else:
                refused |= {line for line, _ in same}
    accepted = [row for line, row in rows if line not in refused | duplicates]
    return accepted, duplicates, refused


@cache
def roster(day):
    """The accounts that are valid on `day`, by id, from the roster of that day."""
    rows = imported(f"users_{day:%Y%m%d}.csv")[0]
    return {row["ユーザーID"]: row for row in rows if is_valid(row, day)}


def is_valid(row, day):
    start, end = moment(row["利用開始日"]), moment(row["利用終了日"])
    status = row["状態"].casefold() in STATUS_INVALID
    return not status and (not start or start.date() <= day) and (not end or end.date() >= day)


@cache
def events():
    """(id, moment, kind) of everything that was done: the log, orders, inquiries."""
    found = []
    for entry in ENTRIES:
        if entry["kind"] == "activity":
            roles, constant = entry["mapping"]["roles"], entry["mapping"]["constants"].get("activity")
            rows = imported(Path(entry["file"]).name)[0]
            found += [(r["ユーザーID"], moment(r[roles["occurred_at"]]), constant or r["操作"]) for r in rows]
    return found


@cache
def seen(period, kind=None):
    """Ids in the data of a period (both days included)."""
    first, last = period
    return {user for user, at, what in events() if first <= at.date() <= last and kind in (None, what)}


@cache
def within(name, period=WINTER):
    """Accepted rows of orders or inquiries in a period."""
    column = {"orders.csv": "注文日時", "inquiries.xlsx": "受付日時"}[name]
    return [row for row in imported(name)[0] if period[0] <= moment(row[column]).date() <= period[1]]


def share(day, period, **where):
    """(active, valid) of the people with these values on the roster of `day`."""
    people = {user for user, row in roster(day).items() if all(row[c] == v for c, v in where.items())}
    return len(people & seen(period)), len(people)


def days_of_use(user, period=WINTER):
    return {at.date() for who, at, _ in events() if who == user and period[0] <= at.date() <= period[1]}


def the(name):
    """The one account of the March roster with this family name."""
    (user,) = [row["ユーザーID"] for row in roster(MARCH).values() if row["氏名"].startswith(name + " ")]
    return user


def test_generator_writes_the_same_bytes_again(tmp_path):
    subprocess.run([sys.executable, "-m", "sample_data", str(tmp_path)], cwd=ROOT, check=True)
    written = sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file())
    assert len(written) >= 14
    for path in written:
        # Inside a workbook, because another zlib compresses the same bytes differently.
        content = members if path.suffix == ".xlsx" else Path.read_bytes
        assert content(DATA / path) == content(tmp_path / path), path


def members(path):
    with zipfile.ZipFile(path) as book:
        return [(item.filename, item.date_time, book.read(item)) for item in book.infolist()]


def test_everything_is_below_ten_megabytes():
    assert sum(p.stat().st_size for p in DATA.rglob("*") if p.is_file() and p.suffix != ".pyc") < 10_000_000


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e["file"])
def test_manifest_states_rows_and_a_mapping_that_fits(entry):
    accepted, duplicates, refused = imported(Path(entry["file"]).name)
    read = len(lines(entry))
    assert entry["rows"] == {
        "read": read,
        "accepted": len(accepted),
        "duplicates": len(duplicates),
        "refused": len(refused),
    }
    assert len(refused) > 0
    assert read == len(accepted) + len(duplicates) + len(refused)
    mapping, kind = entry["mapping"], KINDS[entry["kind"]]
    assert set(mapping["roles"]) | set(mapping["constants"]) <= set(kind.roles)
    header = [*mapping["roles"].values(), *mapping["dimensions"], *mapping["left_out"]]
    assert sorted(header) == sorted(accepted[0])


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e["file"])
def test_card_lists_rows_and_broken_lines(entry):
    card = (DATA / entry["card"]).read_text(encoding="utf-8")
    _, duplicates, refused = imported(Path(entry["file"]).name)
    for number in entry["rows"].values():
        assert f"{number:,}" in card
    for line in duplicates | refused:
        assert f"| {line:,} |" in card


def test_files_are_written_as_their_systems_write_them():
    raw = {Path(e["file"]).name: (DATA / e["file"]).read_bytes() for e in ENTRIES}
    assert raw["usage_fy2024.csv"].startswith(b"\xef\xbb\xbf")
    assert raw["usage_fy2025.csv"].startswith(b"\xef\xbb\xbf")
    assert all(b"\r\n" in raw[n] and b"\n" not in raw[n].replace(b"\r\n", b"") for n in raw if n.endswith(".csv"))
    for name in ("users_20250930.csv", "users_20260331.csv", "orders.csv"):
        with pytest.raises(UnicodeDecodeError):
            raw[name].decode("utf-8")
    text = raw["users_20260331.csv"].decode("cp932")
    assert text.splitlines()[2].startswith('"ユーザーID","氏名"')
    with pytest.raises(UnicodeDecodeError):
        raw["users_20260331.csv"].decode("shift_jis")


def test_log_covers_two_fiscal_years():
    days = [at.date() for _, at, _ in events()]
    assert (min(days), max(days)) == (date(2024, 4, 1), date(2026, 3, 31))
    assert 90_000 < len(days) < 200_000


def test_march_roster_has_1284_rows_of_which_1200_are_valid():
    rows = imported("users_20260331.csv")[0]
    assert (len(rows), len(roster(MARCH))) == (1284, 1200)


@pytest.mark.parametrize(
    ("area", "active", "valid"),
    [
        ("北海道・東北", 118, 200),
        ("関東", 294, 420),
        ("中部", 99, 180),
        ("近畿", 161, 260),
        ("九州", 66, 120),
        ("", 6, 20),
    ],
)
def test_active_by_area(area, active, valid):
    assert share(MARCH, WINTER, エリア=area) == (active, valid)


def test_744_of_1200_are_active():
    assert share(MARCH, WINTER) == (744, 1200)


def test_771_ids_are_744_active_18_invalid_and_9_strangers():
    ids = seen(WINTER)
    listed = {row["ユーザーID"] for row in imported("users_20260331.csv")[0]}
    valid = set(roster(MARCH))
    assert (len(ids), len(ids & valid), len(ids & (listed - valid)), len(ids - listed)) == (771, 744, 18, 9)
    assert ids == seen(WINTER, "ログイン")


def test_summer_on_its_own_roster_and_on_that_of_march():
    assert share(SEPTEMBER, SUMMER) == (621, 1150)
    assert share(MARCH, SUMMER) == (582, 1200)


def test_march_roster_alone_counts_the_same_1200_in_summer():
    """Dates do not repair a stale roster: those who came in bulk since October have no start."""
    rows = imported("users_20260331.csv")[0]
    then = {row["ユーザーID"] for row in rows if is_valid(row, SEPTEMBER)}
    assert then == set(roster(MARCH))


def test_kyushu_rises_while_people_fall():
    assert share(SEPTEMBER, SUMMER, エリア="九州") == (72, 160)
    assert share(MARCH, WINTER, エリア="九州") == (66, 120)


def test_kinki_rises_while_both_parts_fall():
    assert share(SEPTEMBER, SUMMER, エリア="近畿") == (130, 220)
    assert share(MARCH, WINTER, エリア="近畿") == (161, 260)
    before = [share(SEPTEMBER, SUMMER, エリア="近畿", ユーザー区分=c) for c in ("営業", "店舗")]
    after = [share(MARCH, WINTER, エリア="近畿", ユーザー区分=c) for c in ("営業", "店舗")]
    assert (before, after) == ([(90, 120), (40, 100)], [(132, 180), (29, 80)])


def test_sales_two_has_31_of_80_and_22_who_never_came():
    people = {user for user, row in roster(MARCH).items() if row["部署"] == "営業第二部"}
    assert {roster(MARCH)[user]["エリア"] for user in people} == {"中部"}
    active = people & seen(WINTER)
    ever = seen((date(2024, 4, 1), MARCH))
    assert (len(active), len(people), len(people - active - ever)) == (31, 80, 22)


def branches(title):
    """The branches that the card lists under a title."""
    card = (DATA / "cards" / "usage_facts.md").read_text(encoding="utf-8")
    (line,) = [line for line in card.splitlines() if line.startswith(f"- {title}")]
    return line.partition("：")[2].split("・")


def test_ten_branches_with_a_training_and_ten_alike():
    def pooled(names, day, period):
        counts = [share(day, period, 支店=name) for name in names]
        assert {valid for _, valid in counts} == {20}
        return sum(active for active, _ in counts), sum(valid for _, valid in counts)

    trained, alike = branches("研修あり"), branches("研修なし")
    assert len(set(trained)) == len(set(alike)) == 10
    assert not set(trained) & set(alike)
    assert (pooled(trained, SEPTEMBER, SUMMER), pooled(trained, MARCH, WINTER)) == ((104, 200), (120, 200))
    assert (pooled(alike, SEPTEMBER, SUMMER), pooled(alike, MARCH, WINTER)) == ((104, 200), (118, 200))
    area_of = {row["支店"]: row["エリア"] for row in roster(MARCH).values()}
    assert Counter(map(area_of.get, trained)) == Counter(map(area_of.get, alike))


def test_edges_of_the_quarter():
    """One person comes only in its first second, one in its last, one in the second before it."""
    alone = defaultdict(list)
    for user, at, _ in events():
        if user in roster(MARCH) and WINTER[0] <= at.date():
            alone[user].append(at)
    single = {user: times[0] for user, times in alone.items() if len(times) == 1}
    assert {datetime(2026, 1, 1), datetime(2026, 3, 31, 23, 59, 59)} <= set(single.values())
    late = {user for user, at, _ in events() if at == datetime(2025, 12, 31, 23, 59, 59)}
    assert len(late) == 1
    assert late <= set(roster(MARCH)) - seen(WINTER)


def test_some_are_valid_on_their_last_day():
    assert sum(row["利用終了日"] == "2026/03/31" for row in roster(MARCH).values()) == 4
    assert sum(row["利用終了日"] == "2025/09/30" for row in roster(SEPTEMBER).values()) == 2


def test_orders_come_every_business_day_and_mostly_from_three():
    found = within("orders.csv")
    assert len(found) == len({row["注文番号"] for row in found}) == 1180
    business = {
        day
        for n in range(90)
        if (day := date.fromordinal(WINTER[0].toordinal() + n)).weekday() < 5 and day not in HOLIDAYS
    }
    assert len(business) == 58
    assert {moment(row["注文日時"]).date() for row in found} == business
    people = Counter(row["ユーザーID"] for row in found)
    assert len(people) == 96
    assert set(people) <= set(roster(MARCH))
    three = dict(people.most_common(3))
    assert sum(three.values()) == 649
    assert set(three) == {the("三浦"), the("大野"), the("片山")}
    assert len({row["届け先支店"] for row in found if row["ユーザーID"] in three}) == 41


def test_takahashi_asks_most_and_uses_least():
    asked = within("inquiries.xlsx")
    user = the("高橋")
    assert (len(asked), sum(row["ユーザーID"] == user for row in asked)) == (210, 38)
    assert len(days_of_use(user)) == 6


def test_noguchi_uses_it_on_55_days_and_never_asks():
    user = the("野口")
    assert len(days_of_use(user)) == 55
    assert user not in {row["ユーザーID"] for row in within("inquiries.xlsx")}


def test_orders_and_inquiries_stand_on_days_of_login():
    logins = {(user, at.date()) for user, at, kind in events() if kind == "ログイン"}
    assert {(user, at.date()) for user, at, kind in events() if kind in ("注文", "問い合わせ")} <= logins


def test_stages():
    """Aware: any use. Settled: use in every month. Making use: at least three kinds of activity."""
    months, kinds = defaultdict(set), defaultdict(set)
    for user, at, kind in events():
        if WINTER[0] <= at.date() and user in roster(MARCH):
            months[user].add(at.month)
            kinds[user].add(kind)
    settled = {user for user, found in months.items() if len(found) == 3}
    using = {user for user, found in kinds.items() if len(found) >= 3}
    assert (len(months), len(settled), len(using & settled), len(using - settled)) == (744, 420, 156, 33)


def test_trend_rises_gently():
    """Months of the year before the September roster, and since, on the roster that is the latest then."""

    def rate(first, last, day):
        valid = {r["ユーザーID"] for r in imported(f"users_{day:%Y%m%d}.csv")[0] if is_valid(r, last)}
        return len(valid & seen((first, last))) / len(valid)

    quarters = [
        (date(2024, 4, 1), date(2024, 6, 30)),
        (date(2024, 10, 1), date(2024, 12, 31)),
        (date(2025, 4, 1), date(2025, 6, 30)),
        SUMMER,
    ]
    rates = [rate(*quarter, SEPTEMBER) for quarter in quarters]
    rates += [rate(date(2025, 10, 1), date(2025, 12, 31), SEPTEMBER), rate(*WINTER, MARCH)]
    assert rates == sorted(rates)
    assert 0.35 < rates[0] < 0.5


def test_card_states_the_planted_figures():
    """The figures that are counted above stand in the card as they are."""
    card = (DATA / "cards" / "usage_facts.md").read_text(encoding="utf-8")
    for said in (
        *("744 / 1,200 = 62.0%", "771 / 1,284 = 60.0%", "771 / 1,200 = 64.3%", "582 / 1,200 = 48.5%"),
        *("621 / 1,150 = 54.0%", "294 / 420 = 70.0%", "72 / 160 = 45.0%", "66 / 120 = 55.0%", "31 / 80"),
        *("90 / 120", "132 / 180", "40 / 100", "29 / 80", "104 / 200", "120 / 200", "118 / 200"),
        *("1,180 件", "649 件（55.0%）", "96 人", "41 支店", "210 件のうち 38 件、利用は 6 日", "利用 55 日"),
        *("| 744 | 70% |", "| 420 | 45% |", "| 156 | 20% |", "189 人で、うち 33 人"),
    ):
        assert said in card, said


def test_benchmark_logins_are_the_same_on_every_machine(tmp_path):
    """Enough rows for several threads; any change to them shows in the digest."""
    make = "import sys, pathlib, benchmarks.logins as b; b.write_csv(pathlib.Path(sys.argv[1]), 300_000, 6_000)"
    path = tmp_path / "logins.csv"
    subprocess.run([sys.executable, "-c", make, str(path)], cwd=ROOT, check=True)
    content = path.read_bytes()
    rows = content.decode("cp932").splitlines()[1:]
    assert len(rows) == 300_000
    assert [row[:21] for row in rows] == sorted(row[:21] for row in rows)
    assert hashlib.sha256(content).hexdigest() == "b3b6219dd9e50860bd85bc7637bc61a3ea3b1cadc9d45fe38d215eaf791c5d2c"

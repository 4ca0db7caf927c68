"""The accounts: where each stands on both rosters, and whether it is active in the planted quarters."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from .company import GIVEN_NAMES, HEAD_OFFICE, KANTO, MAIL_DOMAIN, OFFICE, SALES, SURNAMES, department
from .dice import Dice
from .plan import (
    FUTURE,
    GROUPS,
    HEROES,
    LATE_LEAVERS_ACTIVE,
    LEAVERS_PURGED,
    MOVES,
    OLD_LEAVERS_KEPT,
    OLD_LEAVERS_PURGED,
    PURGED_ACTIVE,
    SHORT_TERM,
    SHORT_TERM_ACTIVE,
    STRANGERS,
    TEST_ACCOUNTS,
    TEST_ACTIVE,
    Group,
)
from .workdays import FIRST_DAY, LAST_DAY, LATEST, QUARTERS, SUMMER

VALID, LEFT, STOPPED, SUSPENDED, DISABLED = "有効", "退職", "停止", "停止中", "無効"
SINCE = tuple(date(y, m, 1) for y, m in ((2022, 4), (2023, 4), (2023, 10), (2024, 4), (2024, 10), (2025, 4)))


@dataclass(frozen=True)
class Entry:
    """An account's line on one roster, without the personal columns."""

    area: str
    branch: str
    department: str
    category: str
    start: date | None
    end: date | None
    status: str


@dataclass
class Account:
    """One id; `first` and `last` bound its use, `active` says what is planted for a quarter."""

    sort: tuple[int, float]
    first: date = FIRST_DAY
    last: date = LAST_DAY
    hero: str = ""
    never: bool = False
    active: dict[int, bool] = field(default_factory=dict)
    september: Entry | None = None
    march: Entry | None = None
    group: str = ""
    id: str = ""
    name: str = ""

    @property
    def mail(self) -> str:
        return f"{self.id.lower()}@{MAIL_DOMAIN}"

    @property
    def phone(self) -> str:
        return f"090-0000-{int(self.id[2:]) % 10_000:04d}"


class Builder:
    """Deals people out over branches and categories, in the same order every time."""

    def __init__(self) -> None:
        self.dice = Dice("people")
        self.accounts: list[Account] = []

    def account(self, order: int, **values: object) -> Account:
        found = Account((order, self.dice.real()), **values)
        self.accounts.append(found)
        return found

    def entry(self, group: Group, start: date | None, turn: int, branch: str = "", category: str = "") -> Entry:
        category = category or self.dice.pick(*zip(*group.categories, strict=True))
        if group.area == KANTO and HEAD_OFFICE in group.branches:
            choices = (HEAD_OFFICE,) if category == OFFICE else group.branches[1:]
        else:
            choices = group.branches
        branch = branch or choices[turn % len(choices)]
        return Entry(group.area, branch, department(group.area, category, turn), category, start, None, VALID)

    def since(self) -> date:
        return self.dice.pick(SINCE, (8, 3, 1, 2, 1, 1))


def build() -> list[Account]:
    """Every account of both rosters and every id of the log, with ids and names."""
    builder = Builder()
    for name in GROUPS:
        _settle(builder, name)
    for origin, target, count in MOVES:
        _move(builder, origin, target, count)
    for name in GROUPS:
        _plant(builder, name)
    _leave(builder)
    _others(builder)
    _edges(builder)
    _drop_out(builder)
    return _name(builder)


def _settle(builder: Builder, name: str) -> None:
    """Those who stay, leave, come and come back in one group; branches keep their size."""
    group = GROUPS[name]
    stay = group.september[1] - group.left[1] - sum(count for origin, _, count in MOVES if origin == name)
    heroes = [key for key, hero in HEROES.items() if hero.group == name]
    for turn in range(stay):
        key = heroes[turn] if turn < len(heroes) else ""
        start = SINCE[0] if key else builder.since()
        place = (HEROES[key].branch, HEROES[key].category) if key else ("", "")
        # Leavers take the first branches; stayers go on from there, so that branches of a group stay equal.
        entry = builder.entry(group, start, group.first_branch + group.left[1] + turn, *place)
        builder.account(0, september=entry, march=entry, group=name, first=start, hero=key)
    for turn in range(group.left[1]):
        start = builder.since()
        builder.account(0, september=builder.entry(group, start, group.first_branch + turn), group=name, first=start)
    for turn in range(group.joined):
        first = QUARTERS[LATEST - 1][0] + timedelta(days=builder.dice.whole(0, 45 if group.never else 140))
        builder.account(1, march=builder.entry(group, None, turn), group=name, first=first)
    for turn in range(group.back):
        entry = builder.entry(group, SINCE[0], group.joined + turn)
        builder.account(0, september=replace(entry, status=SUSPENDED), march=entry, group=name, first=SINCE[0])


def _move(builder: Builder, origin: str, target: str, count: int) -> None:
    """People who work elsewhere in March; the category is that of the new group."""
    for turn in range(count):
        start = builder.since()
        before = builder.entry(GROUPS[origin], start, turn)
        after = builder.entry(GROUPS[target], start, turn, category=SALES if "sales" in target else before.category)
        builder.account(0, september=before, march=after, group=target, first=start)


def _plant(builder: Builder, name: str) -> None:
    """Exactly as many active as planned, in summer and in the last quarter."""
    group, dice = GROUPS[name], Dice("plant", name)
    here = [a for a in builder.accounts if a.group == name and a.march]
    for account in dice.sample([a for a in here if a.september == a.march and not a.hero], group.never):
        account.never = True
    left = [a for a in builder.accounts if a.group == name and not a.march]
    _choose(dice, left, group.left[0], SUMMER)
    away = _moved_from(builder, name)
    regular = [a for a in here if a.september == a.march] + away
    _choose(dice, regular, group.september[0] - group.left[0], SUMMER)
    _choose(dice, here, group.march[0], LATEST)


def _moved_from(builder: Builder, name: str) -> list[Account]:
    """Those who stood in this group in September and stand in another in March."""
    targets = {target for origin, target, _ in MOVES if origin == name}
    area, category = GROUPS[name].area, GROUPS[name].categories
    return [
        a
        for a in builder.accounts
        if a.group in targets
        and a.september
        and a.march
        and a.september != a.march
        and a.september.status == VALID
        and a.september.area == area
        and a.september.category in dict(category)
    ]


def _choose(dice: Dice, accounts: list[Account], count: int, quarter: int) -> None:
    """Sets `active[quarter]`: heroes always, those without any use never, last time's users rather than others."""
    fixed = [a for a in accounts if a.hero]
    free = [a for a in accounts if not a.hero and not a.never]
    weights = [6.0 if a.active.get(SUMMER) else 2.5 if a.september is None else 1.0 for a in free]
    chosen = {id(a) for a in fixed + dice.sample(free, count - len(fixed), weights)}
    for account in accounts:
        account.active[quarter] = id(account) in chosen


def _leave(builder: Builder) -> None:
    """The 74 who left since September: how they left, and the few who still used the system in the last quarter."""
    dice = Dice("leave")
    leavers = dice.sample(left := [a for a in builder.accounts if a.march is None], len(left))
    kept = len(leavers) - LEAVERS_PURGED
    for i, account in enumerate(leavers):
        late = i < LATE_LEAVERS_ACTIVE or 0 <= i - kept < PURGED_ACTIVE
        account.active[LATEST] = late
        account.last = date(2026, 1, 20) + timedelta(days=dice.whole(0, 69)) if late else _day_of_leaving(dice)
        entry = account.september
        if i in (20, 21):  # 30 September is still a valid day
            account.last = date(2025, 9, 30)
            account.september = replace(entry, end=account.last)
        if i < kept:
            stopped = 30 <= i < 42
            status, end = (STOPPED, None) if stopped else (LEFT, account.last)
            account.march = replace(entry, end=end, status=status)


def _day_of_leaving(dice: Dice) -> date:
    return QUARTERS[LATEST - 1][0] + timedelta(days=dice.whole(0, 88))


def _others(builder: Builder) -> None:
    """Accounts that never count: tests, people gone long ago, short-term staff, those of next April."""
    dice = builder.dice
    kanto, kinki = GROUPS["kanto"], GROUPS["kinki sales"]
    for i in range(TEST_ACCOUNTS):
        entry = replace(
            builder.entry(kanto, SINCE[0], i, HEAD_OFFICE, OFFICE), status=DISABLED, department="情報システム部"
        )
        builder.account(2, september=entry, march=entry, active={LATEST: i < TEST_ACTIVE}, group="test")
    names = sorted(GROUPS)
    for i in range(OLD_LEAVERS_KEPT + OLD_LEAVERS_PURGED):
        last = date(2024, 7, 31) + timedelta(days=dice.whole(0, 410))
        entry = builder.entry(GROUPS[names[i % len(names)]], SINCE[0], i)
        entry = replace(entry, end=last, status=VALID if i % 3 == 0 else LEFT)
        march = entry if i < OLD_LEAVERS_KEPT else None
        builder.account(0, september=entry, march=march, last=last, group="gone", active={LATEST: False})
    for i in range(SHORT_TERM):
        start, end = date(2025, 11, 17), date(2026, 2, 27)
        entry = replace(builder.entry(kinki, start, i), end=end)
        builder.account(1, march=entry, first=start, last=end, group="short", active={LATEST: i < SHORT_TERM_ACTIVE})
    for i in range(FUTURE):
        entry = builder.entry(kanto, date(2026, 4, 1), i)
        builder.account(3, march=entry, never=True, group="future")
    for i, name in enumerate(STRANGERS):
        builder.account(4, id=name, group="stranger", active={LATEST: True, SUMMER: i < 4})


def _edges(builder: Builder) -> None:
    """Some whose last valid day is the last day of the roster: still valid."""
    stay = [a for a in builder.accounts if a.group == "kanto" and a.march and a.september == a.march and not a.hero]
    for account in stay[3:7]:
        account.march = replace(account.march, end=LAST_DAY)


def _drop_out(builder: Builder) -> None:
    """Some of those who came in neither planted quarter never used anything; 営業第二部 has its planted 22."""
    dice = Dice("never")
    for account in builder.accounts:
        lapsed = not account.active.get(SUMMER) and not account.active.get(LATEST)
        free = account.group in GROUPS and not account.group.startswith("chubu sales")
        if free and account.march and lapsed and dice.chance(0.3):
            account.never = True


def _name(builder: Builder) -> list[Account]:
    """Ids in order of registration, names at random."""
    dice = Dice("names")
    accounts = sorted(builder.accounts, key=lambda account: account.sort)
    for number, account in enumerate(accounts, 1001):
        account.id = account.id or f"MK{number:05d}"
        account.name = f"{dice.pick(SURNAMES)} {dice.pick(GIVEN_NAMES)}"
        if account.hero:
            account.name = HEROES[account.hero].name
        if account.group == "test":
            account.name = f"テスト ユーザー{number % 100:02d}"
    return accounts

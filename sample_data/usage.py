"""Who used the system on which days, and what they did there: logins, catalogue, downloads."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from .company import DEVICES
from .dice import Dice
from .people import Account
from .plan import DAYS_OF_NOGUCHI, DAYS_OF_TAKAHASHI, INQUIRY_PEOPLE, MAKING_USE, ORDER_PEOPLE, SETTLED, SKIPPING, THREE
from .workdays import LATEST, QUARTERS, SUMMER, days, is_business_day, weight

LOGIN, CATALOGUE, DOWNLOAD, ORDER, INQUIRY = "ログイン", "カタログ閲覧", "資料ダウンロード", "注文", "問い合わせ"
HERO_DAYS = {"takahashi": DAYS_OF_TAKAHASHI, "noguchi": DAYS_OF_NOGUCHI, "order 1": 57, "order 2": 56, "order 3": 54}


@dataclass(eq=False)
class Use:
    """One account in one quarter: its days of use, and the kinds of thing it does on them."""

    account: Account
    quarter: int
    days: list[date] = field(default_factory=list)
    kinds: tuple[str, ...] = (LOGIN,)
    at: time | None = None  # one login at this time, and nothing else

    @property
    def business_days(self) -> list[date]:
        return [day for day in self.days if is_business_day(day)]


@dataclass(frozen=True)
class Event:
    """One line of the usage log."""

    at: datetime
    user: str
    kind: str
    device: str


def plan_use(accounts: list[Account]) -> list[list[Use]]:
    """For each quarter, the use of everybody who is active in it."""
    quarters = [[a for a in accounts if _is_active(a, q)] for q in range(len(QUARTERS))]
    uses = [_quarter(people, q) for q, people in enumerate(quarters)]
    _edges(uses, accounts)
    return uses


def _edges(uses: list[list[Use]], accounts: list[Account]) -> None:
    """Three people on the edges of the last quarter: its first second, its last one, and the one before it."""
    first, last = QUARTERS[LATEST]
    opening, closing = [u for u in uses[LATEST] if u.kinds == (LOGIN,) and len(u.days) == 1 and _counts(u.account)][:2]
    opening.days, opening.at = [first], time(0, 0, 0)
    closing.days, closing.at = [last], time(23, 59, 59)
    before = next(a for a in accounts if _counts(a) and a.active.get(SUMMER) and not a.active[LATEST])
    uses[LATEST - 1].append(Use(before, LATEST - 1, [first - timedelta(days=1)], at=time(23, 59, 59)))


def _is_active(account: Account, quarter: int) -> bool:
    """Planted for the summer and the last quarter; before and between, near to what is planted."""
    first, last = QUARTERS[quarter]
    if account.never or account.first > last - timedelta(days=6) or account.last < first:
        return False
    if account.hero:
        return True
    joined = account.september is None
    if quarter in account.active or (quarter == SUMMER and (joined or account.september.status == "停止中")):
        return account.active.get(quarter, False)
    if account.group.startswith("chubu sales") and quarter == _only_chance(account):
        return True
    summer, latest = account.active.get(SUMMER, False), account.active.get(LATEST, False)
    if quarter < SUMMER:
        chance = (0.58, 0.63, 0.69, 0.74, 0.79)[quarter] if summer else 0.15
    else:
        chance = 0.95 if summer and latest else 0.6 if latest else 0.4 if summer else 0.06
    return Dice("active", account.id, quarter).chance(chance)


def _only_chance(account: Account) -> int:
    """A quarter in which somebody of 営業第二部 without planted use has been there once: only 22 never were."""
    if account.september is None:
        return LATEST - 1
    open_quarters = [q for q in range(SUMMER) if QUARTERS[q][0] >= account.first]
    return Dice("once", account.id).pick(open_quarters)


def _quarter(people: list[Account], quarter: int) -> list[Use]:
    dice = Dice("quarter", quarter)
    uses = [Use(account, quarter) for account in people]
    settled = _settled(dice, uses, quarter)
    _deal_kinds(dice, uses, settled, quarter)
    for use in uses:
        use.days = _days(use, use.account.id in settled)
    return uses


def _settled(dice: Dice, uses: list[Use], quarter: int) -> set[str]:
    """Those who come in every month: 420 of the valid in the last quarter, about as large a part before."""
    first, _ = QUARTERS[quarter]
    free = [u.account for u in uses if _may_settle(u.account, first)]
    fixed = {u.account.id for u in uses if u.account.hero in ("noguchi", *THREE)}
    count = SETTLED if quarter == LATEST else int(len(uses) * (0.42 + 0.02 * quarter))
    weights = [1 + 3 * (Dice("habit", a.id).real()) for a in free]
    return fixed | {a.id for a in dice.sample(free, count - len(fixed), weights)}


def _may_settle(account: Account, first: date) -> bool:
    """Valid people who were there in all three months, and are not spoken of in a lesson."""
    return bool(account.march) and _counts(account) and not account.hero and account.first <= first + timedelta(days=20)


def _counts(account: Account) -> bool:
    """On the March roster as valid: the people whose stages are planted."""
    return (
        LATEST in account.active
        and account.group not in ("test", "gone", "short", "stranger")
        and (account.march is not None and account.march.status == "有効")
    )


def _deal_kinds(dice: Dice, uses: list[Use], settled: set[str], quarter: int) -> None:
    """Three kinds or more = making use; everybody else one or two."""
    valid = [use for use in uses if _counts(use.account)]
    using = _making_use(dice, valid, settled, quarter)
    others = _ordinary([use for use in valid if use not in using])
    ordering = [use for use in using if use.account.hero in THREE]
    ordering += dice.sample(_ordinary(using), (ORDER_PEOPLE[quarter] - len(THREE)) * 7 // 10)
    ordering += dice.sample(others, ORDER_PEOPLE[quarter] - len(ordering))
    people = INQUIRY_PEOPLE[quarter] - 1  # and 高橋さん
    asking = dice.sample(_ordinary(using), people * 6 // 10)
    asking += dice.sample([use for use in others if use not in ordering], people - len(asking))
    for use in uses:
        use.kinds = _kinds(dice, use, use in using, use in ordering, use in asking)


def _ordinary(uses: list[Use]) -> list[Use]:
    return [use for use in uses if not use.account.hero]


def _making_use(dice: Dice, valid: list[Use], settled: set[str], quarter: int) -> list[Use]:
    """156 of the settled and 33 others in the last quarter; fewer before."""
    scale = 1.0 if quarter == LATEST else 0.55 + 0.05 * quarter
    heroes = [use for use in valid if use.account.hero in ("noguchi", *THREE)]
    steady = [use for use in _ordinary(valid) if use.account.id in settled]
    light = [use for use in _ordinary(valid) if use.account.id not in settled]
    using = heroes + dice.sample(steady, min(len(steady), int(MAKING_USE * scale)) - len(heroes))
    return using + dice.sample(light, int(SKIPPING * scale))


def _kinds(dice: Dice, use: Use, using: bool, orders: bool, asks: bool) -> tuple[str, ...]:
    if use.account.hero == "takahashi":
        return (LOGIN, INQUIRY)
    extra = (ORDER,) * orders + (INQUIRY,) * asks
    if using:
        return (LOGIN, CATALOGUE, DOWNLOAD, *extra) if dice.chance(0.8) or not extra else (LOGIN, CATALOGUE, *extra)
    return (LOGIN, *extra) if extra or dice.chance(0.5) else (LOGIN, CATALOGUE)


def _days(use: Use, settled: bool) -> list[date]:
    """Days of use within the quarter and the account's life."""
    account, dice = use.account, Dice("days", use.account.id, use.quarter)
    first, last = QUARTERS[use.quarter]
    open_days = days(max(first, account.first), min(last, account.last))
    if account.hero:
        return _hero_days(dice, account.hero, open_days)
    return sorted(_steady_days(dice, account, open_days) if settled else _few_days(dice, use, open_days))


def _steady_days(dice: Dice, account: Account, open_days: list[date]) -> list[date]:
    """A business day in each month and, by habit, many others."""
    habit = Dice("habit", account.id).real()
    count = dice.whole(28, 50) if habit > 0.88 else dice.whole(8, 14 + int(20 * habit))
    fixed = [dice.pick([d for d in open_days if d.month == m and is_business_day(d)]) for m in _months(open_days)]
    rest = [day for day in open_days if day not in fixed]
    return fixed + dice.sample(rest, min(len(rest), count - len(fixed)), [weight(day) for day in rest])


def _few_days(dice: Dice, use: Use, open_days: list[date]) -> list[date]:
    """A few days in one month or two; business days where there are orders or inquiries to make on them."""
    months = _months(open_days)
    months = dice.sample(months, dice.pick((1, 2), (1.0, 1.4)) if len(months) > 1 else 1)
    busy = ORDER in use.kinds or INQUIRY in use.kinds
    near = [day for day in open_days if day.month in months and (is_business_day(day) or not busy)]
    count = dice.pick((1, 2, 3, 4, 6, 8), (5, 4, 3, 2, 1, 0.5)) + (2 if busy else 0)
    return dice.sample(near, min(len(near), count), [weight(day) for day in near])


def _hero_days(dice: Dice, hero: str, open_days: list[date]) -> list[date]:
    work = [day for day in open_days if is_business_day(day)]
    if hero == "takahashi":
        work = [day for day in work if day.month in _months(work)[1:]]
    return sorted(dice.sample(work, min(HERO_DAYS[hero], len(work))))


def _months(within: list[date]) -> list[int]:
    return list(dict.fromkeys(day.month for day in within if is_business_day(day)))


def log(uses: list[list[Use]]) -> list[Event]:
    """Every line of the log, oldest first."""
    events = [event for quarter in uses for use in quarter for event in _events(use)]
    return sorted(events, key=lambda e: (e.at, e.user, e.kind))


def _events(use: Use) -> list[Event]:
    dice = Dice("events", use.account.id, use.quarter)
    own = Dice("device", use.account.id).pick(DEVICES, (6, 3, 1))
    if use.at:
        return [Event(datetime.combine(use.days[0], use.at), use.account.id, LOGIN, own)]
    found = []
    for number, day in enumerate(use.days):
        device = own if dice.chance(0.88) else dice.pick(DEVICES)
        at = datetime.combine(day, _start(dice))
        found.append(Event(at, use.account.id, LOGIN, device))
        for kind, chance in ((CATALOGUE, 0.7), (DOWNLOAD, 0.4)):
            if kind in use.kinds and (number == 0 or dice.chance(chance)):
                found.append(Event(at + timedelta(seconds=dice.whole(20, 1500)), use.account.id, kind, device))
        if dice.chance(0.3):
            found.append(Event(at + timedelta(seconds=dice.whole(3600, 9000)), use.account.id, LOGIN, device))
    return found


def _start(dice: Dice) -> time:
    """Mornings most, then after lunch, then the evening; late enough and early enough to stay within the day."""
    hour = dice.pick((7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 20), (1, 4, 9, 7, 4, 6, 5, 4, 4, 3, 1.5, 0.5))
    return time(hour, dice.whole(0, 59), dice.whole(0, 59))

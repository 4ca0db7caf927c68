"""お店の物語, articles about shops made in eight steps: the sheet in which the team keeps them, 31 March 2026."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from .contracts import running
from .deals import changed, repeated
from .dice import Dice
from .files import DUPLICATE, Broken, Cell, Written, write_xlsx
from .shops import Shop
from .workdays import LAST_DAY, is_business_day

STEPS = ("アサイン", "日程確定", "取材", "執筆", "編集", "提出", "校正", "公開")
CUSTOMER, US = "お客さま", "当社"
SIDES = {"アサイン": CUSTOMER, "日程確定": CUSTOMER, "校正": CUSTOMER} | dict.fromkeys(
    ("取材", "執筆", "編集", "提出"), US
)
HEADER = ("管理番号", "店舗コード", "店名", "種別", "制作担当", *STEPS, "公開予定日", "ボール")
TITLES = ("お店の物語 進行表", "2026年3月31日 現在　各列の日付は、その工程に入った日")

SHOPS = 60
# Where each shop stands; the last step is the end.
WAITING = {"アサイン": 14, "日程確定": 6, "取材": 1, "執筆": 3, "編集": 2, "提出": 2, "校正": 8, "公開": 24}
# Open articles with a planned day of publication, by step: those whose day is past, and all others.
PAST = {"アサイン": 2, "執筆": 2, "編集": 1, "校正": 4}
AHEAD = {"アサイン": 3, "日程確定": 4, "取材": 1, "執筆": 1, "編集": 1, "提出": 2, "校正": 4}
SKIPPED, BACKWARDS, SAME_DAY = 3, 1, 4  # of the published: no date of 提出, 編集 before 執筆, 提出 on the day of 編集
WRITTEN_OUT = 5  # dates that somebody typed as text

KINDS = ("店主インタビュー", "スタッフ紹介", "売場づくり")
MAKERS = ("小島 梓", "堀 圭介", "永井 美穂")
DAYS = ((6, 40), (4, 20), (1, 6), (3, 12), (2, 8), (1, 4), (4, 24))  # usual days from each step to the next


@dataclass
class Article:
    """One shop's article: when it came into each step, as far as it is."""

    shop: Shop
    kind: str
    maker: str
    step: str
    days: list[date | None] = field(default_factory=list)
    planned: date | None = None

    @property
    def open(self) -> bool:
        return self.step != STEPS[-1]


def articles() -> list[Article]:
    """All articles, by the day on which they began."""
    dice = Dice("production")
    shops = dice.sample(running(), SHOPS)
    found = [
        Article(shop, dice.pick(KINDS), dice.pick(MAKERS), step)
        for shop, step in zip(shops, repeated(WAITING), strict=True)
    ]
    for article in found:
        article.days = _days(dice, STEPS.index(article.step) + 1, 200 if article.step == STEPS[-1] else 75)
    _oddities(dice, [article for article in found if not article.open])
    for step in WAITING:
        _plan(dice, [article for article in found if article.step == step])
    return sorted(found, key=lambda article: (article.days[0] or LAST_DAY, article.shop.code))


def _days(dice: Dice, reached: int, oldest: int) -> list[date | None]:
    """Backwards from the last step; a later step is never on the day of the one before it."""
    days = [_workday(LAST_DAY - timedelta(days=dice.whole(1, oldest)))]
    for step in range(reached - 2, -1, -1):
        days.append(_workday(days[-1] - timedelta(days=dice.whole(*DAYS[step]))))
    return [*reversed(days)]


def _workday(day: date) -> date:
    while not is_business_day(day):
        day -= timedelta(days=1)
    return day


def _oddities(dice: Dice, published: list[Article]) -> None:
    """What is in every such sheet: steps without a date, a date before the one of the step before, two on one day."""
    writing, editing, handing = STEPS.index("執筆"), STEPS.index("編集"), STEPS.index("提出")
    odd = dice.sample(published, SKIPPED + BACKWARDS + SAME_DAY)
    for place, article in enumerate(odd):
        if place < SKIPPED:
            article.days[handing] = None
        elif place < SKIPPED + BACKWARDS:
            article.days[writing], article.days[editing] = article.days[editing], article.days[writing]
        else:
            article.days[handing] = article.days[editing]


def _plan(dice: Dice, found: list[Article]) -> None:
    """The planned day of publication, where there is one; of the published a day near to the real one."""
    step = found[0].step
    past, ahead = PAST.get(step, 0), AHEAD.get(step, 0)
    for place, article in enumerate(dice.sample(found, len(found))):
        if not article.open:
            article.planned = (article.days[-1] or LAST_DAY) + timedelta(days=dice.whole(-9, 4))
        elif place < past:
            article.planned = LAST_DAY - timedelta(days=dice.whole(3, 45))
        elif place < past + ahead:
            article.planned = LAST_DAY + timedelta(days=dice.whole(6, 70))


def row(number: int, article: Article) -> tuple[Cell, ...]:
    """A line of the sheet."""
    days = [*article.days, *[None] * (len(STEPS) - len(article.days))]
    about = (f"M-{number:03d}", article.shop.code, article.shop.name, article.kind, article.maker)
    return (*about, *map(_cell, days), _cell(article.planned), SIDES.get(article.step, ""))


def _cell(day: date | None) -> datetime | None:
    return datetime(day.year, day.month, day.day) if day else None


def write(path: Path) -> Written:
    """The workbook of the team."""
    rows = _with_texts([row(number, article) for number, article in enumerate(articles(), 1)])
    return write_xlsx(path, "進行表", HEADER, rows, _broken(rows), titles=TITLES, dates="yyyy/m/d")


def _with_texts(rows: list[tuple[Cell, ...]]) -> list[tuple[Cell, ...]]:
    """A few dates as texts, in two ways of writing."""
    place = HEADER.index("日程確定")
    dated = [number for number, cells in enumerate(rows) if isinstance(cells[place], datetime)]
    texts = {}
    for turn, number in enumerate(Dice("production texts").sample(dated, WRITTEN_OUT)):
        texts[number] = _as_text(rows[number][place], turn)
    return [changed(cells, place, texts[number]) if number in texts else cells for number, cells in enumerate(rows)]


def _as_text(day: Cell, turn: int) -> str:
    assert isinstance(day, datetime)
    return f"{day.year}年{day.month}月{day.day}日" if turn % 2 else f"{day.year}/{day.month}/{day.day}"


def _broken(rows: Sequence[Sequence[Cell]]) -> list[Broken]:
    fixed, ball = HEADER.index("日程確定"), HEADER.index("ボール")
    twice = ("同じ管理番号の行が 2 つあり、ボールが違う", "the same number twice, with the ball on either side")
    return [
        Broken(0.2, changed(rows[11], 0, ""), "管理番号が空", "no number"),
        Broken(0.45, changed(rows[25], 0, "M-901", fixed, "調整中"), "日程確定が日付ではない", "not a date"),
        Broken(0.6, changed(rows[-2], 0, "M-902", ball, US), *twice),
        Broken(0.8, changed(rows[-2], 0, "M-902", ball, CUSTOMER), *twice),
        Broken(1.0, rows[7], "上の行とまったく同じ行", "identical to a row above", DUPLICATE),
    ]

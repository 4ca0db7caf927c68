"""The order in which a dimension's values stand: as a Japanese reader expects areas, numbers and months."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

REGIONS = [
    "北海道",
    "東北",
    "北関東",
    "関東",
    "首都圏",
    "南関東",
    "東日本",
    "甲信越",
    "信越",
    "北陸",
    "中部",
    "東海",
    "近畿",
    "関西",
    "西日本",
    "中国",
    "四国",
    "中四国",
    "九州",
    "沖縄",
    "海外",
]
PREFECTURES = [
    "北海道",
    "青森",
    "岩手",
    "宮城",
    "秋田",
    "山形",
    "福島",
    "茨城",
    "栃木",
    "群馬",
    "埼玉",
    "千葉",
    "東京",
    "神奈川",
    "新潟",
    "富山",
    "石川",
    "福井",
    "山梨",
    "長野",
    "岐阜",
    "静岡",
    "愛知",
    "三重",
    "滋賀",
    "京都",
    "大阪",
    "兵庫",
    "奈良",
    "和歌山",
    "鳥取",
    "島根",
    "岡山",
    "広島",
    "山口",
    "徳島",
    "香川",
    "愛媛",
    "高知",
    "福岡",
    "佐賀",
    "長崎",
    "熊本",
    "大分",
    "宮崎",
    "鹿児島",
    "沖縄",
]
_NUMERALS = str.maketrans("一二三四五六七八九", "123456789")
_DIGITS = re.compile(r"(\d+)")


def in_order(values: Iterable[Any]) -> list[Any]:
    """Each value once: areas from north to south, else by number and text; the blank one last."""
    known = {None if value is None or value != value else value for value in values}
    named = [value for value in known if value is not None]
    for places in (PREFECTURES, REGIONS):
        ranks = {value: _place(str(value), places) for value in named}
        if named and None not in ranks.values():
            named.sort(key=lambda value: (ranks[value], _natural(value)))
            break
    else:
        named.sort(key=_natural)
    return [*named, None] if None in known else named


def _place(value: str, places: list[str]) -> int | None:
    return next((i for i, place in enumerate(places) if value.startswith(place)), None)


def _natural(value: Any) -> tuple[tuple[bool, int, str], ...]:
    """第二 before 第十 stands after 第一, 2 before 10."""
    text = unicodedata.normalize("NFKC", str(value)).translate(_NUMERALS).casefold()
    parts = [part for part in _DIGITS.split(text) if part]
    return tuple((not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts)

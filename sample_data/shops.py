"""The shops that みどり野コスメ sells to, as its sales systems list them. All of them are made up."""

from dataclasses import dataclass

from .dice import Dice

SHOPS = 412
# The figures about customers speak of these: they are on the list, and no deal, contract or article is theirs.
TSUBAKI, YAMABIKO, MINATO, MINATO_AGAIN = "つばき薬局", "やまびこ商店", "みなと薬品㈱", "株式会社 みなと薬品"
RESERVED = (TSUBAKI, YAMABIKO, MINATO)
AGAIN_AT = 338  # the shop that was entered twice got a second code; by chance nothing else ever fell to this one
FIRST = """
    あかね あさひ あずま いずみ うぐいす えびす おおぞら かえで かすみ かもめ きぼう くすのき けやき こだま こまどり
    さくら さざなみ しらかば すずらん すみれ せせらぎ そよかぜ たちばな つくし つばめ とちのき なぎさ なでしこ
    にしき ねむの木 のぞみ はなぞの はまなす ひいらぎ ひばり ふじ ふたば ほたる まつかぜ みずほ みつば むつみ めぐみ
    もみじ やまぶき ゆたか よつば らんぶる りんどう れんげ わかば 青葉 泉町 大手町 川端 北野 桜台 城南 新町 住吉
    高砂 橘 中央 西口 東山 緑町 港町 宮前 元町 山手 若宮
""".split()  # noqa: SIM905
LAST = ("薬局", "ドラッグ", "商店", "化粧品店", "堂", "百貨店")
STAFF = ("岡 直人", "佐伯 由香", "森下 彩", "平井 拓也", "桜井 恵", "荒木 健太", "今井 千尋")


@dataclass(frozen=True)
class Shop:
    """One shop: its code in every system, and its name."""

    code: str
    name: str


def shops() -> list[Shop]:
    """All shops, in the order of their codes."""
    made = Dice("shops").sample([first + last for last in LAST for first in FIRST], SHOPS - len(RESERVED))
    names = [*RESERVED, *made]
    names[AGAIN_AT - 1] = MINATO_AGAIN
    return [Shop(f"S{number:04d}", name) for number, name in enumerate(names, 1)]


def ordinary() -> list[Shop]:
    """The shops that no figure about customers names; `AGAIN_AT` is among them."""
    return shops()[len(RESERVED) :]

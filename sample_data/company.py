"""みどり野コスメ株式会社: its areas, branches, departments and the names of its people. All of it is made up."""

from collections.abc import Mapping

COMPANY = "みどり野コスメ株式会社"
SYSTEM = "販促ステーション"

NORTH, KANTO, CHUBU, KINKI, KYUSHU, BLANK = "北海道・東北", "関東", "中部", "近畿", "九州", ""
AREAS = (NORTH, KANTO, CHUBU, KINKI, KYUSHU, BLANK)
SALES, SHOP, BEAUTY, OFFICE = "営業", "店舗", "美容部員", "本部"
HEAD_OFFICE = "東京本社"

# Ten branches had a training in October and November 2025; ten alike (same areas, same size) had none.
TRAINED: Mapping[str, tuple[str, ...]] = {
    NORTH: ("札幌支店", "盛岡支店", "郡山支店"),
    KANTO: ("横浜支店", "千葉支店", "宇都宮支店", "川越支店", "立川支店"),
    CHUBU: ("静岡支店", "金沢支店"),
}
ALIKE: Mapping[str, tuple[str, ...]] = {
    NORTH: ("旭川支店", "秋田支店", "山形支店"),
    KANTO: ("川崎支店", "船橋支店", "水戸支店", "大宮支店", "町田支店"),
    CHUBU: ("浜松支店", "富山支店"),
}
OTHERS: Mapping[str, tuple[str, ...]] = {
    NORTH: ("仙台支店", "青森支店"),
    KANTO: (HEAD_OFFICE, "新宿支店", "渋谷支店", "高崎支店"),
    CHUBU: ("名古屋支店", "岐阜支店", "長野支店"),
    KINKI: (
        *("大阪支店", "梅田支店", "難波支店", "京都支店", "神戸支店"),
        *("姫路支店", "奈良支店", "和歌山支店", "大津支店"),
    ),
    KYUSHU: ("福岡支店", "北九州支店", "熊本支店", "鹿児島支店", "長崎支店", "大分支店"),
    BLANK: ("",),
}
BRANCHES = tuple(
    branch for area in AREAS if area for group in (TRAINED, ALIKE, OTHERS) for branch in group.get(area, ())
)

SALES_DEPARTMENTS = {
    NORTH: "営業第一部",
    KANTO: "営業第一部",
    CHUBU: "営業第二部",
    KINKI: "営業第三部",
    KYUSHU: "営業第四部",
}
OFFICE_DEPARTMENTS = ("販売企画部", "情報システム部", "人事総務部", "経理部")


def department(area: str, category: str, turn: int) -> str:
    """The department of a user category; `turn` deals people out over those of the head office."""
    if not area or not category:
        return ""
    if category == SALES:
        return SALES_DEPARTMENTS[area]
    if category == OFFICE:
        return OFFICE_DEPARTMENTS[turn % len(OFFICE_DEPARTMENTS)]
    return "店舗運営部" if category == SHOP else "美容部"


# 髙, 﨑 and 德 are in CP932 but not in plain Shift_JIS. The names of `plan.HEROES` are left out on purpose.
SURNAMES = """
    佐藤 鈴木 田中 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林 斎藤 清水 山﨑 森 池田
    橋本 阿部 石川 山下 中島 石井 小川 前田 岡田 長谷川 藤田 後藤 近藤 村上 遠藤 青木 坂本 斉藤 福田 太田 西村
    藤井 金子 岡本 藤原 中野 三宅 原田 中川 松田 竹内 小野 田村 中山 和田 石田 森田 上田 原 内田 柴田 酒井 宮崎
    横山 高木 安藤 宮本 髙田 德田 島田 工藤 谷口
""".split()  # noqa: SIM905
GIVEN_NAMES = """
    翔太 健太 大輔 直樹 拓也 誠 学 亮 和也 達也 隆 浩 健一 雄一 哲也 修 裕太 陽介 慎也 大樹 蓮 悠真 湊 樹 蒼
    美咲 愛 彩 恵 由美 真由美 陽子 裕子 香織 明日香 千尋 麻衣 舞 里奈 優子 智子 直美 葵 結衣 さくら 凛 陽菜
    琴音 あかり 美穂
""".split()  # noqa: SIM905
MAIL_DOMAIN = "midorino-cosme.example"
DEVICES = ("PC", "スマートフォン", "タブレット")

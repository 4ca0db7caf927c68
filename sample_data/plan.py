"""The planted figures of the usage part: who is valid and who is active, group by group, on both rosters."""

from dataclasses import dataclass

from .company import ALIKE, BEAUTY, BLANK, CHUBU, KANTO, KINKI, KYUSHU, NORTH, OFFICE, OTHERS, SALES, SHOP, TRAINED

FIELD = ((SALES, 0.4), (SHOP, 0.4), (BEAUTY, 0.2))
SHOPS = ((SHOP, 0.7), (BEAUTY, 0.3))
ONLY_SALES, ONLY_SHOP = ((SALES, 1.0),), ((SHOP, 1.0),)
HEAD = ((OFFICE, 0.4), (SALES, 0.25), (SHOP, 0.2), (BEAUTY, 0.15))
UNSET = ((OFFICE, 0.4), (SHOP, 0.35), ("", 0.25))


@dataclass(frozen=True)
class Group:
    """People whose counts are planted together.

    `september` and `march` are (active, valid) on 30 September 2025 and 31 March 2026, active in the three
    months before. `left` is (active in summer, all) of those valid in September and not in March; `joined`
    came since; `back` were suspended in September; `never` stay without any use at all. `first_branch`
    shifts the dealing, so that two groups of the same branches together fill them equally.
    """

    area: str
    branches: tuple[str, ...]
    categories: tuple[tuple[str, float], ...]
    september: tuple[int, int]
    march: tuple[int, int]
    left: tuple[int, int]
    joined: int
    back: int = 0
    never: int = 0
    first_branch: int = 0


GROUPS = {
    "north, trained": Group(NORTH, TRAINED[NORTH], FIELD, (32, 60), (36, 60), (2, 3), 3),
    "north, alike": Group(NORTH, ALIKE[NORTH], FIELD, (31, 60), (35, 60), (1, 3), 3),
    "north": Group(NORTH, OTHERS[NORTH], FIELD, (42, 75), (47, 80), (2, 3), 8),
    "kanto, trained": Group(KANTO, TRAINED[KANTO], FIELD, (52, 100), (62, 100), (2, 4), 4),
    "kanto, alike": Group(KANTO, ALIKE[KANTO], FIELD, (53, 100), (61, 100), (2, 4), 4),
    "kanto": Group(KANTO, OTHERS[KANTO], HEAD, (115, 190), (171, 220), (6, 10), 30, back=2),
    "chubu sales, trained": Group(CHUBU, TRAINED[CHUBU], ONLY_SALES, (6, 15), (6, 16), (0, 1), 2, never=5),
    "chubu shops, trained": Group(CHUBU, TRAINED[CHUBU], SHOPS, (14, 25), (16, 24), (1, 2), 1, first_branch=1),
    "chubu sales, alike": Group(CHUBU, ALIKE[CHUBU], ONLY_SALES, (6, 15), (6, 16), (0, 1), 2, never=5),
    "chubu shops, alike": Group(CHUBU, ALIKE[CHUBU], SHOPS, (14, 25), (16, 24), (1, 2), 1, first_branch=1),
    "chubu sales": Group(CHUBU, OTHERS[CHUBU], ONLY_SALES, (19, 45), (19, 48), (1, 3), 4, back=1, never=12),
    "chubu shops": Group(CHUBU, OTHERS[CHUBU], SHOPS, (31, 45), (36, 52), (1, 2), 9),
    "kinki sales": Group(KINKI, OTHERS[KINKI], ONLY_SALES, (90, 120), (132, 180), (3, 5), 39, back=1),
    "kinki shops": Group(KINKI, OTHERS[KINKI], ONLY_SHOP, (40, 100), (29, 80), (5, 10), 2),
    "kyushu": Group(KYUSHU, OTHERS[KYUSHU], FIELD, (72, 160), (66, 120), (12, 20), 2),
    "blank": Group(BLANK, OTHERS[BLANK], UNSET, (4, 15), (6, 20), (0, 1), 6),
}

# People who changed group between the two rosters.
MOVES = (
    ("kyushu", "kinki sales", 13),
    ("kyushu", "kanto", 8),
    ("kyushu", "chubu sales", 1),
    ("kinki shops", "kinki sales", 12),
)

# Accounts that are on a roster and not valid on its day.
TEST_ACCOUNTS = 6  # on both, disabled
OLD_LEAVERS_KEPT, OLD_LEAVERS_PURGED = 5, 27  # left before September; the second lot is off the March roster
SHORT_TERM = 6  # came after September, left in February
FUTURE = 5  # registered in March, to start on 1 April 2026
LEAVERS_PURGED = 12  # of the 74 who left since September; the others are on the March roster as left

# January-March 2026: ids in the log that do not count = 18 not valid on the last day + 9 not on the list.
LATE_LEAVERS_ACTIVE, SHORT_TERM_ACTIVE, TEST_ACTIVE = 11, 5, 2
PURGED_ACTIVE = 3
STRANGERS = ("SUP-01", "SUP-02", "SUP-03", "SUP-04", "H-0112", "H-0387")

# Stages of January-March 2026: aware = 744, settled = 420, making use = 156, and 33 who skip "settled".
SETTLED, MAKING_USE, SKIPPING = 420, 156, 33

# Order and inquiry totals by quarter (the last one is planted), people, and the share of the heroes.
ORDERS = (760, 790, 850, 900, 980, 1020, 1100, 1180)
ORDERED_BY_THREE = (380, 400, 440, 470, 520, 548, 600, 649)
ORDER_PEOPLE = (58, 62, 66, 71, 78, 84, 90, 96)
THREE_BRANCHES = 41
INQUIRIES = (150, 160, 165, 170, 180, 190, 200, 210)
INQUIRIES_OF_TAKAHASHI = (9, 11, 14, 18, 22, 27, 33, 38)
INQUIRY_PEOPLE = (60, 64, 68, 71, 76, 82, 88, 94)
DAYS_OF_TAKAHASHI, DAYS_OF_NOGUCHI = 6, 55


@dataclass(frozen=True)
class Hero:
    """Somebody whom a lesson speaks of."""

    name: str
    group: str
    branch: str
    category: str


HEROES = {
    "takahashi": Hero("高橋 亜紀", "kanto", "新宿支店", SHOP),
    "noguchi": Hero("野口 実", "north", "仙台支店", SHOP),
    "order 1": Hero("三浦 紀子", "kanto", "東京本社", OFFICE),
    "order 2": Hero("大野 洋平", "kanto", "東京本社", OFFICE),
    "order 3": Hero("片山 千夏", "kyushu", "福岡支店", SALES),
}
THREE = ("order 1", "order 2", "order 3")

"""The kinds of table, their roles, and what each must hold (one place; pages, import and metrics read it)."""

from dataclasses import dataclass

TEXT, MOMENT, DAY, NUMBER = "text", "moment", "day", "number"
ROSTER_DAY = "roster_as_of"  # the day of a list where a table shows several: no column of a file may be called so


@dataclass(frozen=True)
class Kind:
    """What one row is, by its roles.

    `roles` maps each role to its type. `required` lists groups: at least one role of each group
    must be mapped. `key` is the role that stands once in a table (in a log, where `time` is mapped as
    well, it may stand again); `time` the role that says when.
    `dated`: columns beside the roles may hold dates, such as one per step; they are kept under
    their headers. `wide` is the role that a date per step stands in for.
    `blank` names required roles that a row may leave empty: it is kept, a line of its own.
    `beside` names roles that point at a column which stays a dimension, too, under its own header: what it is called
    in filters and rules of before does not change.
    `product` is a number that two others stand in for where no column says it: (role, price, quantity).
    Types: text; moment (timestamp without zone); day (a timestamp at midnight); number (decimal).
    """

    name: str
    roles: dict[str, str]
    required: tuple[tuple[str, ...], ...]
    key: str | None = None
    time: str | None = None
    snapshot: bool = False  # every import is the whole list as of a day
    dated: bool = False
    wide: str | None = None
    blank: frozenset[str] = frozenset()
    beside: frozenset[str] = frozenset()
    product: tuple[str, str, str] | None = None


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "users",
            {"user_id": TEXT, "valid_from": DAY, "valid_to": DAY, "status": TEXT, "customer_id": TEXT},
            (("user_id",),),
            key="user_id",
            snapshot=True,
        ),
        Kind(
            "activity",
            {"user_id": TEXT, "occurred_at": MOMENT, "activity": TEXT, "amount": NUMBER},
            (("user_id",), ("occurred_at",)),
            time="occurred_at",
        ),
        Kind(
            "customers",
            {"customer_id": TEXT, "customer_name": TEXT, "owner": TEXT},
            (("customer_id",),),
            key="customer_id",
            snapshot=True,
        ),
        Kind(
            "orders",
            {
                "customer_id": TEXT,
                "ordered_at": MOMENT,
                "amount": NUMBER,
                "unit_price": NUMBER,
                "quantity": NUMBER,
                "order_id": TEXT,
                "product_code": TEXT,
                "product_name": TEXT,
                "status": TEXT,
                "currency": TEXT,
                "customer_name": TEXT,
                "owner": TEXT,
                "user_id": TEXT,
            },
            (("customer_id",), ("ordered_at",), ("amount", "unit_price")),
            time="ordered_at",
            blank=frozenset({"customer_id"}),
            beside=frozenset({"product_name"}),
            product=("amount", "unit_price", "quantity"),
        ),
        Kind(
            "visits",
            {"customer_id": TEXT, "occurred_at": MOMENT, "owner": TEXT, "category": TEXT},
            (("customer_id",), ("occurred_at",)),
            time="occurred_at",
        ),
        Kind(
            "inquiries",
            {
                "occurred_at": MOMENT,
                "customer_id": TEXT,
                "user_id": TEXT,
                "category": TEXT,
                "source": TEXT,
                "text": TEXT,
            },
            (("occurred_at",), ("customer_id", "user_id")),
            time="occurred_at",
        ),
        Kind(
            "deals",
            {
                "deal_id": TEXT,
                "phase": TEXT,
                "customer_id": TEXT,
                "owner": TEXT,
                "source": TEXT,
                "amount": NUMBER,
                "created_at": MOMENT,
                "closed_at": MOMENT,
                "lost_reason": TEXT,
            },
            (("deal_id",), ("phase",)),
            key="deal_id",
            snapshot=True,
            dated=True,
        ),
        Kind(
            "contracts",
            {
                "customer_id": TEXT,
                "term_start": DAY,
                "term_end": DAY,
                "plan": TEXT,
                "amount": NUMBER,
                "outcome": TEXT,
                "churn_reason": TEXT,
            },
            (("customer_id",), ("term_start",), ("term_end",)),
            snapshot=True,
            dated=True,
        ),
        Kind(
            "cases",
            {"case_id": TEXT, "step": TEXT, "entered_at": MOMENT, "customer_id": TEXT, "owner": TEXT},
            (("case_id",), ("step",)),
            key="case_id",
            time="entered_at",
            snapshot=True,
            dated=True,
            wide="step",
        ),
        Kind(
            "targets",
            {"metric": TEXT, "period": TEXT, "target": NUMBER},
            (("metric",), ("period",), ("target",)),
            snapshot=True,
            blank=frozenset({"period"}),
        ),
    )
}

# Roles that a person's name may stand in: under a person's header they come in only where somebody asks for them.
NAMES = frozenset({"owner", "customer_name"})

# Numbers that may be written as a percentage: 70% is 0.7.
PERCENTS = frozenset({"target"})

# Words of an account's status that mean: may not use the system (NFKC, casefold).
STATUS_INVALID = frozenset(
    {
        *("無効", "停止", "停止中", "使用停止", "使用停止中", "利用停止", "休止", "失効", "凍結"),
        *("退職", "退職済", "退職済み", "退会", "退会済", "退会済み", "解約", "削除", "削除済", "削除済み"),
        *("inactive", "disabled", "suspended", "deleted", "deactivated", "archived", "blocked", "frozen"),
        *("locked", "terminated", "expired", "closed", "no", "false"),
    }
)

# What an order's status says where the order does not stand, or came back (within NFKC, casefold) …
STATUS_CANCELLED = (
    *("キャンセル", "取消", "取り消", "返品", "返金", "赤伝", "売上戻", "戻り"),
    *("cancel", "void", "refund", "returned", "return", "credit note", "chargeback"),
)
# … unless it says that, too: part of it came back, nothing did, or it could not.
STATUS_STANDS = (
    *("一部", "部分", "なし", "無し", "未返", "不可", "不要", "申請", "希望", "待ち"),
    *("partial", "no return", "not return", "non-return", "not refund", "non-refund", "not cancel", "no refund"),
)
# What the category of an inquiry says where it is a complaint (within NFKC, casefold).
COMPLAINTS = ("クレーム", "苦情", "不満", "complain", "claim", "grievance")

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


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "users",
            {"user_id": TEXT, "valid_from": DAY, "valid_to": DAY, "status": TEXT},
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
        Kind("customers", {"customer_id": TEXT}, (("customer_id",),), key="customer_id", snapshot=True),
        Kind(
            "orders",
            {
                "customer_id": TEXT,
                "ordered_at": MOMENT,
                "amount": NUMBER,
                "order_id": TEXT,
                "product_code": TEXT,
                "quantity": NUMBER,
                "user_id": TEXT,
            },
            (("customer_id",), ("ordered_at",), ("amount",)),
            time="ordered_at",
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
    )
}

# Roles that a person's name stands in: like any other name they come in only where somebody asks for them.
NAMES = frozenset({"owner"})

# Words of an account's status that mean: may not use the system (NFKC, casefold).
STATUS_INVALID = frozenset(
    {
        *("無効", "停止", "停止中", "使用停止", "使用停止中", "利用停止", "休止", "失効", "凍結"),
        *("退職", "退職済", "退職済み", "退会", "退会済", "退会済み", "解約", "削除", "削除済", "削除済み"),
        *("inactive", "disabled", "suspended", "deleted", "deactivated", "archived", "blocked", "frozen"),
        *("locked", "terminated", "expired", "closed", "no", "false"),
    }
)

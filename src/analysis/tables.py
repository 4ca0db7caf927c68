"""The kinds of table, their roles, and what each must hold (one place; pages, import and metrics read it)."""

from dataclasses import dataclass

TEXT, MOMENT, DAY, NUMBER = "text", "moment", "day", "number"
ROSTER_DAY = "roster_as_of"  # the day of a list where a table shows several: no column of a file may be called so


@dataclass(frozen=True)
class Kind:
    """What one row is, by its roles.

    `roles` maps each role to its type. `required` lists groups: at least one role of each group
    must be mapped. `key` is the role that stands once in a table; `time` the role that says when.
    Types: text; moment (timestamp without zone); day (a timestamp at midnight); number (decimal).
    """

    name: str
    roles: dict[str, str]
    required: tuple[tuple[str, ...], ...]
    key: str | None = None
    time: str | None = None
    snapshot: bool = False  # every import is the whole list as of a day


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
    )
}

# Words of an account's status that mean: may not use the system (NFKC, casefold).
STATUS_INVALID = frozenset(
    {
        *("無効", "停止", "停止中", "使用停止", "使用停止中", "利用停止", "休止", "失効", "凍結"),
        *("退職", "退職済", "退職済み", "退会", "退会済", "退会済み", "解約", "削除", "削除済", "削除済み"),
        *("inactive", "disabled", "suspended", "deleted", "deactivated", "archived", "blocked", "frozen"),
        *("locked", "terminated", "expired", "closed", "no", "false"),
    }
)

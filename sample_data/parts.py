"""The parts beside the usage of 販促ステーション: their files, and which column is what in each."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from . import contracts, deals, ec, production, sfa, shop_orders
from .files import Written
from .workdays import LAST_DAY

BESIDE = ("product_name",)  # roles whose column stays a dimension, too
SHOP = {"customer_id": "取引先コード"}
ORDERED = {
    "customer_id": "得意先コード",
    "ordered_at": "受注日時",
    "amount": "金額",
    "order_id": "受注番号",
    "product_code": "商品コード",
    "product_name": "商品名",
    "quantity": "数量",
}
BY_SHOPS = ORDERED | {"status": "伝票区分", "customer_name": "得意先名"}


@dataclass(frozen=True)
class File:
    """One file of a part, as it would be imported: kind, roles, columns of dates (`steps` in their order), names."""

    path: str
    kind: str
    header: tuple[str, ...]
    make: Callable[[Path], Written]
    roles: dict[str, str]
    steps: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    as_of: date | None = LAST_DAY  # of a list; a log has none

    def mapping(self) -> dict[str, object]:
        """What `exports.mapping.Mapping` reads."""
        taken = [header for role, header in self.roles.items() if role not in BESIDE]
        return {
            "kind": self.kind,
            "roles": self.roles,
            "constants": {},
            "dimensions": [column for column in self.header if column not in taken],
            "personal": list(self.personal),
            "left_out": [],
            "formats": {},
            "steps": list(self.steps),
            "dates": list(self.dates),
        }


FILES = {
    "deals": File(
        "sfa/deals_20260331.csv",
        "deals",
        deals.HEADER,
        deals.write,
        {
            "deal_id": "商談番号",
            "phase": "フェーズ",
            "customer_id": "取引先コード",
            "owner": "商談所有者",
            "source": "主リードソース",
            "amount": "金額",
            "created_at": "作成日",
            "closed_at": "完了日",
            "lost_reason": "失注理由",
        },
        steps=deals.DATES,
        dates=("完了予定日", "最終更新日"),
        personal=("商談所有者",),
    ),
    "contracts": File(
        "contract_system/contracts_20260331.csv",
        "contracts",
        contracts.HEADER,
        contracts.write,
        {
            "customer_id": "顧客コード",
            "term_start": "契約開始日",
            "term_end": "契約終了日",
            "plan": "プラン",
            "amount": "月額（円）",
            "outcome": "更新結果",
            "churn_reason": "解約理由",
        },
        dates=("最終利用日",),
    ),
    "production": File(
        "story/production_20260331.xlsx",
        "cases",
        production.HEADER,
        production.write,
        {"case_id": "管理番号", "customer_id": "店舗コード", "owner": "制作担当"},
        steps=production.STEPS,
        dates=("公開予定日",),
        personal=("制作担当",),
    ),
    "customers": File(
        "sfa/customers_20260331.csv",
        "customers",
        sfa.CUSTOMER,
        sfa.write_customers,
        SHOP | {"customer_name": "取引先名", "owner": "担当者"},
        personal=("担当者",),
    ),
    "visits": File(
        "sfa/visits_fy2025.csv",
        "visits",
        sfa.VISIT,
        sfa.write_visits,
        SHOP | {"occurred_at": "訪問日時", "owner": "訪問者", "category": "目的"},
        personal=("訪問者",),
        as_of=None,
    ),
    "shop_inquiries": File(
        "sfa/shop_inquiries_fy2025.xlsx",
        "inquiries",
        sfa.INQUIRY,
        sfa.write_inquiries,
        {"occurred_at": "受付日時"} | SHOP | {"category": "分類", "source": "受付方法", "text": "内容"},
        as_of=None,
    ),
    "shop_orders_fy2024": File(
        "order_system/shop_orders_fy2024.csv",
        "orders",
        shop_orders.HEADER,
        shop_orders.write_2024,
        BY_SHOPS,
        as_of=None,
    ),
    "shop_orders_fy2025": File(
        "order_system/shop_orders_fy2025.csv",
        "orders",
        shop_orders.HEADER,
        shop_orders.write_2025,
        BY_SHOPS,
        as_of=None,
    ),
    "ec_orders": File(
        "ec/ec_orders.csv",
        "orders",
        ec.HEADER,
        ec.write,
        ORDERED | {"customer_id": "会員ID", "ordered_at": "注文日時", "order_id": "注文番号"},
        as_of=None,
    ),
}
PARTS = {
    "deals": ("deals",),
    "contracts": ("contracts",),
    "production": ("production",),
    "sales": ("customers", "shop_orders_fy2024", "shop_orders_fy2025", "visits", "shop_inquiries"),
    "ec": ("ec_orders",),
}
APART = ("ec",)  # members of the own site are no shops: in one workspace they would stand in one ranking


def write(folder: Path) -> dict[str, Written]:
    """Every file of the parts, below `folder`."""
    found = {}
    for name, file in FILES.items():
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        found[name] = file.make(path)
    return found


def part_of(name: str) -> str:
    """The part of which a file of `FILES` is one."""
    return next(part for part, names in PARTS.items() if name in names)

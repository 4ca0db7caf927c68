"""The parts beside the usage of 販促ステーション: their files, and which column is what in each."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import contracts, deals, production
from .files import Written


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

    def mapping(self) -> dict[str, object]:
        """What `exports.mapping.Mapping` reads."""
        return {
            "kind": self.kind,
            "roles": self.roles,
            "constants": {},
            "dimensions": [column for column in self.header if column not in self.roles.values()],
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
}
PARTS = {"deals": ("deals",), "contracts": ("contracts",), "production": ("production",)}


def write(folder: Path) -> dict[str, Written]:
    """Every file of the parts, below `folder`."""
    found = {}
    for name, file in FILES.items():
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        found[name] = file.make(path)
    return found

"""The list of files in import order, each with its kind, day and mapping: what "try the sample data" imports."""

import json
from datetime import date
from pathlib import Path

from . import parts, production, station
from .files import DUPLICATE, REFUSED, Written
from .workdays import LAST_DAY

PERSONAL = ("氏名", "メールアドレス", "電話番号")
ACCOUNT = {"user_id": "ユーザーID", "valid_from": "利用開始日", "valid_to": "利用終了日", "status": "状態"}
USE = {"user_id": "ユーザーID", "occurred_at": "日時", "activity": "操作"}
BOUGHT = {"user_id": "ユーザーID", "occurred_at": "注文日時", "amount": "金額"}
ASKED = {"user_id": "ユーザーID", "occurred_at": "受付日時"}

# File, kind, day of a snapshot, header, roles, constants.
FILES = (
    ("users_20250930.csv", "users", station.SEPTEMBER, station.ROSTER, ACCOUNT, {}),
    ("users_20260331.csv", "users", LAST_DAY, station.ROSTER, ACCOUNT, {}),
    ("usage_fy2024.csv", "activity", None, station.LOG, USE, {}),
    ("usage_fy2025.csv", "activity", None, station.LOG, USE, {}),
    ("orders.csv", "activity", None, station.ORDER, BOUGHT, {"activity": "注文"}),
    ("inquiries.xlsx", "activity", None, station.INQUIRY, ASKED, {"activity": "問い合わせ"}),
)


# What the pages keep of a workspace: with whom the ball is in each step of the production.
SETTINGS = {
    "process": {
        "version": 1,
        "steps": production.STEPS,
        "sides": {step: "us" if side == production.US else "customer" for step, side in production.SIDES.items()},
        "ends": production.STEPS[-1:],
    }
}


def write(folder: Path, files: list[Written], others: dict[str, Written]) -> None:
    """`manifest.json`, beside the folders of the systems; `others` are the files of `parts.PARTS`.

    Those of `parts.APART` stand apart: their customers are others, and nobody wants them in the same workspace.
    """
    found = [_entry(*entry, written) for entry, written in zip(FILES, files, strict=True)]
    by_part = {
        part: [_entry_of(parts.FILES[name], others[name]) for name in names] for part, names in parts.PARTS.items()
    }
    apart = {part: by_part.pop(part) for part in parts.APART}
    listed = {"files": found, "parts": by_part, "apart": apart, "settings": SETTINGS}
    text = json.dumps(listed, ensure_ascii=False, indent=1)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8", newline="\n")


def _entry(name, kind, as_of, header, roles, constants, written: Written) -> dict[str, object]:
    personal = [column for column in header if column in PERSONAL]
    rest = [column for column in header if column not in personal and column not in roles.values()]
    mapping = {
        "kind": kind,
        "roles": roles,
        "constants": constants,
        "dimensions": rest,
        "personal": personal,
        "left_out": personal,
        "formats": {},
    }
    return _said(f"usage/{name}", kind, as_of, mapping, written)


def _entry_of(file: parts.File, written: Written) -> dict[str, object]:
    return _said(file.path, file.kind, file.as_of, file.mapping(), written)


def _said(path: str, kind: str, as_of: date | None, mapping: dict[str, object], written: Written) -> dict[str, object]:
    duplicates, refused = written.count(DUPLICATE), written.count(REFUSED)
    rows = {"read": written.good + duplicates + refused, "accepted": written.good}
    return {
        "file": path,
        "kind": kind,
        "as_of": as_of and as_of.isoformat(),
        "card": f"cards/{Path(path).stem}.md",
        "mapping": mapping,
        "rows": rows | {"duplicates": duplicates, "refused": refused},
    }

"""The files of the sample's parts, read with plain Python, and imported as a reader would import them."""

import csv
import json
from datetime import date, datetime
from functools import cache
from pathlib import Path

import openpyxl

from analysis.exports import read_export
from analysis.exports.mapping import Mapping
from analysis.workspace import Workspace

DATA = Path(__file__).resolve().parents[2] / "sample_data"
MANIFEST = json.loads((DATA / "manifest.json").read_text(encoding="utf-8"))
PARTS = MANIFEST["parts"] | MANIFEST["apart"]
AS_OF = date(2026, 3, 31)


def entry(name):
    """A file as the manifest lists it: the only one of a part, or the one of that name without its ending."""
    found = PARTS.get(name) or [each for part in PARTS.values() for each in part if Path(each["file"]).stem == name]
    (only,) = found
    return only


def day(value):
    """A date however it is written, or None."""
    if isinstance(value, datetime):
        return value.date()
    for form in ("%Y/%m/%d", "%Y年%m月%d日"):
        try:
            return datetime.strptime(value or "", form).date()
        except ValueError:
            continue
    return None


def listed(part, *, encoding=None, header=0):
    """(line, row as a dict) of a part's file."""
    path = DATA / entry(part)["file"]
    if encoding is None:
        sheet = openpyxl.load_workbook(path).active
        rows = [["" if cell is None else cell for cell in row] for row in sheet.iter_rows(values_only=True)]
    else:
        with path.open(encoding=encoding, newline="") as file:
            rows = list(csv.reader(file))
    return [(n, dict(zip(rows[header], row, strict=True))) for n, row in enumerate(rows[header + 1 :], header + 2)]


def sorted_out(lines, is_good, key=None):
    """(accepted rows, lines of duplicates, lines of refused rows): unreadable ones, and second rows of a key."""
    refused = {line for line, row in lines if not is_good(row)}
    duplicates, of_key = set(), {}
    for line, row in lines:
        if key and line not in refused:
            of_key.setdefault(row[key], []).append((line, row))
    for rows in of_key.values():
        if all(row == rows[0][1] for _, row in rows):
            duplicates |= {line for line, _ in rows[1:]}
        else:
            refused |= {line for line, _ in rows}
    return [row for line, row in lines if line not in refused | duplicates], duplicates, refused


@cache
def card(name):
    """The text of a card."""
    return (DATA / "cards" / f"{name}.md").read_text(encoding="utf-8")


def imported(part, folder):
    """The workspace with the file of a part, and its import; which column is what is left to the proposal."""
    ws = Workspace.open(folder)
    return ws, ws.add(read_export(DATA / entry(part)["file"]))


def workspace(folder, *parts):
    """A workspace with every file of these parts, imported as the manifest says."""
    ws = Workspace.open(folder)
    for each in (each for part in parts for each in PARTS[part]):
        as_of = date.fromisoformat(each["as_of"]) if each["as_of"] else None
        ws.add(read_export(DATA / each["file"]), mapping=Mapping.from_json(json.dumps(each["mapping"])), as_of=as_of)
    return ws


def mapping(part):
    """As the manifest says it."""
    return Mapping.from_json(json.dumps(entry(part)["mapping"]))


def counts(found):
    """The numbers of an import, under the names of the manifest."""
    return {name: getattr(found, name) for name in ("read", "accepted", "duplicates", "refused")}

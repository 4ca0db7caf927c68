"""Real files: the open data of the City of Yaizu, with the counts and sums that its sources state."""

import os
from decimal import Decimal
from pathlib import Path

import pytest

from analysis.exports import read_export
from analysis.exports.values import parse_number

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "yaizu"


@pytest.fixture(scope="module")
def yaizu():
    if not FOLDER.is_dir():
        assert not os.environ.get("CI"), f"{FOLDER} is not there"
        pytest.skip(f"{FOLDER} is not there: the files of the City of Yaizu are not part of the project")
    return {path.stem: read_export(path) for path in sorted(FOLDER.glob("*.csv"))}


def test_line_breaks_in_cells_and_a_header_that_starts_with_a_number_sign(yaizu):
    export = yaizu["yohairyosya"]
    assert export.encoding == "cp932"
    assert export.columns[0] == "№"
    assert len(export.table) == 277
    lines = [line for batch in export.batches() for line in batch.column("_line").to_pylist()]
    assert (lines[0], lines[-1]) == (2, 334)
    assert len(set(lines)) == 277


def test_areas_with_thousands_and_spaces_add_up(yaizu):
    areas = yaizu["222127_park_info"].table["面積（㎡）"]
    assert sum(filter(None, map(parse_number, areas)), Decimal(0)) == Decimal(826_317)


def test_a_blank_last_line_is_no_record(yaizu):
    assert len(yaizu["digital_coupon"].table) == 548


def test_a_byte_order_mark_is_no_part_of_the_first_header(yaizu):
    export = yaizu["222127_traffic_accident_2022"]
    assert export.encoding == "utf-8-sig"
    assert export.columns[0] == "事故内容"
    assert len(export.table) == 675

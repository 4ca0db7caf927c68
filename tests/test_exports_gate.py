"""The file is read hardly ahead of whoever takes the rows, and nobody ever waits for good."""

import time

import pytest

from analysis.exports import gate, read_export, rows
from analysis.exports.encoding import Utf8Lines
from analysis.exports.part import Seen

BLOCK = 4096
REGULAR = "1,a\n" * 20_000
RAGGED = "1,2,3,4\n" * 20_000


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(rows, "BLOCK", BLOCK)
    monkeypatch.setattr(gate, "PATIENCE", 3600.0)  # whoever waits for it never ends


@pytest.fixture
def handed_out(monkeypatch):
    """How many bytes Arrow has asked for so far."""
    found = []
    read = Utf8Lines.read

    def counted(self, size=-1):
        found.append(size)
        return read(self, size)

    monkeypatch.setattr(Utf8Lines, "read", counted)
    return found


@pytest.fixture
def export(tmp_path):
    def made(body):
        path = tmp_path / "x.csv"
        path.write_text(f"id,name\n{body}")
        return read_export(path)

    return made


def test_a_slow_taker_finds_few_blocks_ready(handed_out, export, monkeypatch):
    monkeypatch.setattr(gate, "GRACE", 2.0)  # a busy machine parses late
    taken = export(REGULAR).read.stream(Seen())
    handed_out.clear()
    for _ in range(3):
        next(taken)
        time.sleep(0.1)
    assert len(handed_out) <= 3 + 2 * gate.AHEAD  # Arrow alone asks for all 20
    taken.close()


def test_rows_left_half_way_ask_for_nothing_more(handed_out, export):
    taken = export(REGULAR).read.stream(Seen())
    next(taken)
    taken.close()
    time.sleep(0.1)
    before = len(handed_out)
    time.sleep(0.1)
    assert len(handed_out) == before


@pytest.mark.parametrize(
    ("body", "count"),
    [
        (REGULAR, 20_000),
        (REGULAR + RAGGED + REGULAR, 60_000),  # dozens of blocks without a batch
        ("1,a\n" * 2_000 + RAGGED, 22_000),
        ("1,a\n" + "\n" * 100_000 + "1,a\n", 2),
    ],
)
def test_blocks_without_a_batch_hold_nobody_up(export, body, count):
    assert sum(map(len, export(body).batches())) == count

"""`python -m sample_data [FOLDER]` writes every export, card and the manifest; without a folder, beside this file."""

import sys
from pathlib import Path

from . import cards, manifest, parts, station


def write(folder: Path) -> None:
    """Everything, into `folder`."""
    (folder / "usage").mkdir(parents=True, exist_ok=True)
    files = station.write(folder / "usage")
    others = parts.write(folder)
    manifest.write(folder, files, others)
    cards.write(folder / "cards", files, others)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)

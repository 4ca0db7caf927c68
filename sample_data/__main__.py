"""`python -m sample_data [FOLDER]` writes every export, card and the manifest; without a folder, beside this file."""

import sys
from pathlib import Path

from . import cards, manifest, station


def write(folder: Path) -> None:
    """Everything, into `folder`."""
    (folder / "usage").mkdir(parents=True, exist_ok=True)
    files = station.write(folder / "usage")
    manifest.write(folder, files)
    cards.write(folder / "cards", files)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)

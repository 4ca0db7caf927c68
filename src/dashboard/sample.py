"""The sample data, imported with one click: the exports of a company that does not exist."""

from dashboard import guard
from dashboard.navigation import ROOT
from dashboard.work import Progress


def is_installed() -> bool:
    """Whether the sample files lie beside the app."""
    return (ROOT / "sample_data" / "manifest.json").is_file()


def bring(progress: Progress) -> int:
    """Imports every file of the sample that is not there yet; the number of files imported."""
    from analysis import sample

    return sample.bring(guard.workspace(), who=guard.who(), progress=progress)

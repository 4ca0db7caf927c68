"""Every page, once: its group, its file (which is its URL) and its icon. A new page joins by a line here."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Entry:
    """A page: `name` is its file in pages/, its URL and its words `app.nav_<name>`."""

    name: str
    group: str | None
    icon: str

    @property
    def path(self) -> Path:
        return ROOT / "pages" / f"{self.name}.py"

    @property
    def url(self) -> str:
        """Path below the server's address; the first page lives at the root."""
        return "" if self.name == "home" else self.name


ENTRIES = (
    Entry("home", None, ":material/home:"),
    Entry("active_rate", "usage", ":material/groups:"),
    Entry("stages", "usage", ":material/stairs:"),
    Entry("funnel", "flow", ":material/conversion_path:"),
    Entry("process", "flow", ":material/hourglass_top:"),
    Entry("pipeline", "flow", ":material/handshake:"),
    Entry("rankings", "customers", ":material/leaderboard:"),
    Entry("customer", "customers", ":material/badge:"),
    Entry("products", "customers", ":material/category:"),
    Entry("levels", "contract", ":material/checklist:"),
    Entry("import_data", "data", ":material/upload_file:"),
    Entry("erase_data", "data", ":material/delete_forever:"),
)


def entries() -> list[Entry]:
    """The pages that exist."""
    return [entry for entry in ENTRIES if entry.path.is_file()]


def groups() -> dict[str | None, list[Entry]]:
    """The pages that exist, by group, in order."""
    result: dict[str | None, list[Entry]] = {}
    for entry in entries():
        result.setdefault(entry.group, []).append(entry)
    return result


def page(name: str) -> Path:
    """What `st.switch_page` and `st.page_link` take."""
    return ROOT / "pages" / f"{name}.py"

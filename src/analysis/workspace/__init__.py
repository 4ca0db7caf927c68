"""What has been imported: a folder with a catalogue, immutable tables, and an engine over them."""

from analysis.workspace.imports import Import
from analysis.workspace.workspace import Workspace

__all__ = ["Import", "Workspace"]

"""A system's export: bytes → encoding → dialect → header → typed table + what was refused."""

from analysis.exports.export import Export, read_export
from analysis.exports.findings import Finding

__all__ = ["Export", "Finding", "read_export"]

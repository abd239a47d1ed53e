"""Statements found by rules: deterministic, and none without its words."""

from workflow_scripts.lib.reports.statements import Statement


def refine_by_rules(text: str) -> list[Statement]:
    """The statements of a cleaned report, in its order."""
    return []

"""The audit: every check, on the same evidence."""

from collections.abc import Callable, Iterator

from workflow_scripts.lib.leakage.evidence import Evidence
from workflow_scripts.lib.leakage.findings import Finding
from workflow_scripts.lib.leakage.genes import identical_expression, telling_genes
from workflow_scripts.lib.leakage.pictures import near_duplicate_images
from workflow_scripts.lib.leakage.splits import order_tells, roles_overlap, sites_straddle
from workflow_scripts.lib.leakage.statements import reports_that_state
from workflow_scripts.lib.leakage.tabular import disguised_outcomes, identical_rows
from workflow_scripts.lib.leakage.texts import near_duplicate_reports
from workflow_scripts.lib.leakage.timing import late_codes, telling_codes, telling_modalities

EVERY: tuple[Callable[[Evidence], Iterator[Finding]], ...] = (
    roles_overlap,
    sites_straddle,
    order_tells,
    identical_rows,
    disguised_outcomes,
    identical_expression,
    telling_genes,
    near_duplicate_reports,
    reports_that_state,
    near_duplicate_images,
    late_codes,
    telling_codes,
    telling_modalities,
)


def audit(evidence: Evidence) -> Iterator[Finding]:
    """What every check finds."""
    for check in EVERY:
        yield from check(evidence)

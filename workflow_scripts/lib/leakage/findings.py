"""Findings: what a check says, which of them a cohort's file accepts, and the refusal of those that stand."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

import pandas as pd

from workflow_scripts.lib.contracts.leakage import CHECKS, FINDINGS
from workflow_scripts.lib.errors import StageRefusal, did_you_mean


@dataclass(frozen=True)
class Finding:
    """One thing found: by which ``check``, about which ``subject``, how grave, of how many patients, in words, and what to do."""

    check: str
    subject: str
    level: str
    patients: int
    sentence: str
    remedy: str

    @property
    def key(self) -> str:
        """Its name in the cohort's file."""
        return name_of(self.check, self.subject)


def name_of(check: str, subject: str) -> str:
    """What a cohort's file calls a finding: check:subject, or check alone where it is about the whole cohort."""
    return f"{check}:{subject}" if subject else check


def counted(n: int, noun: str = "patient") -> str:
    """A number with its noun."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def judged(findings: Iterable[Finding], accepted: Mapping[str, str]) -> pd.DataFrame:
    """Rows of the findings contract; ``accepted`` has reasons by check or check:subject, and one that meets nothing is a finding too."""
    found = list(findings)
    met = {key for finding in found for key in (finding.key, finding.check) if key in accepted}
    reasons = [accepted.get(finding.key, accepted.get(finding.check)) for finding in found]
    stale = [_stale(key) for key in sorted(accepted) if key not in met]
    rows = pd.DataFrame([asdict(finding) for finding in (*found, *stale)], columns=FINDINGS.schema().names[:6])
    rows["reason"] = [*reasons, *[None] * len(stale)]
    return rows.assign(reason=rows["reason"].astype(object), accepted=rows["reason"].notna(), patients=rows["patients"].astype("int64"))


def _stale(key: str) -> Finding:
    check = key.split(":", maxsplit=1)[0]
    sentence = "The cohort's file accepts this, and in these folds nothing of the kind was found."
    keep = f"Keep '{key}' in leakage.accepted if other folds need it; else take it out."
    remedy = keep if check in CHECKS else f"Take '{key}' out of leakage.accepted: there is no such check; {did_you_mean(check, CHECKS)}."
    return Finding("stale_acceptance", key, "warning", 0, sentence, remedy)


def summary(rows: pd.DataFrame) -> str:
    """How many findings there are, for the log."""
    counts = [(rows["level"] == level).sum() for level in ("error", "warning")]
    return f"{counted(counts[0], 'error')}, {counted(counts[1], 'warning')}, {rows['accepted'].sum()} accepted"


def refuse_standing(rows: pd.DataFrame) -> None:
    """Raise StageRefusal, naming each, where findings of level error stand that the cohort's file does not accept."""
    standing = rows[(rows["level"] == "error") & ~rows["accepted"]]
    if standing.empty:
        return
    names = [name_of(row.check, row.subject) for row in standing.itertuples()]
    lines = [f"{name}: {row.sentence} {row.remedy}" for name, row in zip(names, standing.itertuples(), strict=True)]
    raise StageRefusal(
        f"leakage: {counted(len(lines), 'finding')} would make results false:\n"
        + "\n".join(lines)
        + "\nMend them; or accept each by name in the cohort's file, with a reason, which the report will show: "
        + f"leakage: {{accepted: {{'{names[0]}': 'why it does no harm'}}}}"
    )

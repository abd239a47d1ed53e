"""One report per patient, freed of identifiers; and who has none, with the reason."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from workflow_scripts.lib.config.cohort import PatientsConfig
from workflow_scripts.lib.config.modalities.reports import ReportsConfig
from workflow_scripts.lib.contracts.modalities import REPORTS
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.identifiers import Lexicon, identifier_columns
from workflow_scripts.lib.ingest.members import Members
from workflow_scripts.lib.ingest.patients.choosing import patient_ids
from workflow_scripts.lib.ingest.raw.values import as_text
from workflow_scripts.lib.ingest.texts.deidentify import deidentify
from workflow_scripts.lib.ingest.texts.documents import Document

SEVERAL = "several reports, and reports.several does not say which stands for the patient"
TWO = "a report names two patients"


@dataclass
class Sorted:
    """Documents by patient: usable ones, codes of these, and reasons why others are not; ``nobody`` counts those that name no id at all."""

    usable: dict[str, list[str]]
    codes: dict[str, set[str]]
    reasons: dict[str, set[str]]
    nobody: int


def sort_documents(documents: Iterable[Document], members: Members) -> Sorted:
    """Each document to the one patient that its row or file name names; where it names two, to neither."""
    found = Sorted(defaultdict(list), defaultdict(set), defaultdict(set), 0)
    for document in documents:
        owners = [patient for one in document.ids if (patient := members.find(one, document.place)) is not None]
        fault = TWO if len(owners) > 1 else document.fault
        found.nobody += not document.ids
        for owner in owners:
            if fault:
                found.reasons[owner].add(fault)
            else:
                found.usable[owner].append(document.text)
                found.codes[owner].update(document.codes)
    if not found.usable:
        _refuse_all(found, members)
    return found


def _refuse_all(found: Sorted, members: Members) -> None:
    reasons = Counter(reason for one in found.reasons.values() for reason in one)
    said = "".join(f"; {reason}: {count} patients" for reason, count in sorted(reasons.items()))
    raise StageRefusal(
        f"reports: not one can be used: {len(members.strangers)} ids are not the cohort's, {found.nobody} documents name none"
        f"{said}; correct reports.patient, whose pattern must give ids as the patients table has them"
    )


def build(
    found: Sorted, own: Mapping[str, set[str]], cfg: ReportsConfig, lexicon: Lexicon, dates: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of the reports and refusals contracts; ``own`` has, by patient, values that identify the patient."""
    left_out = {patient: reasons for patient, reasons in found.reasons.items() if patient not in found.usable}
    rows, refused = [], [(patient, reason) for patient, reasons in left_out.items() for reason in sorted(reasons)]
    for patient, texts in sorted(found.usable.items()):
        if len(texts) > 1 and cfg.several == "refuse":
            refused.append((patient, SEVERAL))
            continue
        chosen = "\n\n".join(texts) if cfg.several == "join" else max(texts, key=len)
        text, replaced = deidentify(chosen, own[patient] | found.codes[patient], lexicon, dates)
        rows.append((patient, text, len(text.split()), len(texts), replaced))
    columns = [field.name for field in REPORTS.fields]
    return pd.DataFrame(rows, columns=columns), pd.DataFrame(refused, columns=["patient_id", "reason"], dtype=object)


def own_values(
    tables: Mapping[str, pa.Table], cfg: PatientsConfig, members: Members, wanted: Iterable[str], lexicon: Lexicon
) -> dict[str, set[str]]:
    """By patient of ``wanted``, what the cohort's tables hold in columns that identify patients, the id in the sources included."""
    patients = members.patients[members.patients.isin(list(wanted))]
    found = {patient: {source_id} for source_id, patient in patients.items()}
    for name, table in tables.items():
        key = cfg.key if name == "patients" else cfg.tables[name].patient
        columns = [column for column in identifier_columns(table, cfg.identifiers.columns, lexicon) if column != key.column]
        owners = patient_ids(as_text(key.column, table[key.column], ()), key).map(patients)
        for column in columns:
            values = as_text(column, table[column], cfg.missing).to_pandas()
            both = pd.DataFrame({"owner": owners, "value": values}).dropna()
            words = lexicon.kind_of(column) == "NAME"  # reports call people by a part of their name
            for owner, value in zip(both["owner"], both["value"], strict=True):
                found[owner].update([value, *(re.findall(r"[^\W\d_]{3,}", value) if words else ())])
    return found

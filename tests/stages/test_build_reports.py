"""The scripts that build what patients' tables hold beside covariates: nothing that identifies a patient gets past them."""

import pandas as pd
import pytest

from tests.ingest.test_reports import GOOD
from tests.registry import LEXICON
from workflow_scripts.ingest import build_cohort, build_expression, build_reports
from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.config.cohort import PatientsConfig
from workflow_scripts.lib.config.modalities.expression import ExpressionConfig
from workflow_scripts.lib.config.modalities.reports import ReportsConfig
from workflow_scripts.lib.errors import StageRefusal

PLANTED = {
    "name": "Quillfeather",
    "ssn": "987-65-4321",
    "mrn": "MRN0048213",
    "street": "12 Wisteria Lane",
    "email": "q.feather@example.org",
    "birth_date": "1951-03-17",
    "barcode": "TCGA-DK-AA6L",
}
MAPPING = {
    "source": {"kind": "table", "path": "patients.csv"},
    "patient_id": "mrn",
    "time": {"column": "days", "unit": "days"},
    "event": {"column": "event", "seen": [1], "censored": [0]},
    "covariates": {"age": {"kind": "numeric", "label": "age"}},
    "identifiers": {"columns": ["barcode"], "pseudonyms": True},
}


@pytest.fixture
def raw(tmp_path):
    """Ten patients, the first of whom has every planted identifier, in the table and all over the report."""
    people = pd.DataFrame({name: [value, *(f"x{place}{name}" for place in range(9))] for name, value in PLANTED.items()})
    people = people.assign(days=range(1, 11), event=[1, 0] * 5, age=range(50, 60))
    people.to_csv(tmp_path / "patients.csv", index=False)
    text = GOOD + " " + " and ".join(PLANTED.values()) + f" or {PLANTED['name'].upper()}, Patient Name: Jane Roe, seen 03/17/2011."
    pd.DataFrame({"key": people["mrn"], "text": [text, *[GOOD] * 9]}).to_csv(tmp_path / "reports.csv", index=False)
    pd.DataFrame({"key": people["mrn"], "TP53": range(10)}).to_csv(tmp_path / "rna.csv", index=False)
    return tmp_path


def build(raw, **changes):
    """All three scripts; what they say."""
    out = raw / "out"
    out.mkdir()
    cohort = {name: str(out / f"{name}.parquet") for name in ("patients", "registry", "refusals")}
    cfg = parse(PatientsConfig, {**MAPPING, **changes}, "cfg")
    said = [build_cohort.main(str(raw / "patients.csv"), str(LEXICON), **cohort, cfg=cfg, control="none", published=None, seed=1)]
    reports = parse(
        ReportsConfig, {"source": {"kind": "table", "path": "reports.csv"}, "patient": {"column": "key"}, "text": "text"}, "cfg"
    )
    tables = (out / "reports.parquet", out / "reports_refusals.parquet")
    said.append(
        build_reports.main(raw / "reports.csv", cohort["registry"], [raw / "patients.csv"], LEXICON, *tables, reports, cfg.model_dump())
    )
    genes = {"source": {"kind": "table", "path": "rna.csv"}, "layout": "samples_by_genes", "patient": {"column": "key"}, "scale": "log2"}
    tables = (out / "expression.parquet", out / "expression_refusals.parquet")
    said.append(build_expression.main(raw / "rna.csv", cohort["registry"], *tables, parse(ExpressionConfig, genes, "cfg"), strict=False))
    return said


def test_no_planted_identifier_is_in_any_table_or_log_line_but_the_registry(raw):
    said = build(raw)
    written = {path.name: pd.read_parquet(path).to_csv() for path in (raw / "out").glob("*.parquet") if path.name != "registry.parquet"}
    assert len(written) == 6
    for where, text in {**written, "log": "\n".join(said)}.items():
        for kind, value in {**PLANTED, "labelled name": "Jane Roe", "exact date": "03/17/2011"}.items():
            assert value.lower() not in text.lower(), f"{kind} in {where}"
    assert pd.read_parquet(raw / "out" / "registry.parquet")["source_id"].eq(PLANTED["mrn"]).sum() == 1


@pytest.mark.parametrize("name", ["ssn", "birth_date", "email", "street"])
def test_an_identifier_is_never_a_covariate(raw, name):
    with pytest.raises(StageRefusal, match=f"'{name}'"):
        build(raw, covariates={name: {"kind": "categorical", "label": "x"}}, identifiers={"pseudonyms": True})
    assert not list((raw / "out").iterdir())

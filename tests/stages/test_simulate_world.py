"""The script that makes a world, and the committed cohort file that maps all of it."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.registry import LEXICON
from tests.simulation.worlds import patients, reports, settings, table
from workflow_scripts.ingest import build_cohort, build_expression, build_reports, build_visits, fetch_source, simulate_world
from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.config.cohort import CohortConfig, PatientsConfig
from workflow_scripts.lib.config.sources import FetchConfig
from workflow_scripts.lib.config.workflow import load_cohort
from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.files import check_bundle
from workflow_scripts.lib.contracts.ingest import REFUSALS, read_cohort
from workflow_scripts.lib.contracts.modalities import REPORTS, VISITS, read_expression
from workflow_scripts.lib.contracts.registry import read_registry
from workflow_scripts.lib.simulation.world import draw_world

ROOT = Path(__file__).parents[2]
COHORT = load_cohort(ROOT / "config" / "cohorts", "simulated")
SMALL = settings(patients=160)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, str]:
    """Everything fetched from a small world, the patients table and the registry; what the script said of the world."""
    folder = tmp_path_factory.mktemp("made")
    said = simulate_world.main(folder / "world" / "MANIFEST.json", SMALL)
    for name, source in COHORT.sources.items():
        cfg = parse(FetchConfig, {"source": source.model_dump()}, "cfg")
        fetch_source.main(folder / "sources" / name, cfg, world=folder / "world" / "MANIFEST.json")
    built = {name: folder / f"{name}.parquet" for name in ("patients", "registry", "refusals")}
    built |= {"source": folder / "sources" / "patients", "lexicon": LEXICON}
    build_cohort.main(**built, cfg=mapping(COHORT), control="none", published=None, seed=1)
    return folder, said


def mapping(cohort: CohortConfig) -> PatientsConfig:
    """What a rule hands to the script that builds the patients table."""
    return parse(PatientsConfig, {name: getattr(cohort, name) for name in PatientsConfig.model_fields}, "cfg")


def test_what_was_made_is_said(made):
    folder, said = made
    world = folder / "world" / "MANIFEST.json"
    counts = [160, len(table(world, "images.csv")), len(reports(world)), len(table(world, "visits.csv"))]
    assert check_bundle(world) == world.parent
    assert said.startswith("160 patients, 104 events; rows: covariates 160, expression ")
    assert said.endswith(f"images {counts[1]}, reports {counts[2]}, visits {counts[3]}")


def test_the_cohort_file_maps_every_patient(made):
    folder, _ = made
    raw, cohort = patients(folder / "world" / "MANIFEST.json"), read_cohort(folder / "patients.parquet")
    assert read_table(folder / "refusals.parquet", REFUSALS).empty
    assert list(cohort.rows.index) == list(raw.index)
    assert cohort.rows["days"].tolist() == raw["followup_days"].astype(float).tolist()
    assert cohort.rows["event"].tolist() == (raw["vital_status"] == "DECEASED").tolist()
    assert cohort.rows["cea"].isna().tolist() == (raw["cea"] == "N/A").tolist()
    assert cohort.rows["smoking"].isna().tolist() == (raw["smoking"] == "?").tolist()
    known = read_registry(folder / "registry.parquet")
    assert set(known["site"]) == set(raw["hospital"])
    assert known["index_date"].dt.strftime("%Y-%m-%d").to_dict() == raw["surgery_date"].to_dict()


def test_codes_after_the_index_date_are_cut_and_no_other(made):
    folder, _ = made
    out = [folder / "visits.parquet", folder / "no.parquet"]
    build_visits.main([folder / "sources" / "visits.codes"], folder / "registry.parquet", *out, COHORT.visits, strict=True)
    raw, codes = (f(folder / "world" / "MANIFEST.json") for f in (patients, lambda world: table(world, "visits.csv")))
    before = codes[codes["date"].to_numpy() < raw.loc[codes["patient"], "surgery_date"].to_numpy()].drop_duplicates()
    built = read_table(folder / "visits.parquet", VISITS)
    assert len(before) < len(codes)
    assert built["patient_id"].value_counts().to_dict() == before["patient"].value_counts().to_dict()
    assert set(built["code"].str.split("//").str[0]) == {"ICD9CM", "ICD10CM", "LOINC"}
    assert (built["numeric_value"].notna() == built["code"].str.startswith("LOINC")).all()
    assert read_table(folder / "no.parquet", REFUSALS).empty


def test_only_near_empty_reports_are_refused(made):
    folder, _ = made
    files = {"source": "sources/reports", "registry": "registry.parquet", "reports": "reports.parquet", "refusals": "refused.parquet"}
    build_reports.main(
        **{name: folder / path for name, path in files.items()},
        known=[folder / "sources" / "patients"],
        lexicon=LEXICON,
        cfg=COHORT.reports,
        patients=COHORT.model_dump(include=set(PatientsConfig.model_fields)),
    )
    raw = reports(folder / "world" / "MANIFEST.json").set_index("patient")["text"]
    empty = raw.str.split().str.len() < COHORT.reports.fewest_words
    assert empty.any()
    assert set(read_table(folder / "refused.parquet", REFUSALS)["patient_id"]) == set(raw.index[empty])
    built = read_table(folder / "reports.parquet", REPORTS).set_index("patient_id")
    assert built["text"].to_dict() == raw[~empty].to_dict(), "nothing in these reports identifies anybody"


def test_every_sample_finds_its_patient(made):
    folder, _ = made
    files = {
        "source": "sources/expression",
        "registry": "registry.parquet",
        "expression": "expression.parquet",
        "refusals": "lacking.parquet",
    }
    build_expression.main(**{name: folder / path for name, path in files.items()}, cfg=COHORT.expression, strict=False)
    raw = pq.read_table(folder / "world" / "expression.parquet").to_pandas().set_index("sample").rename(lambda sample: sample[:-2])
    built = read_expression(folder / "expression.parquet")
    assert built.genes == tuple(raw.columns)
    assert built.unit.startswith("log2")
    assert np.array_equal(built.values, raw.loc[built.patient_ids])
    assert read_table(folder / "lacking.parquet", REFUSALS).empty


def test_the_default_cohort_has_events_around_every_horizon():
    seen = draw_world(COHORT.source).seen
    for days in COHORT.horizon_days:
        assert min((seen.event & (seen.days < days)).sum(), (seen.days > days).sum()) >= 100
    assert np.unique(seen.days).size > 400


def test_every_part_carries_hazard_in_the_default_cohort():
    assert COHORT.modalities == ["expression", "reports", "images", "visits"]
    assert min(COHORT.source.weights.model_dump().values()) > 0.3

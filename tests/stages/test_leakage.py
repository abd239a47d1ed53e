"""The scripts that audit leakage and admit folds, from tables to tables, and on real cohorts."""

import h5py
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.leakage.world import clean, drawn, with_folds, with_modality, with_rows, written
from tests.radiomics.world import write_standardised
from tests.registry import registry_of
from tests.shared import shared
from workflow_scripts.figures import plot_flow
from workflow_scripts.leakage import admit_folds, audit_leakage
from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.config.cohort import LeakageConfig
from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.ingest import REFUSALS, Cohort, Covariate
from workflow_scripts.lib.contracts.leakage import FINDINGS, FLOW
from workflow_scripts.lib.contracts.splits import FOLDS
from workflow_scripts.lib.errors import ContractError, StageRefusal
from workflow_scripts.lib.leakage.audit import audit
from workflow_scripts.lib.leakage.evidence import Evidence
from workflow_scripts.lib.leakage.findings import Finding, judged, refuse_standing
from workflow_scripts.report import show_findings

PARAMS = {"known_after": [], "grouped": False, "endpoint": "death"}


def run(evidence: Evidence, root, accepted=None, **params) -> str:
    outputs = {"findings": root / "findings.parquet", "flow": root / "flow.parquet"}
    return audit_leakage.main(**written(evidence, root), **outputs, cfg=LeakageConfig(accepted=accepted or {}), **(PARAMS | params))


def admit(root) -> str:
    return admit_folds.main(root / "proposed_folds.parquet", root / "findings.parquet", root / "folds.parquet")


def test_a_clean_cohort_is_admitted(tmp_path):
    said = run(clean(), tmp_path)
    assert said == "240 patients, 4 covariates, 4 modalities: 0 errors, 0 warnings, 0 accepted"
    assert read_table(tmp_path / "findings.parquet", FINDINGS).empty
    assert admit(tmp_path) == "admitted: 0 errors, 0 warnings, 0 accepted"
    proposed, admitted = (read_table(tmp_path / name, FOLDS) for name in ("proposed_folds.parquet", "folds.parquet"))
    pd.testing.assert_frame_equal(admitted, proposed.sort_values(["fold", "patient_id"]).reset_index(drop=True))


def leaking() -> Evidence:
    evidence = clean()
    return with_rows(evidence, flag=evidence.outcome.event.astype(float), surv_prob=np.random.default_rng(1).normal(size=240))


def test_an_error_stops_the_run_by_name_and_says_what_to_do(tmp_path):
    assert run(leaking(), tmp_path).endswith("1 error, 1 warning, 0 accepted")
    with pytest.raises(StageRefusal) as refusal:
        admit(tmp_path)
    assert str(refusal.value).startswith("leakage: 1 finding would make results false:\nlevel_tells_event:flag: One level of 'flag', of ")
    assert "Take it out of the cohort's covariates" in str(refusal.value)
    assert str(refusal.value).endswith("leakage: {accepted: {'level_tells_event:flag': 'why it does no harm'}}")
    assert "surv_prob" not in str(refusal.value)
    assert not (tmp_path / "folds.parquet").exists()


@pytest.mark.parametrize("key", ["level_tells_event:flag", "level_tells_event"])
def test_an_accepted_error_lets_folds_pass_and_keeps_its_reason(tmp_path, key):
    run(leaking(), tmp_path, {key: "a test of the audit"})
    found = read_table(tmp_path / "findings.parquet", FINDINGS).set_index("check")
    assert found.loc["level_tells_event", ["accepted", "reason"]].tolist() == [True, "a test of the audit"]
    assert not found.loc["foreign_prediction", "accepted"]
    assert admit(tmp_path) == "admitted: 1 error, 1 warning, 1 accepted"


def test_what_is_accepted_and_not_there_is_said(tmp_path):
    run(clean(), tmp_path, {"level_tells_event:flag": "gone", "levels_tells_event": "misspelt"})
    found = read_table(tmp_path / "findings.parquet", FINDINGS).set_index("subject")
    assert (found["check"] == "stale_acceptance").all()
    assert (found["level"] == "warning").all()
    assert "did you mean 'level_tells_event'?" in found.loc["levels_tells_event", "remedy"]
    assert "did you mean" not in found.loc["level_tells_event:flag", "remedy"]
    admit(tmp_path)


def test_the_same_tables_give_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        run(leaking(), tmp_path / name)
    for table in ("findings.parquet", "flow.parquet"):
        assert (tmp_path / "one" / table).read_bytes() == (tmp_path / "two" / table).read_bytes()


def test_params_reach_the_checks(tmp_path):
    run(clean(), tmp_path, known_after=["age"], grouped=True)
    assert read_table(tmp_path / "findings.parquet", FINDINGS)["check"].tolist() == ["known_after_index", "sites_straddle_folds"]


def test_an_accepted_patient_in_two_roles_still_cannot_be_used(tmp_path):
    evidence = clean()
    test = evidence.roles[(evidence.roles["fold"] == "r1f1") & (evidence.roles["role"] == "test")].iloc[:1]
    run(with_folds(evidence, pd.concat([evidence.roles, test.assign(role="train")])), tmp_path, {"patient_in_train_and_test": "no reason"})
    with pytest.raises(ContractError, match=r"key \(fold, patient_id\): 1 duplicated rows"):
        admit(tmp_path)


def test_flow_counts_everybody_once(tmp_path):
    evidence = clean()
    tables = written(evidence, tmp_path)
    refused = [("x1", "event: missing"), ("x1", "days: missing"), ("x2", "event: missing")]
    write_table(pd.DataFrame(refused, columns=["patient_id", "reason"]), tables["refusals"], REFUSALS)
    reports = evidence.modalities["reports"]["patient_id"]
    lacking = evidence.cohort.rows.index.difference(reports)
    unread = [(lacking[0], "near-empty"), (reports[0], "near-empty"), ("elsewhere", "not among the cohort's patients")]
    write_table(pd.DataFrame(unread, columns=["patient_id", "reason"]), tables["reports_refusals"], REFUSALS)
    cfg = LeakageConfig()
    audit_leakage.main(**tables, findings=tmp_path / "findings.parquet", flow=tmp_path / "flow.parquet", cfg=cfg, **PARAMS)
    flow = read_table(tmp_path / "flow.parquet", FLOW).set_index(["stage", "state", "reason"])["patients"]
    assert flow["source", "entered", ""] == 242
    assert flow["patients", "kept", ""] == 240
    assert flow["patients", "refused", "days: missing; event: missing"] == flow["patients", "refused", "event: missing"] == 1
    assert flow["reports", "kept", ""] == len(reports)
    assert flow["reports", "refused", "near-empty"] == 1
    assert flow["reports", "refused", "not among the cohort's patients"] == 1
    assert flow["reports", "absent", ""] == len(lacking) - 1
    assert flow[["train", "valid", "test"]].sum() == 240


def test_flow_knows_events_and_who_a_published_fold_leaves_out(tmp_path):
    evidence = clean()
    run(with_folds(evidence, evidence.roles[evidence.roles["patient_id"] != "p0000"]), tmp_path)
    flow = read_table(tmp_path / "flow.parquet", FLOW).set_index(["stage", "state"])
    assert flow.loc[("patients", "kept"), "events"] == evidence.outcome.event.sum()
    assert flow.loc[("first fold", "absent"), "patients"] == 1
    assert flow.loc[["train", "valid", "test"], "events"].sum() == evidence.outcome.event[1:].sum()


def test_the_report_shows_both(tmp_path):
    run(leaking(), tmp_path, {"level_tells_event:flag": "a test of the page"})
    assert plot_flow.main(tmp_path / "flow.parquet", tmp_path / "flow.svg", "small") == "small: 9 stages"
    events = leaking().outcome.event.sum()
    assert f"240 patients, {events} events" in (tmp_path / "flow.svg").read_text(encoding="utf-8")
    said = show_findings.main(tmp_path / "findings.parquet", tmp_path / "findings.html", "small", ["Labels were permuted."])
    assert said == "2 findings, 1 accepted"
    page = (tmp_path / "findings.html").read_text(encoding="utf-8")
    assert all(words in page for words in ("a test of the page", "foreign_prediction:surv_prob", "Labels were permuted."))


def test_what_became_of_images_is_in_the_flow(tmp_path):
    """Of 240 patients four have an image; one was not standardised, and of the three others one has no radiomics."""
    evidence = clean()
    tables = written(evidence, tmp_path)
    run(evidence, tmp_path)
    one, two, three, four = evidence.cohort.rows.index[:4]
    write_standardised(tmp_path, {name: np.full((8, 8), 7, dtype=np.uint8) for name in (one, two, three)}, 4)
    for name, patient, reason in (("refused", four, "smaller than the grid"), ("shard", two, "nothing but one value")):
        write_table(pd.DataFrame([(patient, reason)], columns=["patient_id", "reason"]), tmp_path / f"{name}.parquet", REFUSALS)
    said = plot_flow.main(
        *(tmp_path / "flow.parquet", tmp_path / "flow.svg", "small", tables["patients"]),
        *(tmp_path / "standardised.parquet", tmp_path / "refused.parquet", [tmp_path / "shard.parquet"]),
    )
    assert said == "small: 11 stages"
    words = (tmp_path / "flow.svg").read_text(encoding="utf-8")
    for line in ("3 have it, 236 have none", "refused: smaller than the grid (1)", "2 have it, 236 have none", "nothing but one value (1)"):
        assert line in words


def test_pictures_are_compared_by_their_pixels(tmp_path):
    """Three patients whose images have one fingerprint: two have the same picture, the third another."""
    evidence = clean()
    images = evidence.modalities["images"].drop_duplicates("patient_id").reset_index(drop=True)
    tests = evidence.roles[(evidence.roles["role"] == "test") & evidence.roles["patient_id"].isin(images["patient_id"])]
    three = [str(patients.iloc[0]) for _, patients in tests.groupby("fold")["patient_id"]][:3]
    pictures = np.random.default_rng(1).integers(0, 255, (2, 64, 64), dtype=np.uint8)
    (tmp_path / "images").mkdir()
    for patient, picture in zip(three, (0, 0, 1), strict=True):
        Image.fromarray(pictures[picture]).save(tmp_path / "images" / f"{patient}.png")
        images.loc[images["patient_id"] == patient, ["fingerprint", "path"]] = ["00ff00ff00ff00ff", f"{patient}.png"]
    run(with_modality(evidence, images=images), tmp_path, pictures=tmp_path / "images" / "MANIFEST.json")
    found = read_table(tmp_path / "findings.parquet", FINDINGS)
    assert found[["check", "patients"]].to_numpy().tolist() == [["near_duplicate_images", 2]]


def test_a_modality_of_other_patients_is_refused(tmp_path):
    evidence = clean()
    strange = evidence.modalities["reports"].replace({"patient_id": {"p0003": "somebody"}})
    with pytest.raises(ContractError, match=r"reports: 1 of \d+ rows are of patients who are not in the cohort"):
        run(with_modality(evidence, reports=strange), tmp_path)


def test_refusal_names_every_finding():
    several = [
        Finding("identical_rows", "", "error", 3, "Three.", "Mend."),
        Finding("known_after_index", "x", "error", 9, "Nine.", "Drop."),
    ]
    with pytest.raises(
        StageRefusal, match=r"2 findings would make results false:\nidentical_rows: Three\. Mend\.\nknown_after_index:x: Nine"
    ):
        refuse_standing(judged(several, {}))


def test_a_blank_reason_is_none():
    with pytest.raises(ValueError, match="a reason"):
        parse(LeakageConfig, {"accepted": {"identical_rows": " "}}, "leakage")


def evidence_of(rows: pd.DataFrame, roles: pd.DataFrame | None = None) -> Evidence:
    """A table with days and event, every other column a covariate, in drawn folds unless roles are given."""
    names = [name for name in rows if name not in ("days", "event")]
    covariates = tuple(Covariate(name, "numeric" if rows[name].dtype.kind == "f" else "categorical", name) for name in names)
    cohort = Cohort(rows.set_axis(pd.Index([f"{i:05}" for i in range(len(rows))], name="patient_id")), covariates)
    registry = registry_of(cohort.rows.index).set_index(cohort.rows.index.rename(None), drop=False)
    evidence = Evidence(cohort, registry, pd.DataFrame(), None, {})
    return with_folds(evidence, drawn(cohort) if roles is None else roles.assign(patient_id=cohort.rows.index))


def keys(evidence: Evidence) -> list[str]:
    return [finding.key for finding in audit(evidence)]


def survset(name: str, missing: str | None = None) -> pd.DataFrame:
    rows = pd.read_csv(shared(f"tab_survset/{name}.csv"), keep_default_na=False, na_values=["", "NA"]).drop(columns="pid")
    rows = rows[rows["time"] > 0].rename(columns={"time": "days"}).assign(event=lambda table: table["event"] == 1)
    factors = [column for column in rows if column.startswith("fac_")]
    rows[factors] = rows[factors].astype(object).where(rows[factors].notna(), None).replace({missing: None} if missing else {})
    return rows.astype({column: float for column in rows if column.startswith("num_") or column == "days"})


def test_the_chapter_of_flchain_is_caught_as_level_or_as_missing():
    assert "level_tells_event:fac_chapter" in keys(evidence_of(survset("flchain")))
    assert "missingness_tells_event:fac_chapter" in keys(evidence_of(survset("flchain", "missing")))
    assert not keys(evidence_of(survset("flchain").drop(columns="fac_chapter")))


@pytest.mark.parametrize("name", ["rott2", "colon", "pbc"])
def test_real_cohorts_have_none(name):
    """Two in eleven of colon's rows are alike in every covariate, by chance alone: its columns are coarse."""
    assert not keys(evidence_of(survset(name)))


@pytest.mark.parametrize(("name", "found"), [("gbsg2", []), ("actg320", []), ("whas500", ["identical_rows"])])
def test_the_cohorts_that_ship(name, found):
    from sksurv import datasets

    load = {"gbsg2": datasets.load_gbsg2, "actg320": datasets.load_aids, "whas500": datasets.load_whas500}[name]
    covariates, outcome = load()
    event, days = outcome.dtype.names
    factors = {column: object for column in covariates if covariates[column].dtype == "category"}
    rows = covariates.astype(factors).assign(days=outcome[days].astype(float), event=outcome[event].astype(bool))
    assert keys(evidence_of(rows.drop(columns="los", errors="ignore"))) == found


def deepsurv(name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A table of DeepSurv's and its published fold."""
    with h5py.File(shared(f"tab_deepsurv/{name}.h5")) as file:
        parts = {role: {key: file[role][key][()] for key in ("x", "t", "e")} for role in ("train", "test")}
    tables = [
        pd.DataFrame(part["x"].astype(float)).add_prefix("x").assign(days=part["t"].astype(float), event=part["e"] == 1)
        for part in parts.values()
    ]
    roles = np.repeat(list(parts), [len(table) for table in tables])
    rows = pd.concat(tables, ignore_index=True)
    kept = rows["days"] > 0
    return rows[kept], pd.DataFrame({"fold": "r1f1", "role": roles[kept]})


def test_test_rows_that_are_copies_of_training_rows_are_caught():
    """As in DeepSurv's WHAS, where 229 of 328 were: here planted in its METABRIC, which has none."""
    rows, roles = deepsurv("metabric_IHC4_clinical_train_test")
    before = keys(evidence_of(rows, roles))
    copied = rows.to_numpy(copy=True)
    copied[-200:] = copied[:200]
    (found,) = [
        one for one in audit(evidence_of(pd.DataFrame(copied, columns=rows.columns).astype(rows.dtypes), roles)) if one.key not in before
    ]
    assert (found.check, found.patients) == ("identical_rows", 200)


def test_the_prognosis_of_another_model_is_caught():
    """SUPPORT's own surv2m is not in these files: a Cox model's survival at two months stands in for it."""
    from sksurv.linear_model import CoxPHSurvivalAnalysis

    rows, roles = deepsurv("support_train_test")
    design = (rows.filter(like="x") - rows.filter(like="x").mean()) / rows.filter(like="x").std()
    outcome = np.array(list(zip(rows["event"], rows["days"], strict=True)), dtype=[("event", "?"), ("days", "f8")])
    risk = CoxPHSurvivalAnalysis(alpha=1).fit(design, outcome).predict(design)
    before = keys(evidence_of(rows, roles))
    assert sorted({*keys(evidence_of(rows.assign(surv2m=-risk, surv6m=-risk), roles))} - {*before}) == [
        "foreign_prediction:surv2m",
        "foreign_prediction:surv6m",
    ]

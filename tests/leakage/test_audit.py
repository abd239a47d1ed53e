"""Every planted leak is found, under its name and level and with its count; a clean cohort has none."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.leakage.world import GENES, N, clean, with_folds, with_modality, with_rows
from workflow_scripts.lib.contracts.ingest import Covariate
from workflow_scripts.lib.contracts.leakage import CHECKS
from workflow_scripts.lib.leakage.audit import audit
from workflow_scripts.lib.leakage.evidence import Evidence
from workflow_scripts.lib.survival.outcome import Outcome

RNG = np.random.default_rng(1)
LEAKS = {}


def leak(check: str, subject: str = "", level: str = "error", patients: int | None = None):
    """Name the finding, and the number of patients, that what the function plants must lead to."""

    def named(plant):
        LEAKS[plant.__name__] = (plant, check, subject, level, patients)
        return plant

    return named


def a_pair(evidence: Evidence) -> tuple[str, str]:
    """A patient who is tested in the first fold, and one who trains there."""
    first = evidence.roles[evidence.roles["fold"] == "r1f1"].set_index("role")["patient_id"]
    return first["test"].iloc[3], first["train"].iloc[5]


def status(evidence: Evidence, error: float) -> np.ndarray:
    """The event, wrong for a share of the patients."""
    event = evidence.outcome.event
    return event ^ (np.random.default_rng(2).random(len(event)) < error)


@leak("patient_in_train_and_test", patients=1)
def the_same_id_in_two_roles(clean):
    test, _ = a_pair(clean)
    return with_folds(clean, pd.concat([clean.roles, pd.DataFrame({"fold": ["r1f1"], "patient_id": [test], "role": ["train"]})]))


@leak("patient_in_train_and_test", patients=2)
def one_patient_under_two_spellings(clean):
    test, train = a_pair(clean)
    ids = clean.registry["source_id"].replace({test: "TCGA-1", train: "tcga-1 "})
    return replace(clean, registry=clean.registry.assign(source_id=ids))


@leak("validation_overlaps", patients=1)
def a_validation_patient_who_trains(clean):
    _, train = a_pair(clean)
    return with_folds(clean, pd.concat([clean.roles, pd.DataFrame({"fold": ["r1f1"], "patient_id": [train], "role": ["valid"]})]))


@leak("sites_straddle_folds")
def sites_in_folds_that_were_to_be_grouped(clean):
    return replace(clean, grouped=True)


@leak("identical_rows", patients=2)
def one_row_twice(clean):
    test, train = a_pair(clean)
    rows = clean.cohort.rows.copy()
    rows.loc[test] = rows.loc[train]
    return replace(clean, cohort=replace(clean.cohort, rows=rows))


@leak("identical_covariates", level="warning")
def covariates_twice_with_another_outcome(clean):
    rows, names = clean.cohort.rows.copy(), list(clean.cohort.values)
    rows.iloc[:20, rows.columns.get_indexer(names)] = rows.iloc[20:40][names].to_numpy()
    return replace(clean, cohort=replace(clean.cohort, rows=rows))


@leak("identical_expression", "expression", patients=2)
def one_sample_twice(clean):
    genes = clean.modalities["expression"]
    places = [list(genes.patient_ids).index(patient) for patient in apart(clean, genes.patient_ids)]
    values = genes.values.copy()
    values[places[0]] = values[places[1]]
    return with_modality(clean, expression=replace(genes, values=values))


def apart(evidence: Evidence, having) -> list[str]:
    """Two patients who have something, and who are tested in different folds."""
    tests = evidence.roles[(evidence.roles["role"] == "test") & evidence.roles["patient_id"].isin(having)].groupby("fold")["patient_id"]
    return [str(patients.iloc[0]) for _, patients in tests][:2]


def set_text(evidence: Evidence, texts: dict[str, str]) -> Evidence:
    rows = evidence.modalities["reports"].set_index("patient_id")
    rows.loc[list(texts), "text"] = list(texts.values())
    return with_modality(evidence, reports=rows.reset_index())


@leak("near_duplicate_reports", "reports", patients=2)
def one_report_twice_but_for_three_words(clean):
    reports = clean.modalities["reports"].set_index("patient_id")["text"]
    first, second = apart(clean, reports.index)
    words = reports[first].split()
    return set_text(clean, {second: " ".join(["Another", *words[1:40], "word", *words[41:], "here."])})


def set_print(evidence: Evidence, patient: str, fingerprint: int) -> Evidence:
    rows = evidence.modalities["images"].copy()
    rows.loc[rows["patient_id"].eq(patient).idxmax(), "fingerprint"] = f"{fingerprint:016x}"
    return with_modality(evidence, images=rows.reset_index(drop=True))


@leak("near_duplicate_images", "images", patients=2)
def one_image_twice_but_for_four_bits(clean):
    clean = with_modality(clean, images=clean.modalities["images"].reset_index(drop=True))
    prints = clean.modalities["images"].drop_duplicates("patient_id").set_index("patient_id")["fingerprint"]
    first, second = apart(clean, prints.index)
    return set_print(clean, second, int(prints[first], 16) ^ (1 | 1 << 15 | 1 << 30 | 1 << 63))


@leak("known_after_index", "size")
def a_covariate_declared_as_later(clean):
    return replace(clean, known_after=["size"])


@leak("missingness_tells_event", "stage")
def a_covariate_that_only_the_dead_have(clean):
    return with_rows(clean, stage=np.where(clean.outcome.event, RNG.choice(["I", "II"], N), None))


@leak("missingness_tells_event", "lactate")
def a_covariate_that_all_but_the_dead_have(clean):
    return with_rows(clean, lactate=np.where(status(clean, 0.01), np.nan, RNG.normal(size=N)))


@leak("missingness_tells_event", "visits")
def visits_of_the_dead_only(clean):
    dead = clean.cohort.rows.index[clean.outcome.event]
    visits = clean.modalities["visits"]
    return with_modality(clean, visits=visits[visits["patient_id"].isin(dead)])


@leak("level_tells_event", "discharge")
def a_level_that_is_the_event(clean):
    return with_rows(clean, discharge=np.where(clean.outcome.event, "other", RNG.choice(["home", "care"], N)))


@leak("level_tells_event", "flag")
def the_event_as_a_number(clean):
    return with_rows(clean, flag=status(clean, 0.01).astype(float))


@leak("covariate_is_follow_up", "months")
def the_follow_up_in_months(clean):
    return with_rows(clean, months=(clean.outcome.days / 30.4).round(1))


@leak("covariate_is_follow_up", "until_death")
def the_time_to_death_of_the_dead(clean):
    return with_rows(clean, until_death=np.where(clean.outcome.event, 4000 - clean.outcome.days, RNG.uniform(0, 4000, N)))


@leak("covariate_tells_outcome", "marker")
def a_number_that_ranks_too_well(clean):
    return with_rows(clean, marker=clean.outcome.event + RNG.normal(0, 0.35, N))


@leak("covariate_tells_outcome", "band")
def levels_that_tell_when(clean):
    days = pd.Series(clean.outcome.days)
    return with_rows(clean, band=pd.qcut(days, 12, labels=False).map("band {}".format).to_numpy(dtype=object))


@leak("covariate_tells_outcome", "lab")
def a_number_whose_extremes_tell(clean):
    """Neither high nor low tells anything, but far from the middle does."""
    far = np.where(status(clean, 0.02), RNG.uniform(2, 3, N), RNG.uniform(0, 1.9, N))
    return with_rows(clean, lab=far * RNG.choice([-1, 1], N))


@leak("covariate_tells_outcome", "gene G7")
def a_gene_that_is_the_follow_up(clean):
    genes = clean.modalities["expression"]
    values = genes.values.copy()
    values[:, GENES.index("G7")] = clean.outcome.days[clean.positions("expression")]
    return with_modality(clean, expression=replace(genes, values=values))


@leak("foreign_prediction", "surv2m")
def another_models_prediction(clean):
    guess = np.log(clean.outcome.days) + 2 * ~clean.outcome.event + RNG.normal(0, 1.2, N)
    return with_rows(clean, surv2m=1 / (1 + np.exp(-(guess - guess.mean()))))


@leak("foreign_prediction", "x1", "warning")
def a_prediction_by_its_label_that_tells_little(clean):
    found = with_rows(clean, x1=RNG.normal(size=N))
    covariates = (*found.cohort.covariates[:-1], Covariate("x1", "numeric", "physician's estimate of the chance of survival"))
    return replace(found, cohort=replace(found.cohort, covariates=covariates))


@leak("order_tells_event", level="warning")
def a_source_sorted_by_the_event(clean):
    rank = np.argsort(np.argsort(~clean.outcome.event, kind="stable"))
    return replace(clean, registry=clean.registry.assign(source_id=[f"hospital {place}" for place in rank]))


def late(evidence: Evidence, days: np.ndarray) -> Evidence:
    visits = evidence.modalities["visits"].copy()
    visits.iloc[0:10:5, visits.columns.get_loc("time")] = pd.Timestamp("2000-01-01") + pd.to_timedelta(days, unit="D")
    return with_modality(evidence, visits=visits)


@leak("code_after_index", "visits", patients=2)
def a_code_on_the_index_date(clean):
    return late(clean, np.array([0, 0.5]))


@leak("code_after_event", "visits", patients=2)
def a_code_on_the_day_of_the_event(clean):
    return late(clean, clean.outcome.days[:2])


@leak("code_tells_event", "SNOMED//419099009")
def the_code_for_dead(clean):
    visits = clean.modalities["visits"].drop_duplicates("patient_id")
    dead = visits[status(clean, 0.01)[clean.cohort.rows.index.get_indexer(visits["patient_id"])]]
    return with_modality(clean, visits=pd.concat([clean.modalities["visits"], dead.assign(code="SNOMED//419099009")]))


def stating(evidence: Evidence, sentence: str, event: bool, patients: int) -> Evidence:
    """The sentence at the end of the reports of some patients with, or without, the event."""
    reports = evidence.modalities["reports"].set_index("patient_id")["text"]
    fitting = reports[evidence.cohort.rows.loc[reports.index, "event"] == event].iloc[:patients]
    return set_text(evidence, {patient: f"{text} {sentence}" for patient, text in fitting.items()})


@leak("report_states_outcome", "death", patients=12)
def reports_of_the_dead_that_say_so(clean):
    return stating(clean, "The patient died at home.", True, 12)


@leak("report_states_outcome", "death", "warning", patients=1)
def one_report_that_says_so(clean):
    return stating(clean, "He passed away.", True, 1)


@leak("report_states_outcome", "survival", patients=15)
def reports_of_survivors_that_say_so(clean):
    return stating(clean, "She is alive and well.", False, 15)


@leak("report_states_outcome", "intensive care", patients=12)
def the_endpoint_of_intensive_care(clean):
    return replace(stating(clean, "Was transferred to the ICU.", True, 12), endpoint="ICU admission")


@pytest.mark.parametrize("name", LEAKS)
def test_planted_leak_is_found_and_nothing_else(name):
    plant, check, subject, level, patients = LEAKS[name]
    (found,) = audit(plant(clean()))
    assert (found.check, found.subject, found.level) == (check, subject, level)
    assert found.patients == (patients or found.patients) > 0
    assert found.remedy
    assert not any(patient in found.sentence for patient in clean().cohort.rows.index)


def test_every_check_has_a_planted_leak():
    assert {check for _, check, *_ in LEAKS.values()} | {"stale_acceptance"} == set(CHECKS)


@pytest.mark.parametrize("n", [60, 240, 900])
@pytest.mark.parametrize("seed", range(10))
def test_no_finding_where_nothing_is_amiss(seed, n):
    assert not list(audit(clean(seed, n)))


def test_the_same_patient_in_one_test_fold_is_no_leak():
    """Two rows alike that are always tested together do not tell a model anything."""
    evidence = clean()
    together = evidence.roles.loc[(evidence.roles["fold"] == "r1f1") & (evidence.roles["role"] == "test"), "patient_id"].iloc[:2]
    rows = evidence.cohort.rows.copy()
    rows.loc[together.iloc[0]] = rows.loc[together.iloc[1]]
    assert not list(audit(replace(evidence, cohort=replace(evidence.cohort, rows=rows))))


def test_intensive_care_is_no_outcome_where_the_endpoint_is_another():
    assert not list(audit(stating(clean(), "Was transferred to the ICU.", True, 12)))


def test_without_events_nothing_is_judged_by_them():
    evidence = clean()
    rows = evidence.cohort.rows.assign(event=False, flag=0.0)
    quiet = replace(evidence, cohort=replace(evidence.cohort, rows=rows))
    assert isinstance(quiet.outcome, Outcome)
    assert not list(audit(quiet))

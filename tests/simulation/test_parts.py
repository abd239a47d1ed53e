"""Covariates, genes and visits show what their hazard is made of."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.simulation.worlds import patients, table, truth, whole
from workflow_scripts.lib.simulation import covariates, expression, visits
from workflow_scripts.lib.simulation.blocks import Block

NEVER = dict.fromkeys(visits.DISEASES, np.nan)


def test_covariates_by_hand():
    facts = pd.DataFrame({"age": [67, 77], "stage": [0, 3], "marker": [3.5, 7.0], "treated": [False, True]})
    assert covariates.effect(facts) == pytest.approx([0, 0.35 + 1.05 + 0.25 - 0.6])


def test_what_covariates_add_can_be_read_off_the_table():
    raw, found = patients(whole()), truth(whole())
    known = raw[raw["cea"] != "N/A"]
    facts = pd.DataFrame(
        {
            "age": known["age"].astype(int),
            "stage": known["clinical_stage"].map(covariates.STAGES.index),
            "marker": known["cea"].astype(float),
            "treated": known["adjuvant"] == "Y",
        }
    )
    assert np.corrcoef(covariates.effect(facts), found["covariates"][known.index])[0, 1] == pytest.approx(1)


def test_higher_stages_are_treated_more_often():
    raw = patients(whole())
    treated = (raw["adjuvant"] == "Y").groupby(raw["clinical_stage"]).mean()
    assert treated["IIIA"] > treated["IA"] + 0.15


def test_expression_by_hand():
    assert expression.effect(pd.DataFrame({"proliferation": [1.0, 0.0], "cytotoxic": [0.0, 1.0]})).tolist() == [1, -0.8]


@pytest.mark.parametrize("genes", [20, 21, 60, 500])
def test_every_gene_has_a_name_and_most_follow_no_programme(genes):
    names, rows = expression.gene_names(genes), expression.loadings(genes, seed=1)
    assert len(names) == len(set(names)) == rows.shape[1] == genes
    assert names[0] == "MKI67"
    assert (rows != 0).sum(axis=0).max() == 1, "a gene is in one module at most"
    assert (rows[:2] != 0).any(axis=0).sum() <= 24
    assert (rows == 0).all(axis=0).sum() >= genes // 5, "some genes are in none"


def test_programmes_can_be_seen_and_other_modules_are_louder():
    block = Block(2, 0, 600)
    facts = expression.draw(block.rng("facts"), 600)
    values = next(expression.tables(block, facts, block.ids, 200)).to_pandas().set_index("sample")
    seen = values[list(expression.PROLIFERATION)].mean(axis=1)
    assert np.corrcoef(seen, facts["proliferation"])[0, 1] > 0.9
    assert abs(np.corrcoef(values["SIM00000"], facts["proliferation"])[0, 1]) < 0.12
    assert values.filter(like="SIM").iloc[:, :15].var().mean() > values[list(expression.PROLIFERATION)].var().mean()
    assert (values >= 0).all(axis=None)


def test_expression_is_written_in_one_piece():
    raw = pq.read_table(whole().parent / "expression.parquet")
    assert raw.column_names == ["sample", *expression.gene_names(60)]
    assert raw["sample"][0].as_py().endswith("-T")


def test_what_visits_add_halves_with_every_year():
    facts = pd.DataFrame(
        [NEVER | {"copd": 365}, NEVER | {"copd": 730}, NEVER | {"heart_failure": 365, "influenza_vaccination": 365}, NEVER]
    )
    assert visits.effect(facts) == pytest.approx([0.5, 0.25, 0.7 - 0.4, 0])


def test_the_last_code_of_a_disease_is_where_the_facts_have_it():
    block = Block(4, 0, 300)
    facts = visits.draw(block.rng("facts"), 300)
    index = np.full(300, np.datetime64("2016-06-01"))
    rows = visits.table(block, facts, block.ids, index, np.full(300, 900)).to_pandas()
    ago = (np.datetime64("2016-06-01") - pd.to_datetime(rows["date"])).dt.days
    for name, (ninth, tenth, *_) in visits.DISEASES.items():
        last = ago[rows["code"].isin([ninth, tenth])].groupby(rows["patient"]).min()
        expected = pd.Series(facts[name].to_numpy(), block.ids).dropna()
        assert last.to_dict() == expected.to_dict()


def test_codes_stay_within_follow_up_and_some_come_after_the_index_date():
    raw, codes = patients(whole()), table(whole(), "visits.csv")
    known = raw.loc[codes["patient"]].reset_index()
    ago = (pd.to_datetime(known["surgery_date"]) - pd.to_datetime(codes["date"])).dt.days
    assert 0 < (ago <= 0).mean() < 0.15
    assert (ago != 0).all()
    assert (-ago < known["followup_days"].astype(int)).all()
    assert set(codes["code"][ago < 0]) <= {code for pair in visits.AFTERWARDS for code in pair}
    assert codes["patient"][ago > 0].nunique() == codes["patient"].nunique()


def test_vocabularies_go_by_the_date_and_values_belong_to_laboratory_codes():
    codes = table(whole(), "visits.csv")
    assert set(codes["vocabulary"]) == {"9", "10", "LOINC"}
    diagnoses = codes[codes["vocabulary"] != "LOINC"]
    assert ((diagnoses["date"] >= "2015-10-01") == (diagnoses["vocabulary"] == "10")).all()
    assert ((codes["value"] != "") == (codes["vocabulary"] == "LOINC")).all()
    assert set(diagnoses["code"][diagnoses["vocabulary"] == "10"]) <= set(visits.ICD10)
    assert codes[["patient", "date"]].apply(tuple, axis=1).is_monotonic_increasing

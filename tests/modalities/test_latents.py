"""Genes and reports as few numbers: as other libraries have them, from training patients alone, and for patients who have none."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from tests.world import GENES, cohort, expression, reports
from workflow_scripts.lib.config.multimodal import GenesConfig, WordsConfig
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.modalities.latents import PATTERN, GeneComponents, WordComponents, encoders_of, fit_latents, latents_of

CFG = SimpleNamespace(genes=GenesConfig(components=4), words=WordsConfig(components=5))
BOTH = ("expression", "reports")


def tables(rows: slice = slice(None)) -> dict[str, pd.DataFrame]:
    """What the readers give of the small cohort."""
    genes = expression(cohort())
    found = {"expression": genes.assign(genes=[GENES] * len(genes)), "reports": reports(cohort())}
    return {name: table.iloc[rows] for name, table in found.items()}


def test_genes_are_whitened_principal_components():
    rows = tables()["expression"]
    values = np.stack(rows["values"]).astype(float)
    varying = np.delete(values, 2, axis=1)  # ACTB does not
    filled = np.where(np.isnan(varying), np.nanmean(varying, 0), varying)
    theirs = PCA(4, whiten=True).fit_transform((filled - filled.mean(0)) / np.nanstd(varying, 0))
    ours = GeneComponents.fit(rows, CFG.genes)
    assert ours.genes == [gene for gene in GENES if gene != "ACTB"]
    found = ours.latents(rows, rows["patient_id"])
    assert found.present.all()
    assert np.abs(found.values) == pytest.approx(np.abs(theirs) * np.sqrt(len(rows) / (len(rows) - 1)), abs=1e-6)


def test_words_are_standardised_latent_semantics():
    rows = tables()["reports"]
    weights = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=PATTERN, min_df=3).fit_transform(rows["text"])
    theirs = TruncatedSVD(5, algorithm="arpack", random_state=0).fit_transform(weights)
    theirs = (theirs - theirs.mean(0)) / theirs.std(0)
    found = WordComponents.fit(rows, CFG.words).latents(rows, rows["patient_id"])
    assert np.abs(found.values) == pytest.approx(np.abs(theirs), abs=1e-6)


def test_terms_are_words_and_stages_and_pairs_of_them_but_no_numbers():
    texts = ["Stage pT3a, 42 mm."] * 3
    terms = WordComponents.fit(pd.DataFrame({"patient_id": ["a", "b", "c"], "text": texts}), CFG.words).terms
    assert terms == ["mm", "pt3a", "pt3a mm", "stage", "stage pt3a"]


def test_the_largest_entry_of_a_component_is_positive():
    for encoder in encoders_of(fit_latents(tables(), BOTH, CFG)).values():
        rows = np.arange(len(encoder.components))
        assert np.all(encoder.components[rows, np.abs(encoder.components).argmax(1)] > 0)


def test_a_patient_without_a_modality_has_zeros_and_is_not_present():
    state = fit_latents(tables(), BOTH, CFG)
    ids = ["p004", "p002", "stranger", "p000"]  # without genes, without report, without both, with both
    found = latents_of(state, tables(), ids)
    assert found["expression"].present.tolist() == [False, True, False, True]
    assert found["reports"].present.tolist() == [True, False, False, True]
    for latents in found.values():
        assert np.array_equal(np.abs(latents.values).sum(1) > 0, latents.present)
    assert found["expression"].values.shape == (4, 4)
    assert found["reports"].values.shape == (4, 5)
    nobody = latents_of(state, {name: rows.iloc[:0] for name, rows in tables().items()}, ids)
    assert not any(latents.present.any() or latents.values.any() for latents in nobody.values())


def test_a_patient_without_any_measured_gene_is_not_present():
    rows = tables()["expression"]
    encoder = GeneComponents.fit(rows, CFG.genes)
    bare = rows.iloc[:1].assign(values=[np.full(len(GENES), np.nan, dtype=np.float32)])
    assert not encoder.latents(bare, bare["patient_id"]).present.any()


def test_what_a_patient_gets_is_unmoved_by_others_by_their_order_and_by_that_of_genes():
    state = fit_latents(tables(slice(0, 60)), BOTH, CFG)
    found = latents_of(state, tables(), ["p070", "p001"])
    alone = latents_of(state, tables(slice(0, 75)), ["p001"])
    genes = tables()["expression"]
    turned = genes.assign(values=[values[::-1] for values in genes["values"]], genes=[GENES[::-1]] * len(genes))
    again = latents_of(state, {**tables(), "expression": turned}, ["p001"])
    for name in BOTH:
        assert found[name].values[1] == pytest.approx(alone[name].values[0])
        assert found[name].values[1] == pytest.approx(again[name].values[0])


def test_genes_that_were_trained_on_must_be_there():
    rows = tables()["expression"]
    encoder = GeneComponents.fit(rows, CFG.genes)
    with pytest.raises(StageRefusal, match="11 of 11 genes that were trained on are not in the table"):
        encoder.latents(rows.assign(genes=[tuple(f"x{gene}" for gene in GENES)] * len(rows)), rows["patient_id"])


def test_the_genes_that_vary_most_are_taken():
    rows = tables()["expression"]
    found = GeneComponents.fit(rows, GenesConfig(most_genes=2)).genes
    spread = pd.Series(np.nanvar(np.stack(rows["values"]).astype(float), 0), GENES)
    assert found == [gene for gene in GENES if gene in spread.nlargest(2).index]


def test_components_are_at_most_the_rank():
    rows = tables(slice(0, 6))
    state = fit_latents(rows, BOTH, SimpleNamespace(genes=GenesConfig(components=50), words=WordsConfig(components=50, fewest_reports=1)))
    assert state["arrays"]["expression.components"].shape == (5, 11)
    assert len(state["arrays"]["reports.components"]) == 6


def test_a_modality_that_hardly_anybody_has_is_left_out():
    few = {"expression": tables()["expression"].iloc[:2], "reports": tables()["reports"]}
    assert list(fit_latents(few, BOTH, CFG)["latents"]) == ["reports"]
    assert fit_latents({}, BOTH, CFG) == {"latents": {}, "arrays": {}}


def test_genes_that_do_not_vary_and_reports_without_a_word_in_common_are_refused():
    rows = tables()["expression"]
    with pytest.raises(StageRefusal, match="none of 12 genes varies among"):
        GeneComponents.fit(rows.assign(values=[np.ones(len(GENES), dtype=np.float32)] * len(rows)), CFG.genes)
    texts = pd.DataFrame({"patient_id": ["a", "b", "c"], "text": ["1", "2 3", ""]})
    with pytest.raises(StageRefusal, match="no word is in 3 of 3 training patients' reports"):
        WordComponents.fit(texts, CFG.words)

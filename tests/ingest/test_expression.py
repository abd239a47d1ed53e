"""Expression: three layouts, one vector per patient, and what no sample may be."""

import numpy as np
import pandas as pd
import pytest

from tests.registry import registry_of
from workflow_scripts.ingest import build_expression
from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.config.modalities.expression import ExpressionConfig
from workflow_scripts.lib.contracts.base import read_table, write_table
from workflow_scripts.lib.contracts.ingest import REFUSALS
from workflow_scripts.lib.contracts.modalities import read_expression
from workflow_scripts.lib.contracts.registry import REGISTRY
from workflow_scripts.lib.errors import ConfigError, StageRefusal

WIDE = pd.DataFrame(
    {"sample": ["p1-01", "p2-01", "p3-01", "x9-01"], "TP53": [1.0, 3, 0, 1], "EGFR": [0.0, 7, 15, 1], "KRAS": [2.5, 1, 1, 1]}
)
BASE = {
    "source": {"kind": "table", "path": "rna.csv"},
    "layout": "samples_by_genes",
    "patient": {"column": "sample", "pattern": "^([px][0-9])"},
    "scale": "tpm",
}


def build(root, frame, strict=False, **changes):
    """What the script says, the matrix, and reasons by patient."""
    cfg = parse(ExpressionConfig, {**BASE, **changes}, "expression")
    raw = root / "raw"
    if cfg.source.path.endswith(".parquet"):
        frame.to_parquet(raw)
    else:
        frame.to_csv(raw, index=False)
    write_table(registry_of(["p1", "p2", "p3"]), root / "registry.parquet", REGISTRY)
    out = [root / name for name in ("expression.parquet", "expression_refusals.parquet")]
    said = build_expression.main(raw, root / "registry.parquet", *out, cfg, strict)
    refusals = read_table(out[1], REFUSALS)
    return said, read_expression(out[0]), dict(zip(refusals["patient_id"], refusals["reason"], strict=True))


def long():
    return WIDE.melt("sample", var_name="symbol", value_name="level").sample(frac=1, random_state=3)


LAYOUTS = {
    "samples_by_genes": (WIDE, {}),
    "genes_by_samples": (
        WIDE.set_index("sample").T.rename_axis("symbol").reset_index(),
        {"layout": "genes_by_samples", "gene": "symbol", "patient": {"pattern": "^([px][0-9])"}},
    ),
    "long": (long(), {"layout": "long", "gene": "symbol", "value": "level"}),
}


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_vectors(tmp_path, layout, suffix):
    frame, changes = LAYOUTS[layout]
    said, found, refusals = build(tmp_path, frame, **changes, source={"kind": "table", "path": f"rna.{suffix}"})
    place = [found.genes.index(gene) for gene in ("TP53", "EGFR", "KRAS")]
    assert found.patient_ids.tolist() == ["p1", "p2", "p3"]
    assert found.values[:, place].tolist() == [[1, 0, 2.5], [3, 7, 1], [0, 15, 1]]
    assert found.unit == "transcripts per million"
    assert refusals == {"x9": "not among the cohort's patients"}
    assert said == "3 patients with 3 genes, 0 refused; 1 of 4 samples are not of the cohort's patients"


def test_log2_of_one_more(tmp_path):
    _, found, _ = build(tmp_path, WIDE, transform="log2p1")
    assert found.values[1, :2].tolist() == [2, 3]
    assert found.unit == "log2(transcripts per million + 1)"


def test_the_mean_of_several_samples_is_taken_on_the_scale_that_is_kept(tmp_path):
    frame = WIDE.assign(sample=["p1-01", "p1-02", "p3-01", "p2-01"])
    _, found, _ = build(tmp_path, frame, several="mean", transform="log2p1")
    assert found.values[0, :2].tolist() == [1.5, 1.5]  # (log2 2 + log2 4) / 2, (log2 1 + log2 8) / 2


def test_only_the_columns_that_are_genes(tmp_path):
    frame = WIDE.assign(TP53_cnv=1, age="old").rename(columns={"TP53": "TP53_rna", "EGFR": "EGFR_rna"})
    assert build(tmp_path, frame, gene_pattern="^(.+)_rna$")[1].genes == ("TP53", "EGFR")


def test_missing_values_stay_missing(tmp_path):
    _, found, refusals = build(tmp_path, WIDE.astype({"EGFR": object}).assign(EGFR=[None, "NA", 15, 1]), missing=["NA"])
    assert np.isnan(found.values[:2, 1]).all()
    assert set(refusals) == {"x9"}


def test_a_number_may_mean_missing(tmp_path):
    frame = WIDE.assign(TP53=[-9999.0, 3, 0, 1])
    _, found, _ = build(tmp_path, frame, missing=["-9999"], source={"kind": "table", "path": "rna.parquet"})
    assert np.isnan(found.values[0, 0])
    assert found.values[:, 1].tolist() == [0, 7, 15]


BAD = {"TP53": [0, 1, 2, 1], "EGFR": [0.0, 1, 2, 1], "KRAS": [0, 1, 2, 1]}
LEAVE_OUT = {
    "all zero": (BAD, {}, "all values are zero"),
    "negative": ({"TP53": [-1, 1, 2, 1]}, {"scale": "counts"}, "a negative value, declared counts"),
    "text": ({"TP53": ["high", 1, 2, 1]}, {}, "a value is not a number"),
    "a formula": ({"TP53": ["=1+1", 1, 2, 1]}, {}, "a value is not a number"),
    "a decimal comma": ({"TP53": ["1,5", 1, 2, 1]}, {}, "a value is not a number"),
    "too large": ({"TP53": ["1e39", 1, 2, 1]}, {}, "a value is infinite"),
    "infinite": ({"TP53": ["inf", 1, 2, 1]}, {}, "a value is infinite"),
    "empty": ({name: [None, 1, 2, 1] for name in BAD}, {}, "no value"),
    "two patients": (
        {"sample": ["p1p2", "p2", "p3", "x9"]},
        {"patient": {"column": "sample", "pattern": "([px][0-9])"}},
        "a sample names two patients",
    ),
    "several": ({"sample": ["p1", "p1", "p3", "p2"]}, {}, "several samples, and expression.several does not say what to do"),
}


@pytest.mark.parametrize("situation", LEAVE_OUT)
def test_what_leaves_out_just_its_patient(tmp_path, situation):
    columns, changes, reason = LEAVE_OUT[situation]
    said, found, refusals = build(tmp_path, WIDE.astype(object).assign(**columns), **changes)
    assert refusals["p1"] == reason
    assert "p1" not in found.patient_ids
    assert "p3" in found.patient_ids
    assert "1 refused" in said or situation == "two patients"


def test_strict_stops_at_one_bad_sample(tmp_path):
    with pytest.raises(StageRefusal, match="- all values are zero: 1 patients"):
        build(tmp_path, WIDE.assign(**BAD), strict=True)


def test_negative_z_scores_are_fine(tmp_path):
    assert build(tmp_path, WIDE.assign(TP53=-1.5), scale="z_score")[1].values[0, 0] == -1.5


STOP = {
    "a gene twice": (WIDE.assign(TP53_2=1), {"gene_pattern": "^([A-Z0-9]+)"}, "1 genes occur more than once, such as TP53"),
    "no gene": (WIDE, {"gene_pattern": "^(ENSG.+)"}, "no gene matches gene_pattern"),
    "no such column": (WIDE, {"patient": {"column": "case"}}, "there is no column 'case'"),
    "a column of words": (
        WIDE.assign(SITE="lung", HISTOLOGY="clear"), {}, "2 columns hold text in most rows, such as 'SITE': leave them out by gene_pattern"
    ),
    "a code for missing": (WIDE.assign(TP53="NA"), {}, "list texts that mean a missing value under missing"),
    "nobody known": (WIDE.assign(sample="zz"), {}, "not one of 4 samples can be used"),
    "all negative": (WIDE.assign(TP53=-1.0), {"scale": "counts"}, "a negative value, declared counts: 4 samples"),
    "a pattern that fits no column": (
        LAYOUTS["genes_by_samples"][0], {**LAYOUTS["genes_by_samples"][1], "patient": {"pattern": "^(Q.)"}}, "no column's name"
    ),
    "a gene of a sample twice": (pd.concat([long(), long().head(2)]), LAYOUTS["long"][1], "2 of 14 rows repeat a gene of a sample"),
}  # fmt: skip


@pytest.mark.parametrize("situation", STOP)
def test_what_stops_the_modality_with_nothing_written(tmp_path, situation):
    frame, changes, words = STOP[situation]
    with pytest.raises(StageRefusal, match=words):
        build(tmp_path, frame, **changes)
    assert not (tmp_path / "expression.parquet").exists()


def test_no_sample_is_named_where_columns_are_samples(tmp_path):
    frame, changes = LAYOUTS["genes_by_samples"]
    with pytest.raises(StageRefusal, match="there is no column 'gene'; there are 5") as refusal:
        build(tmp_path, frame, **{**changes, "gene": "gene"})
    assert "p2-01" not in str(refusal.value)


def test_nor_where_one_is_there_twice(tmp_path):
    frame, changes = LAYOUTS["genes_by_samples"]
    with pytest.raises(StageRefusal, match="column names occur more than once: 1 of 6; rename") as refusal:
        build(tmp_path, pd.concat([frame, frame[["p2-01"]]], axis=1), **changes)
    assert "p2-01" not in str(refusal.value)


def test_of_many_columns_a_message_says_how_many(tmp_path):
    frame = WIDE.assign(**{f"G{place}": 1.0 for place in range(60)})
    with pytest.raises(StageRefusal, match="there is no column 'case'; there are 64"):
        build(tmp_path, frame, patient={"column": "case"})


def test_rows_of_long_tables_may_come_in_any_order_and_lack_names(tmp_path):
    rows = pd.concat([long().sample(frac=1, random_state=5), pd.DataFrame({"sample": ["p1-01", None], "level": 9})])
    _, found, _ = build(tmp_path, rows, **LAYOUTS["long"][1])
    assert found.genes == ("EGFR", "KRAS", "TP53")
    assert found.values[0].tolist() == [0, 2.5, 1]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"transform": "log2p1", "scale": "z_score"}, "transform log2p1 is for counts and tpm"),
        ({"layout": "long", "gene": "symbol"}, r"layout long needs \['gene', 'value'\]"),
        ({"patient": {"pattern": "(p[0-9])"}}, "patient.column is the column that names samples"),
        ({"layout": "genes_by_samples", "gene": "symbol"}, "with genes_by_samples the columns' names do, so leave it out"),
        ({"patient": {"column": "sample", "pattern": "p[0-9]"}}, "expected one group in parentheses"),
        ({"patient": {"column": "sample", "pattern": "(p[0-9]"}}, "not a regular expression"),
    ],
)
def test_settings_that_cannot_be_meant(changes, words):
    with pytest.raises(ConfigError, match=words):
        parse(ExpressionConfig, {**BASE, **changes}, "expression")

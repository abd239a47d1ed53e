"""The family that a path names, imported without the search for garbage, which goes on afterwards."""

import gc

import numpy as np
import pytest

from tests.world import FOLD, GENES, Stages, cohort, expression, reports
from workflow_scripts.lib.training.inputs import family_at, read_fold


@pytest.mark.parametrize("module", ["workflow_scripts/lib/families/cox.py", "workflow_scripts/lib/families/radiomics_vit/__init__.py"])
def test_a_path_gives_the_family_in_it(module):
    assert family_at(module).__file__.endswith(module)
    assert gc.isenabled()


def test_garbage_is_collected_after_an_import_that_failed():
    with pytest.raises(ModuleNotFoundError):
        family_at("workflow_scripts/lib/families/nobody.py")
    assert gc.isenabled()


def test_reports_and_genes_as_a_family_reads_them(tmp_path):
    stages = Stages(tmp_path)
    stages.ingest(cohort())
    tables = read_fold(**stages.inputs, fold=FOLD, tables={"reports": stages.reports, "expression": stages.expression}).tables
    assert tables["reports"].equals(reports(cohort())[["patient_id", "text"]])
    rows, wanted = tables["expression"], expression(cohort())
    assert rows["patient_id"].tolist() == wanted["patient_id"].tolist()
    assert np.array_equal(np.stack(rows["values"]), np.stack(wanted["values"]), equal_nan=True)
    assert rows["genes"].iloc[0] == GENES
    assert all(genes is rows["genes"].iloc[0] for genes in rows["genes"]), "the names are there once"
    assert all(values.base is rows["values"].iloc[0].base is not None for values in rows["values"]), "and so is the matrix"

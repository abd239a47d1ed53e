"""Which sentences say how the patient fared, and which only sound like it."""

import numpy as np
import pandas as pd
import pytest

from tests.shared import shared
from workflow_scripts.lib.leakage.statements import STATEMENTS, which_state

BY_NAME = {statement.name: statement for statement in STATEMENTS}
SAID = {
    "death": [
        "The patient died on January 21.",
        "She deteriorated rapidly and DIED on [DATE].",
        "Pt expired at 4 am.",
        "Deceased.",
        "Tacrolimus was stopped 1 day before death.",
        "Lungs removed at autopsy.",
        "Discharged to hospice.",
        "His mother was present when. The patient passed away.",
        "Cause of death: sepsis",
    ],
    "survival": ["The patient survived.", "She is alive and close to hospital discharge.", "The patient was discharged on 5 March."],
    "intensive care": ["The patient was admitted to our intensive care unit.", "Transferred to ICU.", "ICU stay of nine days."],
    "ventilation": ["She was intubated and ventilated.", "Treated with mechanical ventilation."],
    "recurrence": ["The tumour recurred after two years.", "He developed distant metastases.", "A recurrence was found on CT."],
}
NOT_SAID = {
    "death": [
        "Mother died of a stroke.",
        "Family history: father deceased, brother died at 40.",
        "The patient has not died.",
        "No autopsy was requested.",
        "The reagent had expired.",
        "Use before the kit expired.",
        "Tumour cells died in the centre.",
        "If the patient died, slides are kept.",
        "Programmed death ligand 1 is positive.",
        "Kidney of a deceased donor.",
        "Brain-dead donor. Married; husband died 2010.",
        "Expired air was sampled.",
        "She denies interest in hospice.",
    ],
    "survival": [
        "Her sister survived breast cancer.",
        "Papillary carcinomas have a better 5-year survival rate.",
        "The surviving prostatic glands are normal.",
        "HIV Ne alive qPositive",
        "She had been discharged 10 days before surgery.",
    ],
    "intensive care": ["He was not admitted to the ICU.", "May be transferred to intensive care."],
    "recurrence": ["BLADDER CANCER RECURRENCE SCORE p21.", "Male with recurrent TCC.", "There is a risk that it recurred."],
}


@pytest.mark.parametrize(("name", "sentence"), [(name, sentence) for name, sentences in SAID.items() for sentence in sentences])
def test_said(name, sentence):
    assert which_state(np.array([f"Specimen received. {sentence} End."], dtype=object), BY_NAME[name]).all()


@pytest.mark.parametrize(("name", "sentence"), [(name, sentence) for name, sentences in NOT_SAID.items() for sentence in sentences])
def test_not_said(name, sentence):
    assert not which_state(np.array([f"Specimen received. {sentence} End."], dtype=object), BY_NAME[name]).any()


def test_notes_of_chest_x_rays_state_the_outcome():
    """Four notes say that the patient died, and one of a kidney from a "deceased donor" says so only elsewhere."""
    notes = pd.read_csv(shared("cxr_covid/metadata.csv"))["clinical_notes"].dropna().drop_duplicates().to_numpy(dtype=object)
    counts = {name: int(which_state(notes, statement).sum()) for name, statement in BY_NAME.items()}
    assert counts == {"death": 4, "survival": 4, "intensive care": 6, "ventilation": 5, "recurrence": 0}
    assert all("died" in note for note in notes[which_state(notes, BY_NAME["death"])])


def test_pathology_reports_state_no_outcome():
    for organ in ("BLADDER", "KIDNEY"):
        texts = pd.read_csv(shared(f"tcga_reports/{organ}.csv"))["ocr_text"].dropna().to_numpy(dtype=object)
        for statement in STATEMENTS:
            if statement.name in ("death", "survival"):
                assert not which_state(texts, statement).any(), statement.name

"""Columns and places in a text that identify patients."""

import re
from pathlib import Path

import pyarrow as pa
import pytest
import yaml

from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.identifiers import identifier_columns, load_lexicon, refuse_identifiers
from workflow_scripts.lib.ingest.texts.deidentify import deidentify

PATH = Path(__file__).parents[2] / "resources" / "identifiers.yaml"
RAW = yaml.safe_load(PATH.read_text(encoding="utf-8"))
LEXICON = load_lexicon(PATH)


def without(text, own=(), **settings):
    return deidentify(text, own, LEXICON, **settings)[0]


@pytest.mark.parametrize("one", RAW["texts"], ids=lambda one: one["kind"])
def test_every_pattern_finds_its_example_and_leaves_nothing_of_it(one):
    assert re.search(one["pattern"], one["example"])
    text, count = deidentify(f"Seen: {one['example']} today", [], LEXICON)
    assert count >= 1
    assert f"[{one['kind']}]" in text
    assert deidentify(text, [], LEXICON) == (text, 0)


@pytest.mark.parametrize("kind", RAW["values"])
def test_every_value_pattern_fits_its_example(kind):
    assert re.fullmatch(RAW["values"][kind]["pattern"], RAW["values"][kind]["example"])


def test_patterns_mean_the_same_in_every_python():
    """3.11.2 takes a character too many for possessive groups."""
    assert not [
        pattern.pattern for _, pattern in LEXICON.texts if re.search(r"[*+?}]\+|\(\?>", re.sub(r"\\.|\[[^\]]*\]", "x", pattern.pattern))
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Patient Name: DOE, Jane A. was seen", "Patient Name: [NAME] was seen"),
        ("discussed with Dr. Jane Roe, and with Mrs Roe.", "discussed with Dr. [NAME], and with Mrs [NAME]."),
        ("MRN: 0048213 Account # 77-12345", "MRN: [ID] Account # [ID]"),
        ("Jane Q. Roe, M.D.", "[NAME], M.D."),
        ("SSN 123-45-6789, call (555) 123-4567 or a.b@c.org", "SSN [SSN], call [CONTACT] or [CONTACT]"),
        ("on 03/17/2011, 17.3.2011, 2011-03-17, March 17, 2011 and 17 Mar 2011", "on [DATE], [DATE], [DATE], [DATE] and [DATE]"),
        ("see S12-34567 and SP-12-0034567", "see [ID] and [ID]"),
        ("TCGA-DK-AA6L-01A-PR Redacted", "[BARCODE] Redacted"),
        ("TOGA- 22-A9 3N-9 1A-PR Redacted", "[BARCODE] Redacted"),
        ("UUID:4F76D253 .8752-4787.831C -CEE72FF7EE54\nBLADDER", "UUID:[UUID]\nBLADDER"),
        ("a 93-year-old man, 89 years ago", "a [AGE OVER 89]-year-old man, 89 years ago"),
        ("lives at 12 Elm Street, Springfield, MA 01101.", "lives at [ADDRESS]."),
    ],
)
def test_what_is_replaced(text, expected):
    assert without(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "pT2b pN1 (3/12) M0, Gleason 3+4=7, PSA 4.02",
        "2.5 x 1.0 x 0.8 cm; margins 0.2 cm; blocks A1-A12, B1-3",
        "ICD-O 8120/3, C67.9; ER 90-100 %, HER2 2+; CD10-positive",
        "Grade III, FIGO IB1; TCGA quality control; a ratio of 1/2/3",
        "Patient Name:\nMed. Rec. #:\nDOB: (Age:\nGender:",
        "The specimen from the left side was received fresh. In May the tumour was smaller.",
        "Physician: Location: 70 years old, 46 XY, 120/80 mmHg, 98.6 F",
    ],
)
def test_what_a_clinician_wrote_is_left(text):
    assert deidentify(text, [], LEXICON) == (text, 0)


def test_dates_may_stay():
    assert without("seen on 2011-03-17", dates=False) == "seen on 2011-03-17"


def test_the_patients_own_values_are_whole_words_in_any_case():
    assert without("DOE and Doe's, not doer; O'Neil; 4711", ["Doe", "O'Neil", "4711", "x"]) == "[ID] and [ID]'s, not doer; [ID]; [ID]"


def test_longer_values_go_first():
    assert without("Anna Maria Doe", ["Anna", "Anna Maria"]) == "[ID] Doe"


TABLE = pa.table({
    "patient": ["a", "b", "c"], "SSN": ["1", "2", "3"], "lastName": ["x", "y", "z"],
    "birth_date": ["1", "2", "3"], "first": ["x", "y", "z"],
    "code": ["123-45-6789", "987-65-4321", None], "mail": ["a@b.org", "c@d.org", "e@f.org"], "seen": ["2011-03-17", "2012-01-01", ""],
    "age": ["61", "70", "50"], "zip_stage": ["1", "2", "3"], "stage": ["I", "II", "III"], "first_stage_size": [1.0, 2.0, 3.0],
    "free": ["word", "123-45-6789", "other"], "empty": pa.nulls(3, pa.string()),
})  # fmt: skip


def test_columns_by_declaration_name_and_values():
    assert identifier_columns(TABLE, ["patient"], LEXICON) == {
        "patient": "declared",
        "SSN": "its name is that of SSN",
        "lastName": "its name is that of NAME",
        "birth_date": "its name is that of DATE",
        "first": "its name is that of NAME",
        "code": "its values look like SSN",
        "mail": "its values look like CONTACT",
        "seen": "its values look like DATE",
    }


def test_a_covariate_that_identifies_is_refused_by_name():
    with pytest.raises(StageRefusal) as refusal:
        refuse_identifiers({"patients": TABLE}, ["age", "code", "lastName"], [], LEXICON)
    assert "- covariate 'code': its values look like SSN\n- covariate 'lastName': its name is that of NAME" in str(refusal.value)
    assert "123-45" not in str(refusal.value)
    refuse_identifiers({"patients": TABLE}, ["age", "stage", "free", "empty"], [], LEXICON)

"""What a report may say, and what may not get past: one planted identifier or one clinical phrase at a time."""

import re

import pandas as pd
import pytest

from tests.registry import LEXICON
from tests.shared import shared
from workflow_scripts.lib.ingest.identifiers import load_lexicon
from workflow_scripts.lib.ingest.texts.deidentify import deidentify

WORDS = load_lexicon(LEXICON)

PLANTED = {
    "DATE": """3/17/11; 17.03.11; 03-17-2011; 03.17.2011; 17-MAR-11; 17 Mar 2011; 17-Mar-2011; March 17th; March 17; 17 March; 20110317;
        20110317103000; 2011-03-17T10:30:00; 3/2011; June 2012; January 1 ,2010; 1st of June 2012""",
    "CONTACT": """(555) 123-4567; 555 123 4567; +1 (555) 123-4567; 617.555.1234; a.b+c@d-e.org; https://x.org/a?b; www.example.org/a;
        10.0.0.17""",
    "SSN": "123-45-6789",
    "ID": "S-12-34567; SU11-12345; SP-12-0034567; S12-34567",
    "ADDRESS": "12 Wisteria Lane; 12 WISTERIA LANE; 7 N. Main St; P.O. Box 123; Boston, MA 02139",
    "BARCODE": "TCGA-2F-A9KO; TCGA 2F A9KO; TCGA-2F-A9K0; TOGA-ZF-A9R5-01A-01-TSA",
    "UUID": "4F76D253-8752-4787-831C-CEE72FF7EE54; 4F76D253 .8752-4787.831C -CEE72FF7EE54",
}
LABELLED = """Tel: [CONTACT]1234567; Phone: [CONTACT]555-1234; Fax no. [CONTACT]020 7946 0958; SSN [SSN]123 45 6789; SSN: [SSN]123456789
    MRN [ID]0048213; MRN#: [ID]12-34-56; Med Rec No. [ID]123456; Medical Record Number: [ID]X12345; Hospital Number: [ID]123456
    Accession No: [ID]12-SP-345; case # [ID]12S1234; Dr Smith; Dr. [NAME]Jane Roe; DR. [NAME]SMITH; DR. [NAME]JANE ROE; Mrs. [NAME]O'Neil
    signed by [NAME]Jane Roe; Electronically signed by: [NAME]ROE, Jane; Name: [NAME]DOE, JANE; Patient: [NAME]DOE, JOHN Q.
    Surgeon: [NAME]van der Berg; DOB: [DATE]3/17/51; Age: [AGE OVER 89]93; aged [AGE OVER 89]90; Address: [ADDRESS]Over there 5"""
BEHIND = """J. Smith, MD; Jane Smith MD; Jane Q. Smith, M.D.; JANE ROE, M.D.; 93 y.o.; 92-year-old; 102 yo; 90 years"""

CLINICAL = """pT2b pN1 (3/12) M0; 2.5 x 1.0 cm; 2.5 x 1.0 x 0.8 cm; 14.0 x 9.5 x 8 cm; margins 0.2 cm; 8120/3; M8120/3; C67.9; 3/12 nodes
    (0/13); Gleason 3+4=7; T-71000 M-83103; SNOMED T74000 M81203; CPT 88305; 88305, 88307; IHC P63-88342; PSA 4.02 ng/ml; 120/80 mmHg
    CD10, CK7, CK20, p53; A1-A12, B1-3; blocks 1-2-10; ER 90-100 %; Ki-67 30%; HER2/neu 3+; AJCC 7th edition (2010); WHO 2004; 2010 WHO
    grade 3/3; 1/2/3; Fuhrman III/IV; 46 XY; 45 years old; 89 years; aged 90 days; age 95%; in March the tumour grew; it may 2 weeks later
    May 3 cm; MS stable; MR imaging; MD Anderson; Da Vinci; section 1.2.3.; weighing 1330 g; 2-3 mm; 10:30; 7th Ed; 4 of 12; I-IV
    Stage II/III; G2-3; 20-25%; S-100 protein; MSH2/MSH6; H&E x 400; PAX-8; at 6-12-3 o'clock; 1,234 cells; Patient: Male
    Name: Bladder tumour; Address:; Tel:; renal cell 3.5 x 2.0 cm; specimen #1, #2; case 2 and 3; FS 1: benign; SP: left nodes #2
    TCGA quality control; UUID; MRN:; Accession #: Date of Report:; Physician: Location:; see comment 12"""


def each(words: str) -> list[str]:
    return [one.strip() for line in words.split("\n") for one in line.split(";") if one.strip()]


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, words in PLANTED.items() for text in each(words)])
def test_nothing_is_left_of_it(kind, text):
    assert deidentify(f"Seen {text} today.", [], WORDS)[0] == f"Seen [{kind}] today."


@pytest.mark.parametrize("text", each(LABELLED))
def test_the_label_stays(text):
    label, bracket, rest = text.partition("[")
    kind, _, value = rest.partition("]")
    wanted = f"{label}[{kind}]" if bracket else "Dr [NAME]"
    assert deidentify(f"{label}{value}", [], WORDS)[0] == wanted


@pytest.mark.parametrize("text", each(BEHIND))
def test_the_label_behind_stays(text):
    found, count = deidentify(text, [], WORDS)
    assert count == 1
    assert found.startswith(("[NAME]", "[AGE OVER 89]"))
    assert not {"Smith", "ROE", "93", "92", "102", "90"} & set(found.replace("-", " ").split())


@pytest.mark.parametrize("text", each(CLINICAL))
def test_what_a_clinician_wrote_stays(text):
    assert deidentify(text, [], WORDS) == (text, 0)


def test_all_of_it_at_once_and_nothing_twice():
    planted = [text for words in PLANTED.values() for text in each(words)]
    text = deidentify(", seen. ".join(planted), [], WORDS)[0]
    assert not [one for one in planted if one in text]
    assert deidentify(text, [], WORDS) == (text, 0)


WRITTEN = {  # what pathologists write, and how often in all reports of bladder and kidney, at least
    "stage": (r"pT ?[1-4][ab]?\b", 700),
    "size": (r"\d(?:\.\d)? ?[xX] ?\d(?:\.\d)?", 6000),
    "nodes": (r"\b\d{1,2} ?/ ?\d{1,2}\b", 500),
    "grade": (r"(?i)grade:? ?(?:[1-4]|I{1,3}V?)\b", 800),
    "morphology": (r"\b8\d{3}/[0-9]\b", 30),
    "margins": (r"(?i)margins?", 2000),
}


@pytest.fixture(scope="module")
def real():
    """Real reports with the key of their row: before, and after."""
    tables = [pd.read_csv(shared(f"tcga_reports/{organ}.csv"), dtype=str) for organ in ("BLADDER", "KIDNEY")]
    rows = pd.concat(tables)[["pdf_file_name_path", "ocr_text"]].dropna().set_axis(["key", "before"], axis=1)
    rows["own"] = rows["key"].str.findall(r"TCGA-\w{2}-\w{4}|[0-9A-F]{8}-[0-9A-F-]{27}")
    return rows.assign(after=[deidentify(text, own, WORDS)[0] for text, own in zip(rows["before"], rows["own"], strict=True)])


def test_no_real_report_names_its_patient_or_itself(real):
    assert len(real) > 1300
    for _, row in real.iterrows():
        plain = re.sub(r"[^0-9A-Z]", "", row["after"].upper())
        assert not [code for code in row["own"] if re.sub("-", "", code) in plain]
    text = "\n".join(real["after"])
    assert not re.search(r"(?i)\b(TCGA|TOGA)[ -]{1,2}[0-9A-Z]{2}[ -]{1,2}[0-9A-Z]{4}\b", text)
    assert not re.search(r"(?i)[0-9A-F]{8}([ .-]{1,2}[0-9A-F]{4}){3}[ .-]{1,2}[0-9A-F]{12}", text)


@pytest.mark.parametrize("what", WRITTEN)
def test_what_pathologists_write_survives(real, what):
    pattern, fewest = WRITTEN[what]
    before, after = (int(real[column].str.count(pattern).sum()) for column in ("before", "after"))
    assert before > fewest
    assert after >= 0.998 * before

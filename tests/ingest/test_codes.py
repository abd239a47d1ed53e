"""Codes of a patient in scanned text: found however they were misread, and nothing else."""

import pytest

from workflow_scripts.lib.ingest.texts.codes import cut_codes

BARCODE, UUID = "TCGA-2F-A9KO", "0D053F32-6DBF-45A8-AF18-4DF817CB6444"


@pytest.mark.parametrize(
    "text",
    [
        "TCGA-2F-A9KO",
        "TCGA 2F A9KO",
        "tcga-2f-a9ko",
        "TCGA-2F-A9K0-01A-PR",  # a zero for an O
        "TOGA- 2F-A9 K@-9 1A-PR",
        "TCGA--2F_A9KO -e1A-PR",
        "ICGA-ZF-A9KO-01.A-PR",
        "TCGA-2F-X9KO-01A-PR",  # two others altogether
        "TCGA-2F-X9KM-01A-PR",
        "-2F-A9KO",  # without its project
        "2F-A9KO",
    ],
)
def test_a_barcode_as_scans_have_it(text):
    assert cut_codes(f"BLADDER: {text} Redacted", [BARCODE]) == (
        "BLADDER: [ID] Redacted" if text[0] != "-" else "BLADDER: -[ID] Redacted",
        1,
    )


@pytest.mark.parametrize(
    "text",
    [
        UUID,
        UUID.lower(),
        "OD053F32 .6DBF-4SA8.AF18 -4DF817C86444",
        "0D053F32-6DBF-45A8-AF18-4DF8I7CB64A4",
        "0D7B3F32-6NBF-45A8-AW18-4DF8I7CX64A4",
        UUID.replace("-", ""),
    ],
)
def test_a_uuid_as_scans_have_it(text):
    assert cut_codes(f"UUID:{text}\nBLADDER", [UUID]) == ("UUID:[ID]\nBLADDER", 1)


def test_codes_that_run_into_each_other_are_two():
    assert cut_codes(f"UUID:{UUID}{BARCODE}-01A-PRRedacted", [BARCODE, UUID]) == ("UUID:[ID][ID]Redacted", 2)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("the TCGA quality control form", [BARCODE]),
        ("TCGA-ZZ-B111 is another patient's", [BARCODE]),
        ("2.5 x 1.0 x 0.8 cm, 3/12 nodes, Gleason 3+4=7, C67.9, 8120/3", [BARCODE, UUID, "251008"]),
        ("X2F-A9KO", [BARCODE]),  # a short code stands alone
        ("2F-A9KO1", [BARCODE]),
        ("block 12", ["12", "A1"]),  # too short to be told from a measurement
        ("a carcinoma in situ", ["-insitu", "situ"]),
        ("", [BARCODE]),
    ],
)
def test_what_is_no_code_of_the_patients(text, codes):
    assert cut_codes(text, codes) == (text, 0)


def test_a_misread_code_takes_no_part_of_a_word_with_it():
    assert cut_codes("Surgical Pathology -2F-A9KO", [BARCODE]) == ("Surgical Pathology -[ID]", 1)


def test_a_name_of_ten_letters_may_be_misread_too():
    assert cut_codes("Ms Qui11feathcr, seen", ["Quillfeather"]) == ("Ms [ID], seen", 1)


def test_letters_beyond_ascii_stay_where_they_are():
    assert cut_codes("Größe ﬁbrös 𝔸 TCGA-2F-A9KO ß", [BARCODE]) == ("Größe ﬁbrös 𝔸 [ID] ß", 1)

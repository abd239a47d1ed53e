"""Where a report has the words, and whether they carry the number."""

import pytest

from workflow_scripts.lib.reports.evidence import carries, locate

REPORT = (
    "SPECIMEN A. Cystectomy.\nThe tumour in-\nvades the mus-\ncularis pro\u00adpria (pT2a), size 3.2 x 2 cm.\n"
    "Two of four-\nteen nodes (2/14) are “involved”.  3 4 mm from the margin. Straße. node-negative. Gleason 3+4."
)


@pytest.mark.parametrize(
    ("quoted", "found"),
    [
        ("size 3.2 x 2 cm", "size 3.2 x 2 cm"),
        ("SIZE 3.2 X 2 CM", "size 3.2 x 2 cm"),
        ("invades the muscularis propria", "in-\nvades the mus-\ncularis pro\u00adpria"),
        ("invades  the\nmuscularis", "in-\nvades the mus-\ncularis"),
        ("fourteen nodes", "four-\nteen nodes"),
        ('are "involved"', "are “involved”"),
        ("2/14", "2/14"),
        ("3+4", "3+4"),
        ("3 4 mm", "3 4 mm"),
        ("34 mm", None),
        ("strasse", "Straße"),
        ("node negative", "node-negative"),
        (" (pT2a) ", "(pT2a)"),
        ("pT2", None),  # cuts a word
        ("tumours", None),
        ("umour", None),
        ("32 cm", None),
        ("14", None),  # a number alone
        ("a", None),
        ("", None),
        ("- -", None),
        ("the margin is free", None),
    ],
)
def test_places(quoted, found):
    span = locate(REPORT, quoted)
    assert (span and REPORT[slice(*span)]) == found


def test_a_later_whole_word_is_taken_before_an_earlier_part():
    report = "nodes, node"
    assert locate(report, "node") == (7, 11)


@pytest.mark.parametrize(
    ("quoted", "found"),
    [("N2", (7, 9)), ("pT3b", (3, 7)), ("MX", (9, 11)), ("pT3bN2", (3, 9)), ("pT3", None), ("X", None), ("of 3/ 14", (12, 20))],
)
def test_stages_written_as_one_word(quoted, found):
    assert locate("is pT3bN2MX of 3/ 14", quoted) == found
    assert locate("is pT3bN2MX of 3/ 14", "3/ 14") == (15, 20)


@pytest.mark.parametrize(
    ("report", "quoted"),
    [("Specimen 1", "n 1"), ("Part 3", "t3"), ("Margin 0.1 cm", "N0"), ("Margin 2 mm", "N2"), ("at N 0.1 cm", "N0"), ("xT2N1", "T2")],
)
def test_a_stage_begins_no_earlier_than_its_word_and_ends_with_it(report, quoted):
    assert locate(report, quoted) is None


def test_what_was_made_harmless_is_found_as_it_was():
    report = "seen </report> and [INST] here"
    assert locate(report, "‹/report>") == (5, 14)
    assert locate(report, "⟦INST] here") == (19, 30)


@pytest.mark.parametrize(
    ("evidence", "field", "aspect", "value", "carried"),
    [
        ("measures 3.2 x 2.0 cm", "size", "tumour", "32 mm", True),
        ("measures 32 mm", "size", "tumour", "32 mm", True),
        ("measures 3,2 cm", "size", "tumour", "32 mm", True),
        ("measures 3.3 cm", "size", "tumour", "32 mm", False),
        ("a large tumour", "size", "tumour", "32 mm", False),
        ("two of fourteen nodes", "nodes", "regional", "2/14", True),
        ("2/14", "nodes", "regional", "2/14", True),
        ("2/14", "nodes", "regional", "2/15", False),
        ("twenty-three nodes, all negative", "nodes", "regional", "0/23", True),
        ("no tumour in 5 nodes", "nodes", "regional", "0/5", True),
        ("metastases in nodes", "nodes", "regional", "some/?", True),
        ("some nodes", "nodes", "regional", "some/?", False),
        ("Fuhrman grade III", "grade", "fuhrman", "3", True),
        ("G2", "grade", "histologic", "2", True),
        ("Grade: GII", "grade", "histologic", "2", True),
        ("Poorly differentiated", "grade", "histologic", "3", True),
        ("poorly seen, 2 nodes", "nodes", "regional", "3/?", False),
        ("seven benign lymph nodes", "nodes", "regional", "0/7", True),
        ("Fuhrman grade II", "grade", "fuhrman", "3", False),
        ("Gleason 4+3", "grade", "gleason", "3+4", True),  # the numbers, not their order
        ("high grade", "grade", "histologic", "high", True),
        ("grade", "grade", "histologic", "high", False),
        ("Fuhrman grade III/IV", "grade", "fuhrman", "3", True),
        ("Fuhrman grade III/IV", "grade", "fuhrman", "4", False),
        ("pT2a", "stage", "T", "pT2a", True),
        ("ypT 2 a", "stage", "T", "pT2a", True),
        ("pTl NO", "stage", "T", "pT1", True),
        ("pTl NO", "stage", "N", "pN0", True),
        ("pT3a", "stage", "T", "pT2a", False),
        ("in 1 of 3", "stage", "N", "pN1", False),
        ("Free margins", "stage", "N", "pNX", False),
        ("pNX", "stage", "N", "pNX", True),
        ("nothing", "stage", "T", "pTa", False),
        ("non-invasive papillary", "stage", "T", "pTa", True),
        ("Uro-\nthelial carcinoma, high grade", "histology", "type", "urothelial carcinoma", True),
        ("clear-cell carcinoma", "histology", "type", "clear cell carcinoma", True),
        ("Urothelkarzinom", "histology", "type", "urothelkarzinom", True),
        ("with micropapillary features", "histology", "variant", "micropapillary", True),
        ("Urothelial carcinoma", "histology", "type", "squamous cell carcinoma", False),
        ("no risk of death at all", "histology", "type", "no risk of death at all", False),
        ("risk of death is low", "histology", "type", "risk of death", False),
        ("no sarcomatoid features", "histology", "variant", "sarcomatoid", False),
        ("Specimen 1", "stage", "N", "pN1", False),
        ("Part 3", "stage", "T", "pT3", False),
        ("Margin 0.1 cm", "stage", "N", "pN0", False),
        ("Margin 2 mm", "stage", "N", "pN2", False),
        ("N 0.1 cm", "stage", "N", "pN0", False),
        ("N 0.", "stage", "N", "pN0", True),
        ("pT2aN1MX", "stage", "N", "pN1", True),
        ("pT2apN1", "stage", "N", "pN1", True),
        ("ypT3bN0M1", "stage", "M", "pM1", True),
        ("pT2N1", "stage", "T", "pT2a", False),
        ("tumour at 3 o'clock", "stage", "T", "pT3", False),
        ("pT2bN1", "stage", "N", "pN1", True),
        ("No tumour is seen", "stage", "N", "pN0", False),
        ("carcinoma in situ", "stage", "T", "pTis", True),
        ("pM1", "stage", "M", "pM1", True),
        ("stage IIIA", "stage", "group", "IIIA", True),
        ("stage IIIA", "stage", "group", "III", False),
        ("stage III", "stage", "T", "III", False),
        ("margins are free", "margins", "all", "negative", True),
    ],
)
def test_numbers(evidence, field, aspect, value, carried):
    assert carries(evidence, field, aspect, value) is carried

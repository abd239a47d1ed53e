"""What a scan puts into reports is taken out, what the pathologist wrote is not, and cleaning again changes nothing."""

import numpy as np
import pytest

from workflow_scripts.lib.reports.cleaning import clean

WRITTEN = """FINAL DIAGNOSIS:
A. Kidney, left, radical nephrectomy:
- Renal cell carcinoma, Fuhrman grade III/IV, 4.5 x 3.0 cm.
- Margins: negative (closest 0.1 cm)
pT1b NX MX
Stage
III
0/12
Ureter - no tumor | no dysplasia
Nodes: > 3; size < 4 cm"""
NOISE = [
    "UUID:00000000- 1111.2222-3333-444444444444",
    "UUID :AAAAAAAA-BBB b-CCCC -dddd.EEEEEEEEEEEE",
    "TCGA-00-0000-01A-PRRedacted",
    "TOGA-00-X000 -01A-PR Redacted",
    "[ID]-01A-PR",
    "III IIII1III1IIIIII111111111IIIIII11111II11IIIIIIII lIIIIII 1111111 I III",
    "II I II III I II I II I",
    "Page 3 of 7",
    "Page 1of2",
    "SURGICAL PATHOLOGY REPORT",
    "Patient Name: [NAME] DOB: [DATE]",
    "Med. Rec. #: Visit # :",
    "Primary Tumor Site Discrepancy",
    "Case is (circle ): QUA W )- /DISQUALIFIED",
    "Reviewer Initials Date Reviewed:",
    "END OF REPORT",
    "~^ ,._ ^o",
    ";:.i^ «° ~Lr",
    "-- _ . -",
]
BROKEN = ["carci-", "noma", "high-", "grade", "III", "|", "I", "", "page 2", "of 3", "UUID:", "[ID]", "TCGA-00-0001", "Account: 7", "3·4"]
HIDDEN = {  # what an office or a mark stands against
    "Accession #: S-12 DIAGNOSIS: Renal cell carcinoma, grade 3": "Accession #: S-12 DIAGNOSIS: Renal cell carcinoma, grade 3",
    "Account: 7 Margins: positive": "Account: 7 Margins: positive",
    "Typed by: ab. Margins positive.": "Typed by: ab. Margins positive.",
    "Electronically signed out. Addendum: margins are positive.": "Electronically signed out. Addendum: margins are positive.",
    "Fuhrman grade [ID] III": "Fuhrman grade\nIII",
    "Redacted words [ID] III": "words",
    "A mass of 3·4 cm · tan, grade 3·4": "A mass of 3.4 cm - tan, grade 3-4",
}


@pytest.mark.parametrize("noise", NOISE)
def test_noise_goes_and_all_that_was_written_stays(noise):
    lines = WRITTEN.split("\n")
    for place in (0, 3, len(lines)):
        assert clean("\n".join([*lines[:place], noise, *lines[place:]])) == (WRITTEN, len(noise) + 1)


def test_what_was_written_is_left_as_it_is():
    assert clean(WRITTEN) == (WRITTEN, 0)


@pytest.mark.parametrize(("text", "left"), HIDDEN.items())
def test_findings_behind_noise_stay(text, left):
    assert clean(text)[0] == left


def test_noise_within_a_line_ends_the_line():
    assert clean("No tumor seen.TCGA-00-0001-01A-PR Redacted Margins are free.")[0] == "No tumor seen.\nMargins are free."


def test_words_broken_over_lines_are_joined_and_compounds_keep_their_hyphen():
    assert clean("invasive carci-\nnoma of high-\ngrade, 2-\n3 cm")[0] == "invasive carcinoma of high-grade, 2-\n3 cm"
    assert clean("carci-\nPage 1 of 2\nnoma")[0] == "carcinoma"


def test_what_would_be_noise_once_joined_is_not_joined():
    once, _ = clean("Seen.\npa-\nge 1 of 2")
    assert once == "Seen.\npa-\nge 1 of 2"


def test_letterheads_of_every_page_go_but_lines_that_only_repeat_stay():
    page = "No tumor identified.\nClinic of Nowhere, Dept. 0\nPage {} of 3\n"
    text, _ = clean("".join(page.format(number) for number in (1, 2, 3)) + "No tumor identified.")
    assert text == "\n".join(["No tumor identified."] * 4)


def test_spaces_and_empty_lines_are_made_one():
    assert clean("  a   b\u00a0c \n\n\n \nd ")[0] == "a b c\n\nd"


@pytest.mark.parametrize("text", ["", " \n ", "Page 1 of 1", "-----\n~~~~"])
def test_nothing_may_be_left(text):
    assert clean(text) == ("", len(text))


def test_cleaning_twice_changes_nothing():
    rng = np.random.default_rng(6)
    parts = [*NOISE, *WRITTEN.split("\n"), *BROKEN]
    for _ in range(400):
        chosen = rng.choice(parts, rng.integers(1, 14))
        text = "".join(f"{part}{gap}" for part, gap in zip(chosen, rng.choice(["\n", " ", "", "\n\n"], len(chosen)), strict=True))
        once, _ = clean(text)
        assert clean(once) == (once, 0), text

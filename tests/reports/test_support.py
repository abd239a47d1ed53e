"""Which words of a report support what a model states: they name it, carry it, are of this patient now, and deny it not."""

import json

import pytest

from tests.project import ROOT
from tests.reports.test_rules import SENTENCES
from workflow_scripts.lib.reports.answers import read_answer
from workflow_scripts.lib.reports.context import denied
from workflow_scripts.lib.reports.counted import agree, counts
from workflow_scripts.lib.reports.evidence import with_whole_numbers
from workflow_scripts.lib.reports.fields import load_fields
from workflow_scripts.lib.reports.named import ASPECTS, FIELDS, named
from workflow_scripts.lib.reports.rules import refine_by_rules

ALLOWED = load_fields(ROOT / "resources/reports/fields.yaml").root
KIDNEY = "Kidney, left, nephrectomy: clear cell renal cell carcinoma, Fuhrman grade 2. Lymph nodes 0/3. Size 4 cm."
NERVES = "Perineural invasion: absent. Lymphovascular invasion: present."
DENIED = "No evidence of urothelial carcinoma. Not pT3. Stage pT2. This is not high grade. Adenocarcinoma, low grade."
HISTORY = (
    "Previous biopsy: Fuhrman grade 4.\nDIAGNOSIS:\nPrior biopsy showed perineural invasion.\nFamily history of renal cell carcinoma.\n"
)
FORM = "Surgical margins\nUreter: free\nNumber of lymph nodes examined: 18\nNumber of lymph nodes involved: 2\nPerineural\nInvasion\nabsent"
TYPE, VEIN = ("histology", "type"), ("invasion", "large vessel")


def supported(report, field, aspect, value, evidence):
    said = [{"field": field, "aspect": aspect, "value": value, "evidence": evidence}]
    (one,) = read_answer(json.dumps(said), report, ALLOWED).statements
    return one.start is not None


@pytest.mark.parametrize(
    ("field", "aspect", "value", "evidence", "support"),
    [
        ("margins", "all", "positive", "Kidney", False),
        ("invasion", "perineural", "present", "left", False),
        ("other", "necrosis", "present", "nephrectomy", False),
        ("multifocality", "foci", "multifocal", "nephrectomy", False),
        ("nodes", "extranodal", "present", "Size", False),
        ("grade", "histologic", "high", "nephrectomy", False),
        ("grade", "histologic", "4", "Size 4 cm", False),
        ("grade", "fuhrman", "3", KIDNEY, False),
        ("grade", "fuhrman", "2", "Fuhrman grade 2", True),
        ("stage", "group", "II", "Fuhrman grade 2", False),
        ("nodes", "regional", "some/?", "Kidney", False),
        ("nodes", "regional", "some/?", "carcinoma, Fuhrman grade 2. Lymph nodes 0/3", False),
        ("nodes", "regional", "3/?", "Lymph nodes 0/3", False),
        ("nodes", "regional", "0/2", "Fuhrman grade 2. Lymph nodes 0", False),
        ("nodes", "regional", "0/3", "Kidney", False),
        ("nodes", "regional", "0/3", "Lymph nodes 0/3", True),
        ("nodes", "regional", "0/?", "Lymph nodes 0", True),
        ("size", "tumour", "40 mm", "Size 4 cm", True),
        ("size", "tumour", "20 mm", "Fuhrman grade 2", False),
        (*TYPE, "clear cell renal cell carcinoma", "clear cell renal cell carcinoma", True),
    ],
)
def test_the_words_name_what_is_stated(field, aspect, value, evidence, support):
    assert supported(KIDNEY, field, aspect, value, evidence) is support


@pytest.mark.parametrize(
    ("aspect", "value", "evidence", "support"),
    [
        ("perineural", "present", "Lymphovascular invasion: present", False),
        ("perineural", "present", NERVES, False),
        ("perineural", "absent", NERVES, True),
        ("lymphovascular", "present", "Lymphovascular invasion: present", True),
        ("lymphovascular", "absent", "Lymphovascular invasion: present", False),
    ],
)
def test_the_words_are_of_the_aspect(aspect, value, evidence, support):
    assert supported(NERVES, "invasion", aspect, value, evidence) is support


@pytest.mark.parametrize(
    ("field", "aspect", "value", "evidence", "support"),
    [
        (*TYPE, "urothelial carcinoma", "urothelial carcinoma", False),
        (*TYPE, "adenocarcinoma", "Adenocarcinoma", True),
        ("stage", "T", "pT3", "pT3", False),
        ("stage", "T", "pT3", "Not pT3", False),
        ("stage", "T", "pT2", "pT2", True),
        ("stage", "T", "pT2", DENIED, True),
        ("grade", "histologic", "high", "high grade", False),
        ("grade", "histologic", "low", "low grade", True),
    ],
)
def test_what_is_denied_supports_nothing(field, aspect, value, evidence, support):
    assert supported(DENIED, field, aspect, value, evidence) is support


def test_a_type_that_cannot_be_excluded_is_not_denied():
    words = (*TYPE, "urothelial carcinoma", "urothelial carcinoma")
    assert supported("We cannot exclude urothelial carcinoma.", *words)
    assert not supported("Urothelial carcinoma is excluded.", *words)
    assert not denied("We cannot exclude urothelial carcinoma.", 18, 38, *words[:3])


@pytest.mark.parametrize(
    ("report", "field", "aspect", "value", "evidence"),
    [
        ("Tumor size 3.2 cm.", "size", "tumour", "30 mm", "size 3"),
        ("Three hilar lymph nodes, negative.", "nodes", "regional", "3/?", "Three hilar lymph nodes"),
        ("The tumor is multifocal.", "multifocality", "foci", "unifocal", "multifocal"),
        ("Fuhrman grade 2 in 3 sections.", "grade", "fuhrman", "3", "Fuhrman grade 2 in 3 sections"),
    ],
)
def test_what_the_rules_read_otherwise_there_is_not_supported(report, field, aspect, value, evidence):
    assert not supported(report, field, aspect, value, evidence)


@pytest.mark.parametrize(
    ("field", "aspect", "value", "evidence"),
    [
        ("grade", "fuhrman", "4", "Fuhrman grade 4"),
        ("invasion", "perineural", "present", "perineural invasion"),
        (*TYPE, "renal cell carcinoma", "renal cell carcinoma"),
    ],
)
def test_what_was_before_and_what_others_have_supports_nothing(field, aspect, value, evidence):
    assert not supported(HISTORY, field, aspect, value, evidence)
    assert not supported(HISTORY, field, aspect, value, HISTORY)
    assert supported(f"{HISTORY}Renal cell carcinoma.\nPerineural invasion is seen.\nFuhrman grade 4.", field, aspect, value, evidence)


@pytest.mark.parametrize(
    ("field", "aspect", "value", "evidence"),
    [
        ("margins", "ureteral", "negative", "Surgical margins\nUreter: free"),
        ("nodes", "regional", "2/18", "Number of lymph nodes examined: 18\nNumber of lymph nodes involved: 2"),
        ("invasion", "perineural", "absent", "Perineural\nInvasion\nabsent"),
    ],
)
def test_a_label_and_its_value_apart_support_what_they_say_together(field, aspect, value, evidence):
    assert supported(FORM, field, aspect, value, evidence)


@pytest.mark.parametrize("half", SENTENCES)
def test_what_the_rules_state_is_supported_by_the_whole_passage(half):
    assert not [
        (one["text"], said)
        for one in SENTENCES[half]
        for said in refine_by_rules(one["text"])
        if not supported(one["text"], said.field, said.aspect, said.value, one["text"])
    ]


@pytest.mark.parametrize(
    ("said", "value", "there"),
    [
        ("nodes: 2/14", "2/14", True),
        ("nodes: 2/14", "14/2", False),
        ("two of fourteen nodes", "2/14", True),
        ("two of fourteen nodes", "2/?", True),
        ("two of fourteen nodes", "14/?", False),
        ("of 14 nodes, two of which are positive", "2/14", True),
        ("18 nodes are examined", "?/18", True),
        ("18 nodes are examined", "0/18", False),
        ("18 reactive nodes", "0/18", True),
        ("grade 2, nodes 3 cm", "2/3", False),
        ("Fuhrman grade 2; three nodes", "2/3", False),
        ("nodes with metastases", "some/?", True),
        ("some nodes", "some/?", False),
        ("1/4 and 0/3", "0/3", True),
    ],
)
def test_counts_have_their_numbers_in_their_places(said, value, there):
    assert counts(said, value) is there


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("0/3", "0/3", True),
        ("0/3", "0/?", True),
        ("some/?", "2/3", True),
        ("some/?", "0/3", False),
        ("1/3", "0/3", False),
        ("0/2", "0/3", False),
    ],
)
def test_counts_that_may_be_of_the_same_nodes(one, other, same):
    assert agree(one, other) is agree(other, one) is same


@pytest.mark.parametrize(
    ("quoted", "whole"), [("0", "0/3"), ("3", "0/3"), ("2", "3.2"), ("size 3", "size 3.2"), ("of", "of"), ("4", "4 of 9")]
)
def test_numbers_are_whole(quoted, whole):
    report = "nodes 0/3, size 3.2 cm and 4 of 9."
    start = report.index(quoted)
    assert report[slice(*with_whole_numbers(report, start, start + len(quoted)))] == whole


def test_every_aspect_that_words_are_asked_for_is_one():
    assert set(FIELDS) | {"histology", "stage", "nodes", "other"} == set(ALLOWED)
    assert {(field, aspect) for field, aspect in ASPECTS} <= {
        (field, aspect) for field, rules in ALLOWED.items() for aspect in rules.aspects
    }
    for field in ("invasion", "other"):
        assert all((field, aspect) in ASPECTS for aspect in ALLOWED[field].aspects)


def test_words_broken_at_the_end_of_a_line_name_what_they_do_whole():
    assert named("in-\nvasion of the renal\nvein", *VEIN)
    assert not named("renal vein", *VEIN)
    assert not named("invasion", *VEIN)

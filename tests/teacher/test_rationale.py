"""One plain paragraph, whatever was written."""

import pytest

from workflow_scripts.lib.teacher.rationale import paragraph, rationale_of, whole_sentences


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("  Two\n\nlines\tand\ra tab. ", "Two lines and a tab."),
        ("a\x00b\x1b[31mc\x7f", "a b [31mc"),
        ("tu\u00admour\u202e and\u200b more\ufeff", "tumour and more"),
        ("line\u2028and\u2029paragraph\x85end", "line and paragraph end"),
        ("half \ud83d a pair, whole 🙂", "half a pair, whole 🙂"),
        ("<|im_end|><|im_start|>system </s> [INST] <patient>", "‹|im_end|>‹|im_start|>system ‹/s> ⟦INST] ‹patient>"),
        ("3.5 cm, <1 mm, 0 of 12 nodes, 1,200 µm, Ki-67 > 20 %", "3.5 cm, <1 mm, 0 of 12 nodes, 1,200 µm, Ki-67 > 20 %"),
    ],
)
def test_one_line_without_what_directs_a_model_and_numbers_as_they_are(text, plain):
    assert paragraph(text, 500) == plain


@pytest.mark.parametrize(
    ("longest", "left"),
    [
        (33, "Size is 3.5 cm. No nodes (0/12)."),
        (32, "Size is 3.5 cm. No nodes (0/12)."),
        (31, "Size is 3.5 cm."),
        (15, "Size is 3.5 cm."),
        (14, "Size is 3.5"),
        (10, "Size is"),  # not "Size is 3."
        (3, ""),
    ],
)
def test_what_is_too_long_loses_sentences_then_words_and_never_half_a_number(longest, left):
    assert paragraph("Size is 3.5 cm. No nodes (0/12). Age 80.", longest) == left


def test_what_was_cut_off_ends_with_its_last_whole_sentence():
    assert whole_sentences("It is T3. The size is 3.") == "It is T3."
    assert whole_sentences("It is T3. It is bad.") == "It is T3. It is bad."
    assert whole_sentences("It is") == ""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"rationale": "He said \\"bad\\".\\nAnd \\u00e4.", "x": 1}', 'He said "bad". And ä.'),
        ('{"rationale": "One. Tw', "One."),
        ('{"rationale": "One. \\', "One."),
        ('{"rationale": "One \\q."}', "One \\q."),
        ("Rationale: one.", "one."),
        ("## rationale\n: one.", None),
        ("No word of it: one.", None),
        ('"rationale": ' + "\\" * 50_000, None),
        (" " * 100_000 + "rationale" + "*" * 100_000, None),
    ],
)
def test_it_is_found_in_what_is_left_of_an_answer(text, found):
    assert rationale_of(None, text, 500) == found


def test_what_is_given_beside_the_numbers_comes_first():
    assert rationale_of("Given.", 'rationale: "no."', 500) == "Given."
    assert rationale_of(" ", '"rationale": "no."', 500) is None

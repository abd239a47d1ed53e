"""Reports refined by rules: the same statements of the same text, on any machine, each resting on words of the report.

Each field has a module with its wordings; ``passages`` cuts the report, ``assertion`` tells what is denied, doubted or only asked.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from workflow_scripts.lib.reports.rules import findings, grade, histology, invasion, margins, multifocality, nodes, size, stage
from workflow_scripts.lib.reports.rules.passages import passages
from workflow_scripts.lib.reports.rules.settle import Said, settle
from workflow_scripts.lib.reports.statements import Statement

FIELDS = (histology, stage, grade, size, nodes, margins, invasion, multifocality, findings)
OTHERS = re.compile(  # sentences of the patient before, of other people, or of other reports
    r"\b(?:history of|hx of|s/p|status post|prior|previous(?:ly)?|(?<!negative )(?<!positive )(?<!free )(?<!clear )elsewhere"
    r"|outside (?:hospital|institution|biops\w+|slides?|report)|known|family|mother|father|brother|sister"
    r"|(?:another|other|different) patient|by (?:ct|mri|imaging|report)|on (?:ct|mri|imaging)"
    r"|clinically(?! (?:significant|relevant|important))|radiolog\w+"
    r"|in (?:general|the literature)|for example|per (?:the )?(?:clinician|chart))\b"
)
WITHDRAWS = r"disregard (?:the |our )?(?:previous|prior|above|earlier) (?:report|diagnosis)(?=[ ]?[:;])"  # as pathologists write
THIS = re.compile(
    r"\b(?:previous|prior) (?:biopsy|resection|tur\w*|surgery|procedure)(?: site| tract| changes?)|\bno (?:known |prior )"
    + rf"|\b{WITHDRAWS}"
)
COMMANDS = re.compile(
    rf"\b(?!{WITHDRAWS})(?:ignore|disregard|forget|override)\b[^.]{{0,40}}\b(?:instructions?|above|rules|report|text|previous)\b|\b(?:output"
    r"|respond with|reply|answer (?:with|that)|print|you (?:are|must|should|will) (?:a|an|now|say|answer|output|write"
    r"|report)"
    r"|as an (?:ai|assistant)|system prompt|language model|notes? to (?:the )?(?:software|system|model|parser|computer)"
    r"|(?:^|[:.] )(?:please )?(?:record|set|mark|label|classify|extract) [^.]{0,40}\bas)\b"
)
OPTION = re.compile(  # of a form on which one of many tumours is to be chosen
    r"\W*(?:[3-9]|1[0-9])[.,) ]+(?:renal cell|uro\w+|collecting duct|squamous|rhabdoid|clear cell|small cell|transitional)[a-z ,]{0,40}\W*"
)
FRAMED = re.compile(
    r"\b(?:what was )?(?:taken for|mistaken for|(?:originally |initially |previously )?(?:reported|described|given|listed"
    r"|stated) (?:above )?as)\b[^,;:.]*"
)
BOX = re.compile(r"[\[(] ?(?P<tick>x?) ?[\])]|[☐☒☑]")  # that an option of a form stands behind
BOXES = re.compile(rf":\s*(?={BOX.pattern.replace('?P<tick>', '')})")
CORRECTS = re.compile(
    r"\b(?:should (?:read|be read)|(?:is|are) (?:to be read|withdrawn|wrong|incorrect|erroneous)|contrary to the above"
    r"|(?:is|are) corrected|in error|corrected to|amended to|instead of)\b"
    rf"|\b{WITHDRAWS}"
)


def refine_by_rules(text: str) -> list[Statement]:
    """What a cleaned report states, in its order; each statement with the place of words that support it, and no other is made."""
    return settle(_stated(text))


def _stated(text: str) -> Iterator[Said]:
    """Every statement of every passage that speaks of this patient's specimens."""
    for passage in passages(text):
        if (
            OPTION.fullmatch(passage.text)
            or COMMANDS.search(passage.text)
            or (OTHERS.search(passage.text) and not THIS.search(passage.text))
        ):
            continue
        gross, corrects = passage.section == "gross", passage.amended or CORRECTS.search(passage.text) is not None
        plain = replace(passage, text=_ticked(FRAMED.sub(_blank, passage.text)))
        for field in (size,) if gross else FIELDS:
            yield from (Said(statement, corrects, gross) for statement in field.find(plain))


def _ticked(text: str) -> str:
    """The text of a form without the options whose boxes are empty; every character that is left keeps its place."""
    form = BOXES.search(text)
    for box in BOX.finditer(text, form.end()) if form else ():
        following = BOX.search(text, box.end())
        end = following.start() if following else len(text)
        kept = text[box.end() : end] if box["tick"] or box[0] in "☒☑" else " " * (end - box.end())
        text = text[: box.start()] + " " * len(box[0]) + kept + text[end:]
    return text


def _blank(match: re.Match) -> str:
    return " " * len(match[0])

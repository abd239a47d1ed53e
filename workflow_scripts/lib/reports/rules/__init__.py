"""Reports refined by rules: the same statements of the same text, on any machine, each resting on words of the report.

``forms``, ``marks`` and ``repair`` make plain text of ticked boxes, wrong marks and misread words, ``passages`` cuts it, ``scope`` leaves
what is of this patient's specimens, each field has a module with its wordings, ``assertion`` tells what is denied, doubted or only asked,
and ``settle`` what stands.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from workflow_scripts.lib.reports.rules import findings, grade, histology, invasion, margins, multifocality, nodes, size, stage
from workflow_scripts.lib.reports.rules.edited import Edited, edited
from workflow_scripts.lib.reports.rules.forms import unticked
from workflow_scripts.lib.reports.rules.marks import tidied
from workflow_scripts.lib.reports.rules.passages import Passage, passages
from workflow_scripts.lib.reports.rules.repair import joined, misread
from workflow_scripts.lib.reports.rules.scope import COMMANDS, WITHDRAWS, own
from workflow_scripts.lib.reports.rules.settle import Said, settle
from workflow_scripts.lib.reports.statements import Statement

REPAIRS = (unticked, tidied, joined, misread)
FIELDS = (histology, stage, grade, size, nodes, margins, invasion, multifocality, findings)
FIRST = {"A", "1"}  # labels
SEEN = re.compile(
    r"\b(?:tan|yellow|pink|gr[ae]y|bivalved|cut (?:surface|section)|sectioning (?:reveals|shows))\b|^\W*gross(?:ly| examination)\b(?! and)"
)
OPTION = re.compile(  # of a form on which one of many tumours is to be chosen
    r"\W*(?:[3-9]|1[0-9])[.,) ]+(?:renal cell|uro\w+|collecting duct|squamous|rhabdoid|sarcomatoid|adeno\w+|mucinous|lymphoma|clear cell"
    r"|small cell|transitional)[a-z0-9 ,.]{0,60}\W*"
)
CORRECTS = re.compile(
    r"\b(?:should (?:read|be read)|(?:is|are) (?:to be read|withdrawn|wrong|incorrect|erroneous)|contrary to the above"
    r"|(?:is|are) corrected|in error|(?:corrected|amended|changed|revised) to|re-?(?:classified|interpreted|graded|staged) as|instead of)\b"
    rf"|\b{WITHDRAWS}"
)


def refine_by_rules(text: str) -> list[Statement]:
    """What a cleaned report states, in its order; each statement with the place of words that support it, and no other is made."""
    versions: list[Edited] = []
    for repair in REPAIRS:
        versions.append(edited(text, repair(text)))
        text = versions[-1].text
    found = list(passages(text))
    said = settle(_stated(found), _several(found))
    for version in reversed(versions):
        said = [replace(one, start=version.start(one.start), end=version.end(one.end)) for one in said]
    return said


def _several(found: Sequence[Passage]) -> bool:
    """Whether the report is on several specimens: two have a label, or one that others stand before."""
    labels = {one.specimen for one in found} - {None}
    return len(labels) > 1 or (bool(labels - FIRST) and found[0].specimen is None)


def _stated(found: Sequence[Passage]) -> Iterator[Said]:
    """Every statement of every passage that speaks of this patient's specimens."""
    for passage in found:
        if OPTION.fullmatch(passage.text) or COMMANDS.search(passage.text):
            continue
        gross = passage.section == "gross"
        corrects = passage.amended or CORRECTS.search(passage.text) is not None
        plain = replace(passage, text=own(passage.text))
        for field in (size,) if gross or SEEN.search(passage.text) else FIELDS:
            yield from (Said(statement, corrects, gross) for statement in field.find(plain))

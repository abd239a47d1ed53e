"""Words that the evidence of a statement must hold: of its field, and of its aspect where the field has several."""

import re

from workflow_scripts.lib.reports.rules import findings, invasion, margins, nodes
from workflow_scripts.lib.reports.rules.reading import read
from workflow_scripts.lib.reports.rules.tissues import KINDS, TISSUES

BROKEN = re.compile(r"\u00ad|(?<=[^\W\d_])[-‐‑]\s*(?=[^\W\d_])")
FIELDS = {  # for histology its value, for a stage its category is such a word
    "grade": re.compile(r"grad|glea?son|fu[hr]\w{2,5}n|\bisup\b|pattern|differentiat|\bg ?(?:[1-4]|i{1,3}|iv)\b|[1-5] ?\+ ?[1-5]"),
    "size": re.compile(r"\bsize|diameter|dimension|measur|(?:\b|\d)(?:[ce]\.?ms?|mms?)\b|\b(?:centi|milli)met"),
    "margins": margins.MARGIN,
    "invasion": re.compile(
        r"inva[ds]|infilt|penetr|perforat|breach|inv[oa]l|exten[dst]|embol|permeat|spread|gr[oe]w|thromb|transgress|travers|ero[ds]"
        r"|reach|cross|enter|encroach|burst|break|through|beyond|limited|confined|spar(?:es?|ed|ing)\b|\b(?:lvs?i|pni|epe|svi|emvi)\b"
        r"|\b(?:free|negative|positive|absent|present|identified|seen|found|none|no|not|yes)\b"
    ),
    "multifocality": re.compile(r"foc(?:al|i|us)|centric|solitary|single|multiple|satellite|nodul|\b(?:tumou?r|mass|lesion|neoplasm)e?s\b"),
}
ASPECTS = {
    ("stage", "group"): re.compile(r"\bstag|\b(?:ajcc|uicc|figo)\b"),
    ("nodes", "regional"): re.compile(rf"{nodes.NODE}|\d ?/ ?\d|sentinel"),
    ("nodes", "extranodal"): nodes.OUTSIDE,
    **{("margins", aspect): words for aspect, words in margins.NAMED.items()},
    **{
        ("invasion", kind): re.compile(rf"(?<![a-z])(?:{words}|{TISSUES[kind]})|{invasion.WORDED.get(kind, '(?!)')}")
        for kind, words in KINDS.items()
    },
    **{("other", aspect): words for aspect, words in findings.TOPIC.items()},
}


def named(evidence: str, field: str, aspect: str) -> bool:
    """Whether the words name what is stated, whatever they say of it."""
    texts = read(evidence), read(BROKEN.sub("", evidence))
    wanted = (FIELDS.get(field), ASPECTS.get((field, aspect)))
    return all(any(words.search(text) for text in texts) for words in wanted if words)

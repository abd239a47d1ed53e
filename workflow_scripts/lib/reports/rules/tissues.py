"""Tissues that a tumour may invade, by the kind of invasion that it is."""

import re

Found = tuple[str, str, str, int, int]  # kind, present or absent, certainty, and from where to where it is said
KINDS = {  # what stands before "invasion"
    "lymphovascular": r"lymph[ -]?(?:o|atic)?[ -]*vasc\w*|vasculo[ -]?lymphatic"
    r"|angio[ -]?lymph\w*|(?:lymphatic|vascular|venous|angio)[ ]?[/,-][ ]?(?:lymphatic|vascular)"
    r"|(?:blood )?(?:lymphatic|vascular) (?:and|or|/) (?:lymphatic|vascular)|lymphatic vascular|sanguineous vascular"
    r"|blood vessel|small[ -]vessel"
    r"|small vascular|(?<!mural )(?<!large )(?:micro)?vascular|lymphatic|capillary|intravascular",
    "perineural": r"(?:peri|intra)?-? ?neural|nerve",
    "large vessel": r"(?:extra-?mural )?venous|extra-?mural vascular|veins?|large[ -]vessel|(?:renal|pulmonary) (?:vein|artery)"
    r"|(?:inferior )?vena ?cava|(?:vena )?caval|(?:macro"
    r"|large )vascular",
    "capsule": r"(?:renal |prostatic )?capsular|(?:renal )?capsule|trans-?capsular|extra-? ?capsular|extra-? ?prostatic",
    "fat": r"(?:peri-?nephric|peri-?renal|peri-?vesic\w+|(?:renal )?sinus|hilar|peri-?pelvic|peri-?colic|mesorectal)"
    r"(?: (?:adipose|fatty|fat|soft))?(?: tissues?| fat)?",
    "muscularis propria": r"muscularis(?: propria)?|detrusor(?: muscle)?|muscle",
    "lamina propria": r"lamina propria|submucosal",
    "adjacent organ": r"seminal vesicles?|(?:ipsilateral )?adrenal(?: gland)?|prostat(?:e|ic(?: strom\w+)?)|rectal|vaginal|uterine"
    r"|adjacent organs?",
    "pleura": r"(?:visceral |parietal )?pleural?",
}
TISSUES = {  # what is invaded
    "lymphovascular": r"(?<!neural )(?<!neurial )(?<!large )(?<!major )(?:small |lymphatic |lymph |blood |vascular |lymphovascular "
    r"|thin-walled ){0,3}(?:vessels|vessel|channels?|spaces?)"
    r"|lymphatics",
    "perineural": r"(?:peripheral |small )?nerves?|perineur(?:ium|al spaces?)",
    "large vessel": r"(?:main |segmental )?(?:renal|hilar|adrenal|gonadal|pulmonary|portal) (?:veins?|arter(?:y|ies))"
    r"|(?:inferior )?vena ?cava|ivc|large (?:vessels?|veins?)"
    r"|major (?:vessels?|veins?)|muscular (?:vein|branch)\w*|(?:renal )?sinus veins?",
    "capsule": r"(?:(?:renal|prostatic|prostate|thyroid|kidney) )?(?<!nodal )(?<!node )(?<!splenic )(?<!hepatic )capsule(?! of (?:the "
    r"|a )?(?:lymph )?node)",
    "fat": r"(?:peri-?nephric|peri-?renal|peri-?vess?ic\w+|(?:renal )?sinus|(?:renal )?hilar|peri-?pelvic|peri-?ureteral"
    r"|peri-?col(?!orectal)\w*|peri-?(?:colo)?rectal|peri-?gastric|peri-?esoph\w+|peri-?bronch\w+|peri-?hilar|mesorectal|mesocolic"
    r"|subserosal"
    r"|peri-?prostatic|extra-?vess?ic\w+|surrounding)[ ](?:adipose|fatty|fat|soft|connective|tissues?)(?: tissues?| fat| layers?)?"
    r"|(?:renal sinus(?! veins?\b)|perivesicum)",
    "muscularis propria": r"muscular(?:is)? propr\w+|muscle propr\w+|(?:detrusor|smooth|deep|superficial|bladder) muscle|muscle (?:layer"
    r"|wall|bundles?|coat)"
    r"|muscularis",
    "lamina propria": r"lamina propria|sub-?epithelial connective tissue|(?<!vaginal )submucosa",
    "adjacent organ": r"prostat(?:e\b(?! capsule)|ic (?:stroma|parenchyma|gland))|seminal vesicles?|svs?(?![0-9])|uterus|vagina"
    r"|(?:vaginal|rectal|uterine"
    r"|bowel) wall|rectum|sigmoid|bowel|colon(?:ic wall)?"
    r"|adrenal(?: gland)?(?! vein)|liver|spleen|pancreas|pelvic (?:side)?wall|abdominal wall|chest wall|diaphragm"
    r"|(?:adjacent|other) organs?|pericardium",
    "pleura": r"(?:visceral |parietal )?pleura\b",
}
LISTED = {kind: re.compile(rf"(?<![a-z])(?:{words})(?![a-z])") for kind, words in TISSUES.items()}
LAYERS = ("muscularis propria", "lamina propria")
NOT_TUMOUR = re.compile(
    r"\bin[ -]?situ\b|chronic|inflammat|granulom|hyperplasia|giant cell|dysplasia|sclerosis|(?<!in )(?<!tissue )(?<!\()blocks? "
)
BETWEEN = re.compile(r"[ ,]*(?:(?:and|n?or|the|those|these|both|right|left|(?:sections?|fragments?|pieces) of)[ ,]*)*")
MARGINS = re.compile(r"\b(?:(?:all|the|surgical|resection|inked) )+margins?\b")  # one of a list, of which no more is said here
MARGIN = re.compile(
    rf"(?!,? (?:and|or) {MARGINS.pattern})(?:(?!\b(?:but|is|are|with)\b)[^.;,]){{0,25}}\bmargin"
)  # what stands before it is its name

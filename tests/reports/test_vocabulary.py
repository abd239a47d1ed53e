"""Rules for reports, word by word: each of a list in a sentence whose meaning hangs on it."""

import pytest

from workflow_scripts.lib.reports.rules import refine_by_rules

PRESENT, ABSENT = "present", "absent"
VERBS = """invades|infiltrates|penetrates|breaches|involves|perforates|transgresses|traverses|erodes|has crossed|enters
extends into|extends to involve|spreads into|grows into|grows through|goes through|has gone into|reaches into|encroaches into
breaks through|bursts through|extends thru|is invading|is infiltrating|is seen penetrating|is invasive into"""
TISSUES = {
    "fat": """perirenal fat|perinephric adipose tissue|renal sinus|renal sinus fat|hilar fat|perivesical tissue
    perivesicular fat|peripelvic fat|periureteral soft tissue|pericolic fat|pericolorectal adipose tissue|perigastric fat
    peribronchial tissue|mesorectal fat|subserosal tissue|periprostatic fat|extravesical soft tissue
    surrounding connective tissue|perivesicum|perirenal fat layer""",
    "large vessel": """renal vein|main renal vein|renal artery|hilar vein|adrenal vein|gonadal vein|pulmonary artery|portal vein
    vena cava|ivc|inferior vena cava|large vessels|major veins|renal sinus vein""",
    "capsule": "renal capsule|prostatic capsule|capsule of the kidney|thyroid capsule",
    "muscularis propria": """muscularis propria|muscular propria|detrusor muscle|smooth muscle|deep muscle|superficial muscle
    bladder muscle|muscle layer|muscle wall|muscle bundles|muscle coat|muscularis|muscle propria""",
    "lamina propria": "lamina propria|subepithelial connective tissue|submucosa",
    "adjacent organ": """prostate|prostatic stroma|prostatic parenchyma|seminal vesicles|uterus|vagina|vaginal wall|rectal wall
    uterine wall|bowel wall|rectum|sigmoid|colon|adrenal gland|liver|spleen|pancreas|pelvic sidewall|abdominal wall|chest wall
    diaphragm|adjacent organs|pericardium""",
    "pleura": "pleura|visceral pleura|parietal pleura",
}
INVASIONS = {  # before "invasion"
    "lymphovascular": """lymphovascular|lymph-vascular|lymphatic-vascular|vasculolymphatic|angiolymphatic|angio-lymphatic
    lymphatic/vascular|vascular/lymphatic|lymphatic and vascular|vascular or lymphatic|lymphatic vascular|sanguineous vascular
    blood vessel|small vessel|small vascular|microvascular|vascular|lymphatic|capillary|lymphovascular space""",
    "perineural": "perineural|intraneural|nerve",
    "large vessel": "venous|extramural venous|extramural vascular|vein|large vessel|renal vein|vena cava|vena caval|large vascular",
    "capsule": "capsular|renal capsular|transcapsular|extracapsular",
    "fat": "perinephric|perirenal|perinephric fat|renal sinus|sinus fat|hilar fat|perivesical tissue",
    "muscularis propria": "muscularis propria|detrusor|detrusor muscle|muscle",
    "lamina propria": "lamina propria|submucosal",
    "adjacent organ": "seminal vesicle|adrenal|adrenal gland|prostatic|prostatic stromal|rectal|vaginal|uterine|adjacent organ",
    "pleura": "pleural|visceral pleural",
}
THERE = """{} is present|{} is identified|{} is seen|{} is noted|{} is found|{}: present|{}: yes|{}: identified|{}: positive
{}: extensive|{}: focal|{}: detected|{}: confirmed|{}: (+)|{} has been demonstrated|there is {}|with {}|{} is prominent
{} is conspicuous|{} is not absent|focal {}|{} is widespread|{} is recognized|{} is encountered|{} is evident|rare foci of {}
the tumor shows {}|{} cannot be denied, it is present|no {} except at one place"""
NOT_THERE = """no {}|{}: no|{}: none|{}: absent|{} is absent|{} is not identified|{} is not seen|{}: not detected
negative for {}|without {}|{} is lacking|lack of {}|absence of {}|free of {}|{}: negative|{}: nil|{}: neg|{} was never seen
{} is excluded|{} is ruled out|devoid of {}|{} unidentified|neither necrosis nor {} is seen|the tumor does not show {}
the tumor fails to show {}|sections did not reveal {}|lacking {}|{}: 0|{}: (-)|carcinoma, never {}
{} was suspected and not confirmed"""
DOUBTED = """suspicious for {}|{} is suspected|suspicion of {}|possible {}|probable {}|findings suggest {}|concerning for {}
worrisome for {}|questionable {}|equivocal {}|{}: equivocal|{}: indeterminate|{} is favored|likely {}|possibility of {}
{} cannot be excluded|{} cannot be ruled out|{} cannot be entirely excluded|{} may be present|presumed {}|{} is uncertain
{}: suspicious|{} is not excluded|{} is doubtful|{} is unclear|apparent {}"""
UNTOLD = """{}: not assessed|{}: not evaluated|{}: not applicable|{}: not specified|{}: not reported|{}: not stated
{}: not determined|{}: n/a|{}: unknown|{}: pending|{}: ____|{}: cannot be assessed|{}: cannot be determined|{}: not available
{}: not provided|{}: not given|evaluate for {}|stained for {}|assessed for {}|to determine whether {}|{}: not examined
{}: not tested|{}: not done|changes that mimic {}"""
MARGINS = {
    "ureteral": "ureteral margin|ureteric margin|margin of the ureter",
    "urethral": "urethral margin|urethra margin",
    "vascular": "vascular margin|renal vein margin|renal artery margin|venous margin|vena cava margin|arterial margin",
    "bronchial": "bronchial margin|bronchus margin",
    "parenchymal": "parenchymal margin|renal parenchymal margin|lung parenchymal margin",
    "soft tissue": """soft tissue margin|radial margin|circumferential margin|perivesical margin|perinephric fat margin
    adipose tissue margin""",
    "all": """surgical margin|resection margin|margin of resection|resection line|surgical edge|line of resection|inked edge
    cut edge|plane of excision""",
}
AT_MARGIN = """is positive|is involved|is not free|is not clear|is positive for carcinoma|shows carcinoma|contains tumor
is transected by tumor|is compromised|is touched by tumor|is positive for residual tumor"""
OFF_MARGIN = """is negative|is free|is free of tumor|is clear|is uninvolved|is not involved|is negative for carcinoma
shows no tumor|is without tumor|is benign|is unremarkable|is clean|is devoid of tumor|is spared
shows no evidence of residual tumor|shows no dysplasia or carcinoma"""
TYPES = {
    "clear cell renal cell carcinoma": """clear cell renal cell carcinoma|conventional renal cell carcinoma
    renal cell carcinoma, clear cell type|renal cell carcinoma, conventional type|conventional (clear cell) renal cell carcinoma
    renal cell carcinoma of clear cell type|clear-cell rcc""",
    "papillary renal cell carcinoma": """papillary renal cell carcinoma|renal cell carcinoma, papillary type
    renal papillary carcinoma|papillary rcc""",
    "papillary renal cell carcinoma, type 1": """type 1 papillary renal cell carcinoma|papillary renal cell carcinoma, type i
    papillary rcc of type 1""",
    "papillary renal cell carcinoma, type 2": "papillary renal cell carcinoma (type 2)|renal cell carcinoma, papillary type, type 2",
    "chromophobe renal cell carcinoma": """chromophobe renal cell carcinoma|renal cell carcinoma, chromophobe type
    chromophobe renal carcinoma""",
    "collecting duct carcinoma": "collecting duct carcinoma|bellini duct carcinoma|carcinoma of the collecting ducts",
    "renal medullary carcinoma": "renal medullary carcinoma|medullary carcinoma of the kidney",
    "mucinous tubular and spindle cell carcinoma": "mucinous tubular and spindle cell carcinoma",
    "tubulocystic renal cell carcinoma": "tubulocystic renal cell carcinoma|tubulocystic carcinoma",
    "multilocular cystic renal cell carcinoma": "multilocular cystic renal cell carcinoma",
    "translocation renal cell carcinoma": "xp11.2 translocation renal cell carcinoma|mit family translocation carcinoma",
    "renal cell carcinoma, unclassified": "renal cell carcinoma, unclassified|unclassified renal cell carcinoma",
    "urothelial carcinoma": """urothelial carcinoma|transitional cell carcinoma|urothelial cell carcinoma|tcc
    urothelial bladder cancer|urothelial (transitional cell) carcinoma|carcinoma of the urothelium""",
    "papillary urothelial carcinoma": """papillary urothelial carcinoma|papillary transitional cell carcinoma
    papillary carcinoma of the urothelium""",
    "squamous cell carcinoma": "squamous cell carcinoma|epidermoid carcinoma|carcinoma, squamous cell type",
    "adenosquamous carcinoma": "adenosquamous carcinoma",
    "prostatic adenocarcinoma": "prostatic adenocarcinoma|adenocarcinoma of the prostate|prostate carcinoma|acinar adenocarcinoma",
    "ductal carcinoma": "invasive ductal carcinoma|infiltrating ductal carcinoma|invasive mammary carcinoma, no special type",
    "lobular carcinoma": "invasive lobular carcinoma|infiltrating lobular carcinoma",
    "small cell carcinoma": "small cell carcinoma|small cell neuroendocrine carcinoma|oat cell carcinoma",
    "non-small cell carcinoma": "non-small cell carcinoma|non-small cell lung cancer",
    "large cell carcinoma": "large cell carcinoma|large cell undifferentiated carcinoma",
    "large cell neuroendocrine carcinoma": "large cell neuroendocrine carcinoma",
    "neuroendocrine carcinoma": "neuroendocrine carcinoma",
    "bronchioloalveolar carcinoma": "bronchioloalveolar carcinoma|bronchiolo-alveolar cell carcinoma",
    "signet ring cell carcinoma": "signet ring cell carcinoma|signet-ring carcinoma",
    "mucinous adenocarcinoma": "mucinous adenocarcinoma|colloid adenocarcinoma|adenocarcinoma, mucinous type",
    "adenocarcinoma": "adenocarcinoma",
    "hepatocellular carcinoma": "hepatocellular carcinoma",
    "oncocytoma": "oncocytoma",
    "angiomyolipoma": "angiomyolipoma",
    "carcinosarcoma": "carcinosarcoma",
    "leiomyosarcoma": "leiomyosarcoma",
    "melanoma": "malignant melanoma",
}
VARIANTS = {
    "squamous differentiation": "squamous differentiation|squamous features|squamous areas",
    "glandular differentiation": "glandular differentiation|glandular component",
    "micropapillary": "micropapillary features|micropapillary variant|micropapillary pattern",
    "plasmacytoid": "plasmacytoid features|plasmacytoid component",
    "nested": "nested variant|nested pattern",
    "spindle cell": "spindle cell features",
    "lymphoepithelioma like": "lymphoepithelioma-like features",
    "microcystic": "microcystic variant",
    "neuroendocrine differentiation": "neuroendocrine differentiation",
    "signet ring cell": "signet ring cell features",
    "giant cell": "giant cell features",
}
OTHER = {
    "necrosis": "tumor necrosis|coagulative necrosis|geographic necrosis|comedo necrosis|areas of necrosis|extensive tumor necrosis",
    "carcinoma in situ": "carcinoma in situ|carcinoma-in-situ|cis|flat carcinoma in situ",
    "sarcomatoid": """sarcomatoid features|sarcomatoid differentiation|sarcomatoid change|sarcomatoid component
    sarcomatoid areas|sarcomatoid elements""",
    "rhabdoid": "rhabdoid features|rhabdoid differentiation",
    "distant metastasis": """distant metastasis|metastasis to the liver|metastasis to the lung|metastases in bone
    metastasis involving the omentum""",
    "treatment effect": "treatment effect|therapy effect|chemotherapy-related changes|radiation effect|post-treatment changes",
}
GRADES = {
    ("histologic", "high"): "high grade|high-grade|grade: high|histologic grade is high",
    ("histologic", "low"): "low grade|low-grade|grade of the tumor: low",
    ("histologic", "1"): "well differentiated|grade 1|g1|grade i|histologic grade: 1|grade i of iii",
    ("histologic", "2"): "moderately differentiated|grade 2|well to moderately differentiated|g2|grade ii/iii",
    ("histologic", "3"): "poorly differentiated|grade 3|moderately to poorly differentiated|grade iii|g3|grade 2-3|grade 2 to 3",
    ("histologic", "4"): "undifferentiated|grade iv|grade 4 of 4",
    ("fuhrman", "2"): "fuhrman grade 2|fuhrman nuclear grade ii|fuhrman's grade 2 of 4|nuclear grade (fuhrman) 2|fuhrman grade: ii/iv",
    ("nuclear", "3"): "nuclear grade 3|nuclear grade iii/iv|nuclear grade: 2-3",
    ("isup", "2"): "isup grade 2|who/isup grade 2|isup nucleolar grade: 2",
    ("gleason", "3+4"): """gleason score 3+4=7|gleason 3 + 4|gleason pattern 3+4|gleason grades 3 and 4
    primary gleason grade 3, secondary gleason grade 4""",
}
COUNTS = {
    "2/7": """two of seven lymph nodes are positive|metastatic carcinoma in two of seven lymph nodes
    2 out of 7 lymph nodes involved|lymph nodes: 2/7|two of seven (2/7) lymph nodes with metastasis
    seven lymph nodes examined, two positive|lymph nodes examined: 7; involved: 2|seven lymph nodes, two of which are involved
    seven (7) lymph nodes, two positive for carcinoma|lymph nodes: positive: 2, total: 7|lymph nodes involved: 2, examined: 7""",
    "0/7": """seven benign lymph nodes|seven lymph nodes, negative for carcinoma|no tumor in seven lymph nodes
    no metastatic carcinoma in any of seven lymph nodes|seven reactive lymph nodes|lymph nodes (7): negative for tumor
    all seven lymph nodes are negative|carcinoma is not seen in seven lymph nodes|seven lymph nodes, free of tumor
    seven unremarkable lymph nodes|(7) lymph nodes negative|seven tumor-free lymph nodes|lymph nodes: 0/7""",
}


def each(words, *before):
    """Every one of the words, which stand on lines and between bars, behind what comes before it."""
    return [pytest.param(*before, one.strip(), id=one.strip()) for line in words.splitlines() for one in line.strip().split("|")]


def each_of(table):
    return [one for what, words in table.items() for one in each(words, what)]


def said(text, *fields):
    """What is said of some fields, without specimens."""
    return {(one.field, one.aspect, one.value, one.certainty) for one in refine_by_rules(text) if one.field in fields}


@pytest.mark.parametrize("verb", each(VERBS))
def test_verb_of_invasion(verb):
    assert said(f"The tumor {verb} the perinephric fat.", "invasion") == {("invasion", "fat", PRESENT, "stated")}


@pytest.mark.parametrize(("kind", "tissue"), each_of(TISSUES))
def test_tissue_that_is_invaded_or_is_not(kind, tissue):
    for text, value in ((f"The carcinoma invades the {tissue}.", PRESENT), (f"No invasion of the {tissue} is seen.", ABSENT)):
        assert said(text, "invasion") == {("invasion", kind, value, "stated")}


@pytest.mark.parametrize(("kind", "name"), each_of(INVASIONS))
def test_invasion_by_its_name(kind, name):
    for text, value in ((f"{name.capitalize()} invasion: Present", PRESENT), (f"{name.capitalize()} invasion is not identified.", ABSENT)):
        assert said(text, "invasion") == {("invasion", kind, value, "stated")}


@pytest.mark.parametrize(
    ("value", "certainty", "form"),
    [*each(THERE, PRESENT, "stated"), *each(NOT_THERE, ABSENT, "stated"), *each(DOUBTED, PRESENT, "uncertain"), *each(UNTOLD, None, None)],
)
@pytest.mark.parametrize("what", ["lymphovascular invasion", "perineural invasion"])
def test_what_is_affirmed_denied_doubted_or_not_told(value, certainty, form, what):
    kind = what.split()[0]
    assert said(form.format(what).capitalize() + ".", "invasion") == ({("invasion", kind, value, certainty)} if value else set())


@pytest.mark.parametrize(("aspect", "name"), each_of(MARGINS))
def test_margin_by_its_name(aspect, name):
    for text, value in ((f"The {name} is positive for tumor.", "positive"), (f"{name.capitalize()}: Negative", "negative")):
        assert said(text, "margins") == {("margins", aspect, value, "stated")}


@pytest.mark.parametrize(("value", "status"), [*each(AT_MARGIN, "positive"), *each(OFF_MARGIN, "negative")])
def test_status_of_a_margin(value, status):
    assert said(f"The urethral margin {status}.", "margins") == {("margins", "urethral", value, "stated")}


@pytest.mark.parametrize(("name", "words"), each_of(TYPES))
def test_type(name, words):
    for text in (f"Diagnosis: {words}.", f"{words.upper()}, 4.1 CM"):
        assert said(text, "histology") == {("histology", "type", name, "stated")}
    assert said(f"There is no evidence of {words}.", "histology") == set()


@pytest.mark.parametrize(("name", "words"), each_of(VARIANTS))
def test_variant(name, words):
    text = f"Urothelial carcinoma with {words}."
    assert ("histology", "variant", name, "stated") in said(text, "histology")
    assert {one[1] for one in said(text.replace("with", "without"), "histology")} == {"type"}


@pytest.mark.parametrize(("aspect", "words"), each_of(OTHER))
def test_other_finding(aspect, words):
    for text, value in ((f"There is {words}.", PRESENT), (f"No {words} is seen.", ABSENT)):
        assert said(text, "other") == {("other", aspect, value, "stated")}


@pytest.mark.parametrize(("grade", "words"), each_of(GRADES))
def test_grade(grade, words):
    assert said(f"Carcinoma, {words}.", "grade") == {("grade", *grade, "stated")}


@pytest.mark.parametrize(("count", "words"), each_of(COUNTS))
def test_count_of_nodes(count, words):
    assert said(f"{words.capitalize()}.", "nodes") == {("nodes", "regional", count, "stated")}

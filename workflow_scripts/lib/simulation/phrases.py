"""What a pathologist writes: for each statement, the ways to word it. Names in braces stand for facts of the patient."""

MARGINS = {
    True: (
        "The bronchial resection margin is involved by carcinoma.",
        "Margins: positive (bronchial).",
        "Tumour extends to the bronchial margin of resection.",
        "RESECTION MARGINS: carcinoma present at the vascular margin, bronchial margin free.",
        "Invasive carcinoma is seen at the inked parenchymal margin.",
        "The parenchymal margin cannot be called clear: tumour cells reach the ink (R1).",
        "Surgical margins are not free of tumour.",
    ),
    False: (
        "All resection margins are free of carcinoma.",
        "Margins: negative; closest is parenchymal at {gap} mm.",
        "The bronchial and vascular margins are uninvolved.",
        "RESECTION MARGINS: no tumour at bronchial, vascular or parenchymal margin.",
        "No carcinoma is identified at the inked margins (R0).",
        "The tumour comes to within {gap} mm of the parenchymal margin, which is clear.",
        "Surgical margins are free of tumour.",
    ),
}
INVASION = {
    True: (
        "Lymphovascular invasion is present.",
        "Lymphovascular invasion: identified.",
        "LYMPHATIC/VASCULAR INVASION: PRESENT.",
        "Tumour emboli are seen within lymphatic spaces.",
        "There is invasion of small vessels, confirmed on D2-40 immunostain.",
        "LVI: yes.",
        "Lymphovascular invasion cannot be excluded on the first sections; deeper levels confirm it.",
    ),
    False: (
        "No lymphovascular invasion.",
        "Lymphovascular invasion: not identified.",
        "LYMPHATIC/VASCULAR INVASION: ABSENT.",
        "Lymphatic spaces are free of tumour.",
        "There is no evidence of invasion of vessels; retraction artefact is noted around some nests.",
        "LVI: no.",
        "Findings suspicious for lymphovascular invasion on the first sections are not confirmed on deeper levels.",
    ),
}
NODES = {
    True: (
        "Metastatic carcinoma in {positive} of {examined} lymph nodes ({positive}/{examined}).",
        "Lymph nodes: {positive} positive out of {examined} examined.",
        "{examined} lymph nodes are examined, of which {positive} contain metastatic carcinoma.",
        "LYMPH NODES, STATUS: {positive}/{examined} WITH METASTASIS.",
        "Hilar nodes (station 10): {hilar}/{hilar_examined} involved. Mediastinal nodes: {mediastinal}/{mediastinal_examined} involved.",
        "Nodal metastasis is found; number involved {positive}, number examined {examined}.",
    ),
    False: (
        "No metastatic carcinoma in {examined} lymph nodes (0/{examined}).",
        "Lymph nodes: none positive out of {examined} examined.",
        "{examined} lymph nodes are examined and show anthracosis only.",
        "LYMPH NODES, STATUS: 0/{examined} WITH METASTASIS.",
        "Hilar nodes (station 10): 0/{hilar_examined} involved. Mediastinal nodes: 0/{mediastinal_examined} involved.",
        "All lymph nodes sampled ({examined}) are negative for malignancy.",
    ),
}
GRADE = {
    1: (
        "Histologic grade: G1, well differentiated.",
        "The tumour is a well differentiated adenocarcinoma, predominantly lepidic.",
        "GRADE: 1 of 3.",
        "Adenocarcinoma, low grade, with lepidic growth in {share}% of the tumour.",
    ),
    2: (
        "Histologic grade: G2, moderately differentiated.",
        "The tumour is a moderately differentiated adenocarcinoma, predominantly acinar.",
        "GRADE: 2 of 3.",
        "Adenocarcinoma, intermediate grade, with acinar growth in {share}% of the tumour.",
    ),
    3: (
        "Histologic grade: G3, poorly differentiated.",
        "The tumour is a poorly differentiated adenocarcinoma, predominantly solid.",
        "GRADE: 3 of 3.",
        "Adenocarcinoma, high grade, with solid or micropapillary growth in {share}% of the tumour.",
    ),
}
SIZE = (
    "The tumour measures {size} mm in greatest dimension.",
    "TUMOUR SIZE: {size} mm.",
    "Greatest tumour diameter {size} mm, invasive component {size} mm.",
    "A mass of {size} x {across} x {deep} mm is present.",
)
SPECIMEN = (
    "SPECIMEN: {lobe} lobe of lung, lobectomy.",
    "Specimen submitted: lung, {lobe} lobe; regional lymph nodes.",
    "A. Lung, {lobe} lobe. B. Lymph nodes.",
    "Lung, {lobe} lobe, resection with mediastinal lymph node dissection:",
    "Received is the {lobe} lobe of a lung with attached hilar tissue.",
)
HISTORY = (
    "CLINICAL HISTORY: {lobe} lobe nodule found on imaging {weeks} weeks ago.",
    "Clinical information: incidental nodule, SUV {uptake}. No prior malignancy.",
    "History: cough for {weeks} weeks. Biopsy elsewhere was suspicious for vascular invasion.",
    "Pre-operative diagnosis: lung mass, {lobe} lobe. Post-operative diagnosis: same.",
    "Relevant history: treated for pneumonia {weeks} weeks before surgery; shadow in the {lobe} lobe persisted.",
    "Indication: growing nodule, SUV {uptake}, followed for {weeks} weeks. Family history of breast carcinoma.",
)
GROSS = (
    "GROSS: The specimen weighs {weight} g and measures {long} x {wide} x {thick} mm. The pleura is smooth. "
    "Sectioning shows a firm, tan-white mass with anthracotic pigment.",
    "Gross description: received fresh, a lobe of {weight} g, {long} x {wide} x {thick} mm, inked blue. "
    "The cut surface shows a grey lesion; {blocks} blocks are taken.",
    "MACROSCOPIC: A lobectomy specimen, {long} x {wide} x {thick} mm. The pleura is puckered over an area of {across} mm. "
    "The remaining parenchyma is crepitant. Sections in {blocks} cassettes.",
    "Received in formalin is a lung lobe ({weight} g). The bronchus is patent. Representative sections are submitted in "
    "cassettes A1 to A{blocks}.",
)
OTHER = (
    "Visceral pleura: not invaded. Perineural invasion: not identified.",
    "The pleura is focally adherent but not breached by tumour on elastic stain.",
    "Background lung: emphysema and respiratory bronchiolitis. No granulomas.",
    "Necrosis: present, about {necrosis}% of the tumour. Mitoses {mitoses} per 10 high power fields.",
    "Non-neoplastic lung shows mild interstitial fibrosis. No asbestos bodies are seen.",
    "Spread through air spaces: not assessed. Treatment effect: not applicable.",
)
STAINS = (
    "Immunohistochemistry: TTF-1 positive, napsin A positive, p40 negative.",
    "PD-L1 (22C3) tumour proportion score {cells}%. ALK negative. ROS1 negative.",
    "Molecular: EGFR exons 18-21 without mutation; KRAS G12C not detected. Tumour content {cells}%.",
    "Stains: CK7 positive, CK20 negative, TTF-1 positive in {cells}% of cells.",
    "Ki-67 labels {cells}% of nuclei. Controls reacted appropriately.",
    "No ancillary studies were performed.",
)
CLOSING = (
    "The case was reviewed at the intradepartmental conference.",
    "Please correlate with imaging.",
    "This report was typed from dictation and may contain errors.",
    "Comment: the differential diagnosis included squamous cell carcinoma, which is not favoured by the stains.",
    "Intraoperative consultation: frozen section of the bronchus, {weeks} minutes, agreed with the final diagnosis.",
    "Slides and blocks are kept for ten years.",
)
CORRECTION = {
    "margins": {
        True: (
            "ADDENDUM: On review the margin status given above is wrong. Carcinoma is present at the bronchial margin.",
            "AMENDED: recuts show tumour at the inked margin; margins are to be read as positive.",
            "Corrected report: the statement on margins is withdrawn. The resection margin is involved (R1).",
        ),
        False: (
            "ADDENDUM: On review the margin status given above is wrong. All margins are free of carcinoma.",
            "AMENDED: what was taken for tumour at the margin is displaced epithelium; margins are to be read as negative.",
            "Corrected report: the statement on margins is withdrawn. The resection margins are clear (R0).",
        ),
    },
    "invasion": {
        True: (
            "ADDENDUM: Additional levels show tumour in lymphatic spaces. Lymphovascular invasion is present, contrary to the above.",
            "AMENDED: lymphovascular invasion, reported as absent, is present on CD31 stain.",
            "Corrected report: LVI should read PRESENT.",
        ),
        False: (
            "ADDENDUM: The spaces described above are retraction artefact on D2-40. There is no lymphovascular invasion.",
            "AMENDED: lymphovascular invasion, reported as present, is not confirmed on CD31 stain.",
            "Corrected report: LVI should read ABSENT.",
        ),
    },
}
EMPTY = ("See scanned document.", "Report pending.", "Not available.", "Illegible.")
LOBES = ("right upper", "right middle", "right lower", "left upper", "left lower")

"""Tables of the reports stage: reports without noise, what they state, and background knowledge of each cancer."""

from workflow_scripts.lib.contracts.base import FLAG, INTEGER, STRING, Contract, Field

FIELDS = ("histology", "stage", "grade", "size", "nodes", "margins", "invasion", "multifocality", "other")
CERTAINTIES = ("stated", "uncertain")

CLEANED_REPORTS = Contract(
    "cleaned_reports",
    (
        Field("patient_id", STRING, "the patient"),
        Field("text", STRING, "the report without headers, barcodes and marks of scanning"),
        Field("words", INTEGER, "its length", "words"),
        Field("removed", INTEGER, "characters that were taken out", "characters"),
    ),
    key=("patient_id",),
)

REFINED_REPORTS = Contract(
    "refined_reports",
    (
        Field("patient_id", STRING, "the patient"),
        Field("statement", INTEGER, "number of the statement, in the order of the report, from 0"),
        Field("specimen", STRING, "the specimen it is about, as the report labels it, where the report has several", nullable=True),
        Field("field", STRING, f"what it is about: {', '.join(FIELDS)}"),
        Field("aspect", STRING, "which part of the field, as T of a stage or lymphovascular of invasion; empty where it has none"),
        Field("value", STRING, "what is stated, in the words of resources/reports/fields.yaml"),
        Field("certainty", STRING, "stated, or uncertain: suspected, or not excluded"),
        Field("supported", FLAG, "True where the report has the words that the statement rests on"),
        Field("start", INTEGER, "where these words begin in the cleaned report", "characters", nullable=True),
        Field("end", INTEGER, "where they end", "characters", nullable=True),
        Field("evidence", STRING, "the words themselves", nullable=True),
    ),
    key=("patient_id", "statement"),
    checks=(
        ("field is one of the fields", lambda rows: rows["field"].isin(FIELDS)),
        ("certainty is stated or uncertain", lambda rows: rows["certainty"].isin(CERTAINTIES)),
        ("evidence where and only where supported", lambda rows: rows["supported"] == rows["evidence"].notna()),
        ("start < end", lambda rows: rows["start"].isna() | (rows["start"] < rows["end"])),
    ),
)

ENGINE_CALLS = Contract(
    "engine_calls",
    (
        Field("patient_id", STRING, "the patient"),
        Field("outcome", STRING, "answered, or what went wrong"),
        Field("statements", INTEGER, "statements that were kept", "statements"),
        Field("unsupported", INTEGER, "those of them without words in the report", "statements"),
        Field("dropped", INTEGER, "statements that the structure has no place for, or that were made twice", "statements"),
        Field("cut", INTEGER, "characters of the report's middle that were not shown to the model", "characters"),
    ),
    key=("patient_id",),
)

BACKGROUND_KNOWLEDGE = Contract(
    "background_knowledge",
    (
        Field("modality", STRING, "where the features show: pathology, expression, radiology or clinical"),
        Field("text", STRING, "which features of it indicate high risk and which low, in about a hundred words"),
        Field("source", STRING, "the shipped knowledge, or the engine and model that wrote it"),
    ),
    key=("modality",),
)

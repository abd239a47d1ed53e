"""Codes in the one spelling that their vocabulary has, and texts that cannot be codes of it."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

PATTERNS = {
    "ICD9CM": r"\d{3,5}|V\d{2,4}|E\d{3,4}",
    "ICD10": r"[A-Z]\d[0-9AB][0-9A-Z]{0,2}",
    "ICD10CM": r"[A-Z]\d[0-9AB][0-9A-Z]{0,4}",
    "ICD9PCS": r"\d{2,4}",
    "ICD10PCS": r"[0-9A-HJ-NP-Z]{7}",
    "SNOMED": r"[1-9]\d{5,17}",
    "RXNORM": r"[1-9]\d{0,7}",
    "NDC": r"\d{10,11}|\d{4,5}-\d{3,4}-\d{1,2}",
    "ATC": r"[A-Z](\d{2}([A-Z]([A-Z](\d{2})?)?)?)?",
    "CVX": r"\d{1,3}",
    "LOINC": r"\d{1,7}-\d",
    "CPT4": r"\d{4}[0-9A-Z]",
    "HCPCS": r"[A-Z]\d{4}",
    "READ": r"[0-9A-Za-z][0-9A-Za-z.]{4}([0-9A-Za-z]{2})?",
    "OMOP": r"[1-9]\d{0,9}",  # 0 is OMOP's "no matching concept"
    "LOCAL": r"[0-9A-Za-z][0-9A-Za-z._:/+-]{0,49}",  # neither a sentence nor a formula
}
"""What a code looks like once it is spelled as here: a check of its form, not of whether it was ever given out."""

AS_WRITTEN = ("READ", "LOCAL")  # upper and lower case are different codes


def spelled(codes: pa.Array, vocabulary: str) -> pa.Array:
    """Each text as ``vocabulary//code``: upper case, ICD without its dots; null where it cannot be a code of the vocabulary."""
    plain = codes if vocabulary in AS_WRITTEN else pc.utf8_upper(codes)
    plain = pc.replace_substring(plain, ".", "") if vocabulary.startswith("ICD") else plain
    fits = pc.match_substring_regex(plain, f"^({PATTERNS[vocabulary]})$")
    return pc.if_else(fits, pc.binary_join_element_wise(vocabulary, plain, "//"), None)


def spelled_by_row(codes: pa.Array, vocabularies: pa.Array) -> pa.Array:
    """The same where each row has a vocabulary of its own; null where that is null."""
    out = pa.nulls(len(codes), pa.string())
    for vocabulary in sorted(pc.unique(vocabularies).drop_null().to_pylist()):
        out = pc.if_else(pc.fill_null(pc.equal(vocabularies, vocabulary), False), spelled(codes, vocabulary), out)
    return out


def distinct(values: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """The distinct values, null among them, and each row's place (n,) in these: what costs time is done once per value."""
    encoded = values.dictionary_encode(null_encoding="encode")
    return encoded.dictionary, encoded.indices.to_numpy()

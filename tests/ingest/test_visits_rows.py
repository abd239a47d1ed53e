"""What a row of codes says: its time, its vocabulary and code, its value."""

import numpy as np
import pyarrow as pa
import pytest

from tests.ingest.visits_world import CODES, DIABETES, GOOD, MI, codes, one, run, visits
from workflow_scripts.lib.config.modalities.visits import VOCABULARIES
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.visits.times import parse_times
from workflow_scripts.lib.ingest.visits.vocabulary import PATTERNS, spelled


def test_codes_of_mixed_vocabularies(tmp_path):
    text = codes("ann,2009-02-01,i21.9", "ann,2009-02-02,E11.9", keep=("who", "when", "code"), kind=["s", "s", "s", "10", "10.0"])
    one(tmp_path, text, vocabulary=None, vocabulary_column="kind", vocabularies={"s": "SNOMED", "10": "ICD10CM"})
    assert [row[2] for row in visits(tmp_path) if row[0] == "ann"] == [f"SNOMED//{MI}", "ICD10CM//I219", "ICD10CM//E119"]


def test_a_vocabulary_that_is_not_listed_costs_the_row(tmp_path):
    text = codes("ann,2009-02-01,X1", "ann,2009-02-02,X2", kind=["s", "s", "s", "local", ""])
    assert "2 a vocabulary that is not listed" in one(
        tmp_path, text, vocabulary=None, vocabulary_column="kind", vocabularies={"s": "SNOMED"}
    )
    assert visits(tmp_path) == GOOD


def test_values_and_their_unit(tmp_path):
    text = codes("ann,2009-02-01,718-7", "ann,2009-02-02,718-7", "ann,2009-02-03,718-7", value=["1.5", "-0.0", "", "<5", "1e40", "7"])
    text = text.replace(MI, "718-7").replace(DIABETES, "718-7")
    assert "2 a value that is no number (the code is kept without it)" in one(
        tmp_path, text, vocabulary="LOINC", value="value", unit="g/dL"
    )
    assert [row[2:] for row in visits(tmp_path)] == [
        ("LOINC//718-7//g/dL", 1.5),
        *[("LOINC//718-7//g/dL",)] * 2,
        ("LOINC//718-7//g/dL", 7.0),
        ("LOINC//718-7//g/dL", 0.0),
        ("LOINC//718-7//g/dL",),
    ]


@pytest.mark.parametrize(
    ("text", "form", "moment", "zone"),
    [
        ("1950-03-04", None, "1950-03-04", None),
        ("1950-03-04 05:06:07.5", None, "1950-03-04T05:06:07.5", None),
        ("1950-03-04T05:06Z", None, "1950-03-04T05:06", 0),
        ("1950-03-04T05:06 UTC", None, "1950-03-04T05:06", 0),
        ("1950-03-04T05:06-09:30", None, "1950-03-04T05:06", -570),
        ("04/03/1950", "%d/%m/%Y", "1950-03-04", None),
        ("04/03/1950 05:06 +0200", "%d/%m/%Y %H:%M %z", "1950-03-04T05:06", 120),
        ("04/03/1950", None, "NaT", None),
    ],
)
def test_times_are_read_as_written(text, form, moment, zone):
    times = parse_times(pa.array([None, text]), form)
    assert times.moment[1] == np.datetime64(moment, "us") or (moment == "NaT" and np.isnat(times.moment[1]))
    assert times.missing.tolist() == [True, False]
    assert np.isnan(times.zone[1]) if zone is None else times.zone[1] == zone
    assert times.clock.tolist() == [False, ":" in text]


@pytest.mark.parametrize(
    ("vocabulary", "good", "bad"),
    [
        ("ICD9CM", {"401.9": "4019", "v70.0": "V700", "E849": "E849", "250": "250"}, ["40", "A01", "4.0.1.9.9.9", "E84"]),
        ("ICD10", {"I21.9": "I219", "c50": "C50"}, ["I2", "21.9", "I21.91234"]),
        ("ICD10CM", {"s72.001a": "S72001A", "C4A": "C4A", "Z3A.08": "Z3A08"}, ["S72001AB", "4019", "=A1"]),
        ("ICD9PCS", {"36.01": "3601", "45": "45"}, ["3", "36A"]),
        ("ICD10PCS", {"0DTJ4ZZ": "0DTJ4ZZ"}, ["0DTJ4Z", "0DTI4ZO"]),
        ("SNOMED", {"44054006": "44054006"}, ["44054006.0", "0440540", "12345", "diabetes"]),
        ("RXNORM", {"308182": "308182"}, ["0", "308182-1", "123456789"]),
        ("NDC", {"00002-7597-01": "00002-7597-01", "00002759701": "00002759701"}, ["0", "123"]),
        ("ATC", {"c07ab02": "C07AB02", "C": "C"}, ["C7", "07"]),
        ("CVX", {"140": "140"}, ["1400", "flu"]),
        ("LOINC", {"718-7": "718-7"}, ["7187", "718-77"]),
        ("CPT4", {"99213": "99213", "0001f": "0001F"}, ["992", "A9213"]),
        ("HCPCS", {"j1100": "J1100"}, ["1100J"]),
        ("READ", {"C10..": "C10..", "c10..00": "c10..00"}, ["C1", "C10.,"]),
        ("OMOP", {"201826": "201826"}, ["0", "-1"]),
        ("LOCAL", {"50912": "50912", "lab/Hb": "lab/Hb"}, ["=1+1", "-x", "a sentence", "x" * 51]),
    ],
)
def test_codes_of_each_vocabulary(vocabulary, good, bad):
    assert spelled(pa.array([*good]), vocabulary).to_pylist() == [f"{vocabulary}//{code}" for code in good.values()]
    assert spelled(pa.array([*bad, None, ""]), vocabulary).null_count == len(bad) + 2


def test_every_vocabulary_has_a_pattern():
    assert set(PATTERNS) == set(VOCABULARIES)


STAYS = {"source": {"kind": "table", "path": "stays.csv"}, "key": "code", "time": "out"}


def test_a_lookup_dates_the_rows(tmp_path):
    table = {"source": {"kind": "table", "path": "codes.csv"}, "patient": {"column": "who"}, "code": "what", "vocabulary": "SNOMED"}
    rows = [f"ann,s1,{MI}", f"bob,s2,{DIABETES}", f"cy,s3,{MI}", f"cy,s4,{MI}", f"cy,,{MI}", f"cy,s5,{MI}", f"cy,s6,{MI}"]
    tables = {
        "codes": "\n".join(["who,stay,what", *rows, ""]),
        "codes.lookup": "stay,out\ns1,2009-01-10\ns3,2009-01-01\ns2,2009-01-01\ns5,\ns6,x\n",
    }
    table["lookup"] = {"source": {"kind": "table", "path": "stays.csv"}, "key": "stay", "time": "out"}
    log = run(tmp_path, tables, {"codes": table})
    assert visits(tmp_path) == GOOD
    assert log.endswith("; 1 no time; 2 a stay that the lookup does not have; 1 a time that cannot be read")


def test_a_lookup_with_a_repeated_key_is_refused(tmp_path):
    tables = {"codes": codes(), "codes.lookup": f"code,out\n{MI},2009-01-10\n{DIABETES},2009-01-01\n{MI},2009-01-11\n"}
    with pytest.raises(StageRefusal, match=r"codes: lookup 'code': 2 of 3 rows share their key with another row"):
        run(tmp_path, tables, {"codes": {**CODES, "time": None, "lookup": STAYS}})

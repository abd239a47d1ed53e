"""The script that builds visits, from committed cohort files: tables as OMOP, MIMIC and Synthea have them."""

from pathlib import Path

import meds
import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.registry import LEXICON
from tests.shared import shared
from workflow_scripts.ingest import build_cohort, build_visits
from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.config.cohort import CohortConfig, PatientsConfig
from workflow_scripts.lib.config.workflow import load_cohort
from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.ingest import PATIENTS, REFUSALS
from workflow_scripts.lib.contracts.modalities import VISITS

EXAMPLES = Path(__file__).parents[2] / "config" / "cohorts" / "examples"

OMOP = {
    "cohort.csv": """\
cohort_definition_id,subject_id,cohort_start_date,cohort_end_date
1,100,2015-06-01,2020-12-31
1,200,2016-01-15,2020-12-31
""",
    "person.csv": """\
person_id,gender_concept_id,year_of_birth,birth_datetime
100,8507,1950,1950-02-03 00:00:00
200,8532,1961,1961-11-30 00:00:00
300,8532,1970,1970-01-01 00:00:00
""",
    "death.csv": "person_id,death_date\n100,2018-06-01\n300,2001-01-01\n",
    "observation_period.csv": """\
person_id,observation_period_start_date,observation_period_end_date
100,2010-01-01,2018-06-01
200,2008-01-01,2010-12-31
200,2012-01-01,2020-12-31
""",
    "condition_occurrence.csv": """\
condition_occurrence_id,person_id,condition_concept_id,condition_start_date
1,100,201826,2014-06-01
2,100,312327,2018-06-01
3,200,320128,2016-01-14
4,200,0,2015-01-01
5,200,320128,2016-01-15
6,300,201826,2000-01-01
""",
    "measurement.csv": """\
measurement_id,person_id,measurement_source_value,measurement_datetime,value_as_number
1,100,4548-4,2015-05-31 08:15:00,8.5
2,200,718-7,2016-01-01 09:00:00,
""",
}
MIMIC = {
    "icustays.csv": """\
subject_id,hadm_id,stay_id,first_careunit,intime,outtime,los
10,2002,31,MICU,2150-03-02 04:00:00,2150-03-05 10:00:00,3.25
10,2003,32,SICU,2152-01-01 00:30:00,2152-01-02 00:30:00,1.0
11,2012,33,CCU,2130-07-08 12:00:00,2130-07-09 12:00:00,1.0
""",
    "patients.csv": """\
subject_id,gender,anchor_age,anchor_year,anchor_year_group,dod
10,F,67,2148,2011 - 2013,2153-02-02
11,M,54,2129,2014 - 2016,
""",
    "admissions.csv": """\
subject_id,hadm_id,admittime,dischtime,deathtime
10,2001,2149-03-02 01:00:00,2149-03-10 15:00:00,
10,2002,2150-03-01 20:00:00,2150-03-09 11:00:00,
10,2003,2152-01-01 00:10:00,2152-01-04 12:00:00,
11,2011,2130-05-01 08:00:00,2130-05-02 08:00:00,
11,2012,2130-07-07 23:00:00,2130-07-20 10:00:00,
""",
    "diagnoses_icd.csv": """\
subject_id,hadm_id,seq_num,icd_code,icd_version
10,2001,1,41071,9
10,2001,2,4019 ,9
10,2002,1,I2510,10
11,2011,1,e11.9,10
11,2011,2,V1582,9
""",
    "labevents.csv": """\
labevent_id,subject_id,hadm_id,itemid,charttime,value,valuenum
1,10,,50912,2150-03-01 22:30:00,1.4,1.4
2,10,,50912,2150-03-02 03:30:00,1.9,1.9
3,11,,51222,2130-07-07 23:30:00,___,
""",
}


def build(folder: Path, name: str, files: dict[str, Path]) -> tuple[str, CohortConfig]:
    """The cohort ``name`` of the examples from ``files`` by their name in data; what the last script says."""
    cohort = load_cohort(EXAMPLES, name)
    given = {source: files[Path(table.path).name] for source, table in cohort.sources.items()}
    kept = {key: value for key, value in cohort.model_dump().items() if key in PatientsConfig.model_fields}
    out = {table: folder / f"{table}.parquet" for table in ("patients", "registry", "refusals")}
    tables = [given[source] for source in sorted(given) if source.startswith("tables.")]
    cfg = parse(PatientsConfig, kept, "cfg")
    said = build_cohort.main(given["patients"], **out, cfg=cfg, lexicon=LEXICON, control="none", published=None, seed=1, tables=tables)
    if cohort.visits:
        tables = [given[source] for source in sorted(given) if source.startswith("visits.")]
        said = build_visits.main(
            tables, out["registry"], folder / "visits.parquet", folder / "visits_refusals.parquet", cohort.visits, False
        )
        meds.DataSchema.validate(pq.read_table(folder / "visits.parquet"))
    return said, cohort


def written(folder: Path, texts: dict[str, str]) -> dict[str, Path]:
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return {name: folder / name for name in texts}


def visits_of(folder: Path) -> list[tuple[str, str, str]]:
    rows = read_table(folder / "visits.parquet", VISITS)
    assert rows["subject_id"].is_monotonic_increasing
    return list(zip(rows["patient_id"], rows["time"].dt.strftime("%Y-%m-%d %H:%M:%S"), rows["code"], strict=True))


def reasons(path: Path) -> dict[str, int]:
    return read_table(path, REFUSALS)["reason"].value_counts().to_dict()


def test_omop(tmp_path):
    said, _ = build(tmp_path, "omop", written(tmp_path, OMOP))
    assert read_table(tmp_path / "patients.parquet", PATIENTS)[["patient_id", "days", "event"]].to_numpy().tolist() == [
        ["100", 1096.0, True],
        ["200", 1812.0, False],
    ]
    assert visits_of(tmp_path) == [
        ("100", "1999-01-01 00:00:00", "OMOP//201826"),  # 365 days before
        ("100", "1999-12-31 08:15:00", "LOINC//4548-4"),
        ("200", "1999-12-18 09:00:00", "LOINC//718-7"),  # 14 days before
        ("200", "1999-12-31 00:00:00", "OMOP//320128"),
    ]
    values = read_table(tmp_path / "visits.parquet", VISITS)["numeric_value"]
    assert values.dropna().to_dict() == {1: 8.5}
    assert reasons(tmp_path / "visits_refusals.parquet") == {"not among the cohort's patients": 1}
    assert said == (
        "4 codes of 2 patients before their index date; 0 patients refused; 1 rows without a patient of the cohort; "
        "1 a code that is none of its vocabulary; 2 codes on or after it left out"
    )


def test_mimic(tmp_path):
    said, _ = build(tmp_path, "mimic", written(tmp_path, MIMIC))
    patients = read_table(tmp_path / "patients.parquet", PATIENTS)
    assert patients["event"].tolist() == [True, False]
    assert patients["days"].round(3).tolist() == [1067.833, 11.917]
    assert visits_of(tmp_path) == [
        ("10", "1999-01-09 15:00:00", "ICD9CM//4019"),  # 2149-03-10 is 357 days before 2150-03-02
        ("10", "1999-01-09 15:00:00", "ICD9CM//41071"),
        ("10", "1999-12-31 22:30:00", "LOCAL//50912"),
        ("11", "1999-10-26 08:00:00", "ICD10CM//E119"),  # 2130-05-02 is 67 days before 2130-07-08
        ("11", "1999-10-26 08:00:00", "ICD9CM//V1582"),
        ("11", "1999-12-31 23:30:00", "LOCAL//51222"),
    ]
    assert read_table(tmp_path / "visits.parquet", VISITS)["numeric_value"].dropna().to_dict() == {2: pytest.approx(1.4)}
    assert said == "6 codes of 2 patients before their index date; 0 patients refused; 2 codes on or after it left out"


SYNTHEA = {
    "patients.csv": """\
ID,BIRTHDATE,DEATHDATE,SSN,DRIVERS,PASSPORT,PREFIX,FIRST,LAST,SUFFIX,MAIDEN,MARITAL,RACE,ETHNICITY,GENDER,BIRTHPLACE,ADDRESS,CITY,STATE,ZIP
aa,1950-01-01,1995-01-01,999-11-1111,,,,Ann1,Ash1,,,,white,irish,F,Here,1 Way,Here,California,1.0
bb,1960-01-01,,999-11-1112,,,,Bob2,Birch2,,,,black,african,M,Here,2 Way,Here,California,1.0
cc,2001-01-01,,999-11-1113,,,,Cy3,Cedar3,,,,white,irish,M,Here,3 Way,Here,California,1.0
""",
    "conditions.csv": """\
START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION
1989-12-31,,aa,e1,44054006,Diabetes
1990-01-01,,aa,e1,22298006,Myocardial Infarction
1995-01-01,,aa,e1,22298006,Myocardial Infarction
1970-01-01,1970-01-09,bb,e2,65363002,Otitis media
2005-01-01,,cc,e3,65363002,Otitis media
""",
    "medications.csv": """\
START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION,COST,DISPENSES,TOTALCOST,REASONCODE,REASONDESCRIPTION
1988-01-01,,bb,e2,308182,Amoxicillin 250 MG Oral Capsule,9.82,1,9.82,,
""",
    "allergies.csv": "START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION\n1989-01-01,,bb,e4,91935009,Allergy to peanuts\n",
}


def test_synthea(tmp_path):
    said, _ = build(tmp_path, "synthea", written(tmp_path, SYNTHEA))
    assert visits_of(tmp_path) == [
        ("aa", "1999-12-31 00:00:00", "SNOMED//44054006"),
        ("bb", "1980-01-01 00:00:00", "SNOMED//65363002"),  # 7,305 days before in both
        ("bb", "1997-12-31 00:00:00", "RXNORM//308182"),  # 731: 1988 was a leap year
        ("bb", "1999-01-01 00:00:00", "SNOMED//91935009"),
    ]
    assert "2 codes on or after it left out" in said
    assert reasons(tmp_path / "refusals.parquet") == {"date 'BIRTHDATE': born after the index date": 1}


def the_files(*names: str) -> dict[str, Path]:
    return {f"{name}.csv": shared(f"ehr_synthea1000/{name}.csv") for name in names}


def test_all_patients_of_synthea_from_birth(tmp_path):
    said, cohort = build(tmp_path, "synthea_from_birth", the_files("patients"))
    assert said.startswith("1000 patients, 93 events, 0 refused")
    assert cohort.visits is None


def test_synthea_alive_on_one_day_with_what_was_coded_until_then(tmp_path):
    files = the_files("patients", "conditions", "medications", "allergies")
    said, _ = build(tmp_path, "synthea", files)
    patients = read_table(tmp_path / "patients.parquet", PATIENTS)
    refused = read_table(tmp_path / "refusals.parquet", REFUSALS)
    entered = [*patients["patient_id"], *refused["patient_id"]]
    died = pd.read_csv(files["patients.csv"], dtype=str).set_index("ID")["DEATHDATE"].notna()
    assert (len(entered), len(set(entered)), int(died[entered].sum())) == (1000, 1000, 93)
    assert (len(patients), int(patients["event"].sum())) == (588, 61)
    assert reasons(tmp_path / "refusals.parquet") == {
        "date 'BIRTHDATE': born after the index date": 384,
        "time from the index date to event or end: not > 0": 28,
    }
    assert said == (
        "14804 codes of 572 patients before their index date; 0 patients refused; 1 exact repeats; "
        "7727 rows without a patient of the cohort; 17241 codes on or after it left out"
    )


def test_synthea_as_pandas_reads_it(tmp_path):
    """The same rows, found by another road."""
    files = the_files("patients", "conditions", "medications", "allergies")
    build(tmp_path, "synthea", files)
    alive = set(read_table(tmp_path / "patients.parquet", PATIENTS)["patient_id"])
    prefix = {"conditions": "SNOMED//", "medications": "RXNORM//", "allergies": "SNOMED//"}
    rows = pd.concat([pd.read_csv(files[f"{name}.csv"], dtype=str).assign(CODE=lambda t, p=p: p + t["CODE"]) for name, p in prefix.items()])
    rows = rows[rows["PATIENT"].isin(alive) & (rows["START"] < "1990-01-01")]
    expected = {
        (who, pd.Timestamp(start) + pd.Timedelta(days=3652), code) for who, start, code in rows[["PATIENT", "START", "CODE"]].to_numpy()
    }
    found = read_table(tmp_path / "visits.parquet", VISITS)
    assert set(zip(found["patient_id"], found["time"], found["code"], strict=True)) == expected
    assert len(found) == len(expected)


def test_no_calendar_date_and_no_identity_leaves_the_stage(tmp_path):
    build(tmp_path, "synthea", written(tmp_path, SYNTHEA))
    kept = b"".join((tmp_path / f"{name}.parquet").read_bytes() for name in ("patients", "visits", "visits_refusals"))
    frames = [pq.read_table(tmp_path / f"{name}.parquet").to_pandas().astype(str).to_csv() for name in ("patients", "visits")]
    assert not [
        word for word in ("Ash1", "999-11", "1989-12-31", "1995-01-01", "1 Way") if word.encode() in kept or word in "".join(frames)
    ]


@pytest.mark.parametrize("name", ["omop", "mimic", "synthea", "synthea_from_birth"])
def test_examples_say_which_columns_name_patients(name):
    cohort = load_cohort(EXAMPLES, name)
    assert not {"SSN", "FIRST", "LAST", "ADDRESS"} & {*cohort.covariates, *cohort.roles}
    assert bool(cohort.identifiers.columns) == name.startswith("synthea")

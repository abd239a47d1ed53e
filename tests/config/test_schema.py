"""The generated schema and tables are those of the models, and accept what the models accept."""

import json

import jsonschema
import pytest
import yaml

from workflow_scripts.lib.config import schema

FILES = [schema.CONFIG / "config.yaml", *sorted((schema.CONFIG / "cohorts").glob("*.yaml"))]


def read(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_schema_file_has_not_drifted():
    stored = json.loads((schema.CONFIG / "schema.json").read_text(encoding="utf-8"))
    assert stored == schema.json_schema(), "run: python -m workflow_scripts.lib.config.schema"


def test_readme_has_not_drifted():
    text = (schema.CONFIG / "README.md").read_text(encoding="utf-8")
    assert text == schema.readme_with(text), "run: python -m workflow_scripts.lib.config.schema"


def test_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(schema.json_schema())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_shipped_files_fit_the_schema(path):
    jsonschema.validate(read(path), schema.json_schema())


@pytest.mark.parametrize("where", [("sead",), ("splits", "fold"), ("student", "families", "cox", "inner_fold")], ids=".".join)
def test_schema_refuses_a_misspelt_key(where):
    config = read(schema.CONFIG / "config.yaml")
    place = config
    for key in where[:-1]:
        place = place[key]
    place[where[-1]] = 3
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(config, schema.json_schema())


@pytest.mark.parametrize(
    "row",
    [
        "| `splits.folds` | whole number ≥ 1, ≤ 50 | `5` |",
        "| `cohorts` | list of text | required |",
        "| `student.families.<name>.tiny.layers` | whole number ≥ 1, ≤ 48 | `1` |",
        "| `covariates.<name>.kind` | `numeric`, `categorical` | required |",
        "| `source` | [BuiltinSource](#builtinsource) or [TableSource](#tablesource) or [SimulatedSource](#simulatedsource) | required |",
        "| `path` | text | required |",
        "| `patient_id` | text or [PatientKey](#patientkey) | `null` |",
        "| `visits.tables.<name>.lookup.key` | text | required |",
        "| `weights.images` | number ≥ 0, ≤ 5 | `0.5` |",
    ],
)
def test_tables_say(row):
    assert row in schema.tables()


def test_every_setting_has_a_meaning():
    rows = [line for line in schema.tables().splitlines() if line.startswith("| `")]
    assert len(rows) > 50
    assert all(line.split("|")[4].strip() for line in rows)

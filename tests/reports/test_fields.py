"""The structure that ships is complete; one at fault is refused, by name."""

import pytest
import yaml

from tests.project import ROOT
from workflow_scripts.lib.contracts.reports import FIELDS
from workflow_scripts.lib.errors import ConfigError
from workflow_scripts.lib.reports.fields import load_fields
from workflow_scripts.lib.reports.statements import Statement

SHIPPED = ROOT / "resources/reports/fields.yaml"


def changed(tmp_path, change):
    raw = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    change(raw)
    path = tmp_path / "fields.yaml"
    path.write_text(yaml.safe_dump(raw), encoding="utf-8")
    return path


def test_shipped_fields_are_those_of_the_contract():
    assert tuple(load_fields(SHIPPED).root) == FIELDS


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        (Statement("stage", "T", "ypT2a"), ""),
        (Statement("stage", "T", "III"), "stage does not allow such a value"),
        (Statement("stage", "group", "pT2a"), "stage does not allow such a value"),
        (Statement("nodes", "extranodal", "absent"), ""),
        (Statement("stage", "T", "pT9"), "stage does not allow such a value"),
        (Statement("stage", "T", "pT2a or more"), "stage does not allow such a value"),
        (Statement("nodes", "regional", "0/?"), ""),
        (Statement("margins", "all", "clear"), "margins does not allow such a value"),
        (Statement("margins", "hepatic", "positive"), "margins has no such aspect"),
        (Statement("mood", "all", "good"), "there is no such field"),
    ],
)
def test_a_statement_fits_or_is_told_why_not(statement, fault):
    assert load_fields(SHIPPED).fault(statement) == fault


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda raw: raw.pop("stage"), "'stage' is missing"),
        (lambda raw: raw.update(stages=raw.pop("stage")), "'stages' is no field: did you mean 'stage'"),
        (lambda raw: raw["grade"].update(pattern="[1-4"), "no regular expression"),
        (lambda raw: raw["grade"].update(values=["1"]), "values or a pattern, and not both"),
        (lambda raw: raw["margins"].pop("values"), "values or a pattern"),
        (lambda raw: raw["stage"]["pattern"].update(T="[0-4"), "no regular expression"),
        (lambda raw: raw["stage"]["pattern"].pop("T"), "pattern: expected one for each aspect"),
        (lambda raw: raw["margins"].update(aspects={}), "margins.aspects"),
        (lambda raw: raw["margins"].update(meanings="x"), "did you mean 'meaning'"),
    ],
)
def test_a_file_at_fault_is_refused(tmp_path, change, words):
    with pytest.raises(ConfigError, match=words.replace("[", "\\[")):
        load_fields(changed(tmp_path, change))


def test_no_file_and_no_yaml_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="no file"):
        load_fields(tmp_path / "fields.yaml")
    (tmp_path / "fields.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(ConfigError, match="not valid YAML"):
        load_fields(tmp_path / "fields.yaml")

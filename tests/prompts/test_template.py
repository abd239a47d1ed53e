"""Templates: what is refused, and in which words."""

from pathlib import Path

import pytest
import yaml

from workflow_scripts.lib.errors import ConfigError
from workflow_scripts.lib.prompts.template import load_template

CLINICAL = Path("resources/prompts/clinical.yaml")


@pytest.fixture
def altered(tmp_path):
    """Writes the shipped template with other values to a file."""

    def write(**values):
        path = tmp_path / "mine.yaml"
        path.write_text(yaml.safe_dump({**yaml.safe_load(CLINICAL.read_text(encoding="utf-8")), **values}), encoding="utf-8")
        return path

    return write


def test_the_label_has_id_and_version(altered):
    assert load_template(altered(id="mine", version=7)).label == "mine v7"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"prompt": "{subjekt}; {covariates}. {question}"}, ["prompt", "{subjekt}", "did you mean 'subject'?"]),
        ({"covariate": "{label} {valu}"}, ["covariate", "{valu}", "did you mean 'value'?"]),
        ({"questions": {"percentile": "{endpoints}", "horizons": ""}}, ["questions", "did you mean 'endpoint'?"]),
        ({"missing": "{label"}, ["missing", "expected '}'"]),
        ({"covariate": "{label} {}"}, ["covariate", "{}", "label"]),
        ({"covariate": "{label.__class__} {value}"}, ["{label.__class__}"]),
        ({"prompt": "{covariates}. {question} Answer:"}, ["end with {question}"]),
        ({"prompt": "{subject} {question}"}, ["{covariates}"]),
        ({"answers": {"percentile": "high", "horizons": "{number}"}}, ["answers", "{number} once"]),
        ({"answers": {"percentile": "{number}", "horizons": "{number}{number}"}}, ["answers", "{number} once"]),
        ({"seperator": "; "}, ["'seperator'", "did you mean 'separator'?"]),
        ({"version": 0}, ["version", "greater than or equal to 1"]),
    ],
)
def test_what_a_template_may_not_say(altered, values, words):
    with pytest.raises(ConfigError) as refusal:
        load_template(altered(**values))
    assert all(word in str(refusal.value) for word in [*words, "mine.yaml"])


def test_a_missing_file_is_answered_with_its_neighbour():
    with pytest.raises(ConfigError, match=r"there is no resources/prompts/clinicla\.yaml; did you mean 'clinical\.yaml'\?"):
        load_template(CLINICAL.with_name("clinicla.yaml"))


@pytest.mark.parametrize(("text", "words"), [("prompt: [", "not valid YAML"), ("just words", "mine.yaml")])
def test_a_file_that_is_no_template(tmp_path, text, words):
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=words):
        load_template(path)

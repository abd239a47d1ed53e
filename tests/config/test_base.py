"""Settings: misspelt keys are answered, nothing is coerced, and all faults are reported at once."""

import pytest
from pydantic import Field, ValidationError

from workflow_scripts.lib.config.base import Section, parse
from workflow_scripts.lib.errors import ConfigError, did_you_mean


class Inner(Section):
    """A section in a section."""

    bins: int = Field(4, ge=1)


class Outer(Section):
    """A section."""

    folds: int = Field(5, ge=2)
    rate: float = 0.5
    inner: Inner = Inner()


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"fold": 3}, "config: 'fold' is not a setting here: did you mean 'folds'?"),
        ({"zzz": 3}, "config: 'zzz' is not a setting here: known names: folds, inner, rate"),
        ({"inner": {"bin": 3}}, "config.inner: 'bin' is not a setting here: did you mean 'bins'?"),
        ({"folds": "5"}, "config.folds: Input should be a valid integer (found '5')"),
        ({"folds": True}, "config.folds: Input should be a valid integer (found True)"),
        ({"folds": 1}, "config.folds: Input should be greater than or equal to 2 (found 1)"),
        ([], "config: Input should be a valid dictionary or instance of Outer (found [])"),
    ],
)
def test_one_fault(raw, message):
    with pytest.raises(ConfigError) as refusal:
        parse(Outer, raw, "config")
    assert str(refusal.value) == message


def test_all_faults_at_once():
    with pytest.raises(ConfigError) as refusal:
        parse(Outer, {"folds": 1, "rate": "fast", "inner": {"bins": 0}}, "config")
    assert [line.split(":")[0] for line in str(refusal.value).splitlines()] == ["config.folds", "config.rate", "config.inner.bins"]


def test_all_misspelt_keys_at_once():
    with pytest.raises(ConfigError, match=r"'fold' is .*'folds'\?; 'rates' is .*'rate'\?"):
        parse(Outer, {"fold": 3, "rates": 1.0}, "config")


def test_sections_are_frozen():
    with pytest.raises(ValidationError):
        Outer().folds = 3


def test_a_whole_number_serves_as_a_number():
    assert parse(Outer, {"rate": 1}, "config").rate == 1.0


def test_hint_lists_all_names_when_none_is_close():
    assert did_you_mean("agee", ["sex", "age"]) == "did you mean 'age'?"
    assert did_you_mean("weight", ["sex", "age"]) == "known names: age, sex"

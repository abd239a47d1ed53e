"""One rule, one script, one log, one benchmark, one test: all of the same name."""

import re

import pytest

from tests.architecture.tree import CODE, ROOT, imports, rules, scripts

RULES = [(name, *rest) for name, rest in rules().items()]
every_rule = pytest.mark.parametrize(("name", "path", "text"), RULES, ids=[rule[0] for rule in RULES])


def directive(text, name):
    """What stands below a directive of a rule."""
    found = re.search(rf"^    {name}:\n((?:        .*\n|\n)*)", text, flags=re.MULTILINE)
    return found.group(1).strip().removesuffix(",") if found else ""


@every_rule
def test_script_has_the_name_of_the_rule_and_stands_in_its_stage(name, path, text):
    script = directive(text, "script")
    assert script == f'"../workflow_scripts/{path.stem}/{name}.py"'
    assert (path.parent / script.strip('"')).is_file()


@every_rule
def test_log_and_benchmark_carry_the_name_of_the_rule(name, path, text):
    assert re.fullmatch(rf'"results/logs/(.*[/.])?{name}\.log"', directive(text, "log"))
    assert re.fullmatch(rf'"results/benchmarks/(.*[/.])?{name}\.jsonl"', directive(text, "benchmark"))


@every_rule
def test_code_digest_is_a_param(name, path, text):
    params = directive(text, "params")
    assert re.search(rf'^\s*code=(family_)?code_of\("{path.stem}/{name}"\),?$', params, flags=re.MULTILINE)


@every_rule
def test_retries_are_left_to_the_profile(name, path, text):
    assert not re.search(r"^    retries:", text, flags=re.MULTILINE)


@every_rule
def test_script_is_tested(name, path, text):
    tested = {found for test in (ROOT / "tests" / "stages").glob("test_*.py") for found in imports(test)}
    assert f"workflow_scripts.{path.stem}.{name}" in tested


def test_every_script_has_a_rule():
    assert {path.stem for path in scripts()} == set(rules())


def test_only_common_smk_imports():
    for path in (ROOT / "rules").glob("*.smk"):
        assert path.name == "common.smk" or not re.search(r"^(import|from) ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)


def test_every_rule_file_opens_with_what_it_does():
    for path in (ROOT / "rules").glob("*.smk"):
        first, second = path.read_text(encoding="utf-8").splitlines()[:2]
        assert first.startswith("# ")
        assert re.match(r"# In: .* Out: ", second), path.name


def test_stages_are_folders():
    stages = {path.stem for path in (ROOT / "rules").glob("*.smk")} - {"common"}
    assert stages == {path.parent.name for path in scripts()}
    assert all((CODE / stage).is_dir() for stage in stages)

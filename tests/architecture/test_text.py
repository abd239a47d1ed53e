"""What the project's text may say, and what it must."""

import re

import yaml

from tests.architecture.tree import ROOT, project_files, rules, sources

MACHINE = re.compile(r"(?<![\w.:/-])/(?:home|root|work|Users|tmp|mnt|scratch|opt)/\w")
HOSTS = re.compile(r"pypi\.org|files\.pythonhosted|repo\.anaconda|huggingface\.co")


def texts():
    for name in project_files():
        try:
            yield name, (ROOT / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def test_no_path_of_a_machine_and_no_registry():
    for name, text in texts():
        assert not MACHINE.findall(text), name
        assert not HOSTS.findall(text), name


def test_results_are_not_part_of_the_project():
    made = [name for name in project_files() if name.split("/")[0] in ("results", ".snakemake", ".venv")]
    assert not made


def test_every_citation_resolves():
    keys = set(re.findall(r"^@\w+\{([^,\s]+),", (ROOT / "resources/references.bib").read_text(encoding="utf-8"), flags=re.MULTILINE))
    cited = {(path.name, key) for path in sources() for key in re.findall(r"`([a-z]+\d{4}[a-z]?)`", path.read_text(encoding="utf-8"))}
    for path in (ROOT / "config/cohorts").glob("*.yaml"):
        citation = yaml.safe_load(path.read_text(encoding="utf-8")).get("citation")
        cited |= {(path.name, citation)} if citation else set()
    assert cited
    assert not [(file, key) for file, key in sorted(cited) if key not in keys]


def test_every_reference_is_closed():
    entries = (ROOT / "resources/references.bib").read_text(encoding="utf-8").split("\n@")
    assert not [entry.splitlines()[0] for entry in entries if entry.count("{") != entry.count("}")]


def test_readme_has_a_line_for_every_top_level_entry():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    entries = {name.split("/")[0] for name in project_files()} | {"slurm"}
    lines = readme.splitlines()
    assert not [entry for entry in sorted(entries) if not any(f"`{entry}" in line for line in lines)]


def test_readme_names_every_rule_beside_its_stage():
    table = [line for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    for name, (path, _) in rules().items():
        row = next((line for line in table if re.match(rf"\|\s*`?{path.stem}`?\s*\|", line)), "")
        assert re.search(rf"\b{name}\b", row), f"{name} is not in the row of {path.stem}"

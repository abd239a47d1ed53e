"""The lock pins everything, and whatever names packages agrees with it."""

import re
import sys
import tomllib
from importlib.metadata import distributions, packages_distributions, requires

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.tree import CODE, ROOT, imports, sources

PIN = re.compile(r"([A-Za-z0-9_.-]+)==([0-9][\w.!]*)")


def lines_of(name):
    """A file in envs without its comments."""
    return [line for line in (ROOT / "envs" / name).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


def pins(name):
    """By canonical name, the version that a file in envs pins; every line of it must be such a pin."""
    found = {line: PIN.fullmatch(line) for line in lines_of(name)}
    assert all(found.values()), [line for line, match in found.items() if not match]
    return {canonicalize_name(match[1]): match[2] for match in found.values()}


def declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [Requirement(line) for line in project["dependencies"]]


def test_the_environment_is_the_lock():
    there = {canonicalize_name(found.name): found.version.split("+")[0] for found in distributions()}
    assert {name: there.get(name) for name in pins("lock.txt")} == pins("lock.txt")


def test_the_lock_is_transitive():
    lock = pins("lock.txt")
    known = set(lock) | {"setuptools", "pip", "wheel"}
    for name in lock:
        needed = (Requirement(line) for line in requires(name) or ())
        missing = [other.name for other in needed if _applies(other) and canonicalize_name(other.name) not in known]
        assert not [other for other in missing if not other.startswith("nvidia-")], f"{name} needs {missing}"


def _applies(requirement):
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})


def test_declared_dependencies_are_pinned():
    lock = pins("lock.txt")
    for requirement in declared():
        assert lock[canonicalize_name(requirement.name)] in requirement.specifier


def test_every_import_is_a_declared_dependency():
    ours = {"workflow_scripts", "tests", "snakemake"}
    tops = {name.split(".")[0] for path in (*sources(CODE), *sources(ROOT / "tests")) for name in imports(path)}
    where = packages_distributions()
    known = {canonicalize_name(requirement.name) for requirement in declared()}
    others = tops - ours - set(sys.stdlib_module_names)
    assert not [name for name in sorted(others) if not known & {canonicalize_name(found) for found in where[name]}]


def test_conda_users_get_the_same():
    build, lock = pins("build.txt"), pins("lock.txt")
    wanted = yaml.safe_load((ROOT / "envs/survdistill.yaml").read_text(encoding="utf-8"))["dependencies"]
    pip = wanted.pop()
    assert pip == {"pip": lines_of("lock.txt")}
    assert wanted[3:] == [f"{name}={version}" for name, version in build.items()]
    assert build["numpy"] == lock["numpy"]


def test_what_only_the_benchmark_needs_is_not_in_the_lock():
    assert not set(pins("benchmark.txt")) & set(pins("lock.txt"))
    assert pins("benchmark.txt")["trl"]

"""Who may import whom."""

import subprocess
import sys

import pytest

from tests.architecture.tree import CODE, ROOT, imports, scripts, sources
from workflow_scripts.lib.provenance.code import modules_of

LAYERS = [
    *("errors", "survival", "config", "contracts", "provenance", "simulation", "ingest", "radiomics", "reports", "leakage"),
    *("modalities", "teacher", "prompts", "training", "families", "evaluate", "attention", "audit"),
]
HEAVY = {"torch", "transformers", "peft", "tokenizers", "torchsurv"}
SLOW = {
    "sksurv",
    "sklearn",
    "lifelines",
    "scipy.stats",
    "matplotlib.pyplot",
    "openai",
    "httpx2",
}  # up to a second each: imported where they are used
LIB = sources(CODE / "lib")
COMPUTES = {"simulate_dynamics", "simulate_recovery", "simulate_pruning", "extract_radiomics"}  # on tensors, whichever families there are
ASKS = {"refine_reports", "write_background", "ask_teacher"}  # a model on this machine, where the config says so: loaded when it is asked
LOCAL = "workflow_scripts/lib/reports/engines/local.py"
BAGS = "workflow_scripts/lib/ingest/slides.py"  # a .pt is read, safely, by the library that wrote it; imported where it is needed


TENSORS = "workflow_scripts/lib/radiomics/batched/"  # radiomics on tensors, for GPUs; hundreds of images pay for loading torch once


def layer(name):
    """The layer of one of our modules, by its dotted name or its path; None for others and for the library itself."""
    parts = name.removesuffix(".py").replace("/", ".").split(".")
    return parts[2] if parts[:2] == ["workflow_scripts", "lib"] and len(parts) > 2 and parts[2] != "__init__" else None


def of(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", LIB, ids=of)
def test_imports_point_left_only(path):
    own = layer(of(path))
    used = {layer(name) for name in imports(path)} - {None}
    assert used <= set(LAYERS), f"layers that LAYERS does not place: {used - set(LAYERS)}"
    if own is not None:
        right = sorted(found for found in used if LAYERS.index(found) > LAYERS.index(own))
        assert not right, f"{own} imports {right}, which stand right of it"


@pytest.mark.parametrize("path", LIB, ids=of)
def test_lib_knows_nothing_of_snakemake_or_of_scripts(path):
    for name in imports(path):
        assert name.split(".")[0] != "snakemake"
        assert not name.startswith("workflow_scripts.") or name.startswith("workflow_scripts.lib")


@pytest.mark.parametrize("path", scripts(), ids=of)
def test_scripts_are_leaves(path):
    ours = [name for name in imports(path) if name.split(".")[0] == "workflow_scripts"]
    assert ours
    assert all(name.startswith("workflow_scripts.lib.") for name in ours)


@pytest.mark.parametrize("path", LIB, ids=of)
def test_only_what_trains_imports_deep_learning(path):
    heavy = {name.split(".")[0] for name in imports(path)} & HEAVY
    assert (
        not heavy or layer(of(path)) in ("training", "families", "attention") or of(path).startswith(TENSORS) or of(path) in (BAGS, LOCAL)
    )


@pytest.mark.parametrize("path", [path for path in scripts() if path.parent.name != "student" and path.stem not in COMPUTES | ASKS], ids=of)
def test_scripts_that_do_not_train_never_load_deep_learning(path):
    loaded = {name.split(".")[0] for file in modules_of(ROOT, of(path)) if file != BAGS for name in imports(ROOT / file)}
    assert not loaded & HEAVY


def test_starting_a_script_loads_nothing_heavy_or_slow():
    """Hundreds of jobs pay for it; what trains loads torch with its family, or to ask a language model where it puts patients."""
    names = [of(path).removesuffix(".py").replace("/", ".") for path in scripts() if path.stem not in {"embed_patients", *COMPUTES}]
    code = f"import sys\nfrom importlib import import_module\nfor name in {names}:\n import_module(name)\n"
    code += f" loaded = {HEAVY | SLOW} & set(sys.modules)\n if loaded: sys.exit(f'{{name}} loads {{sorted(loaded)}}')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["cox", "coxnet", "cox_multimodal", "random_forest", "boosting"])
def test_families_fitted_in_closed_form_never_load_torch(name):
    """It would be half of their time: hundreds of short jobs."""
    modules = f"workflow_scripts.lib.families.{name}, workflow_scripts.student.fit_student, workflow_scripts.student.predict_student"
    code = f"import sys, {modules}\nprint('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_what_the_snakefile_imports_is_light():
    """The Snakefile is parsed again in every job."""
    heavy = sorted(HEAVY | {"numpy", "pandas", "pyarrow", "sklearn", "sksurv", "scipy", "matplotlib"})
    code = (
        "import sys, workflow_scripts.lib.config.workflow, workflow_scripts.lib.config.paths, workflow_scripts.lib.provenance.code\n"
        "import workflow_scripts.lib.prompts.template, workflow_scripts.lib.radiomics.settings\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_of_the_audit_loads_nothing_heavy():
    """It answers at once; and no command of it needs what trains."""
    heavy = sorted(HEAVY | {"pandas", "pyarrow", "matplotlib", "rocrate"})
    code = f"import sys\nfrom workflow_scripts.audit.__main__ import parser\nparser()\nprint([n for n in {heavy} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    used = modules_of(ROOT, "workflow_scripts/audit/__main__.py")
    assert not {name.split(".")[0] for file in used if file != BAGS for name in imports(ROOT / file)} & HEAVY

# What rules share: the checked configuration, code digests, and paths that depend on it.
# In: config. Out: CONFIG, COHORTS, FAMILIES, FOLDS and the functions below. No rule lives here.

from workflow_scripts.lib.config import paths
from workflow_scripts.lib.config.base import plain
from workflow_scripts.lib.config.cohort import PatientsConfig
from workflow_scripts.lib.config.sources import REMOTE
from workflow_scripts.lib.config.workflow import load_workflow
from workflow_scripts.lib.errors import ConfigError
from workflow_scripts.lib.prompts.prognosis import load_case_template
from workflow_scripts.lib.prompts.template import load_template
from workflow_scripts.lib.provenance.code import code_of as _code_of
from workflow_scripts.lib.radiomics.settings import load_settings

try:
    CONFIG, COHORTS = load_workflow(config)
    load_template(CONFIG.prompts.template)
    load_case_template(CONFIG.cases.template)
    load_settings(CONFIG.radiomics.settings)
except ConfigError as error:
    raise WorkflowError(f"The configuration cannot be used:\n{error}") from None

FAMILIES = dict(sorted(CONFIG.student.families.items()))  # by name: the order in YAML must rerun nothing
FOLDS = [f"r{r}f{f}" for r in range(1, CONFIG.splits.repeats + 1) for f in range(1, CONFIG.splits.folds + 1)]
SEED = CONFIG.seed


def cohort_of(*keys):
    """A params function: these keys of the cohort's file."""
    return lambda wildcards: plain({key: plain(getattr(COHORTS[wildcards.cohort], key)) for key in keys})


def of_cohort(function, *words):
    """An input function: what `function` of lib/config/paths.py says of the cohort."""
    return lambda wildcards: function(wildcards.cohort, COHORTS[wildcards.cohort], *words)


def raw_inputs(wildcards):
    """What a source is fetched from; an address through Snakemake's storage plugins."""
    found = paths.raw_source(wildcards.cohort, COHORTS[wildcards.cohort], wildcards.source)
    return {name: storage(path) if path.startswith(REMOTE) else path for name, path in found.items()}


def code_of(script):  # and of every module of ours that it imports
    return _code_of(ROOT, f"workflow_scripts/{script}.py")


def module_of(wildcards):
    """The file of the family that runs under the name `wildcards.family`."""
    path = f"workflow_scripts/lib/families/{FAMILIES[wildcards.family].family}"
    return f"{path}.py" if (ROOT / f"{path}.py").is_file() else f"{path}/__init__.py"


def family_code_of(script):
    """As code_of, for scripts that import the family by its name."""
    return lambda wildcards: _code_of(ROOT, f"workflow_scripts/{script}.py", module_of(wildcards))


def of_family(setting, otherwise):
    """A resource function: a setting of the family that runs under the name `wildcards.family`, for families that have it."""
    return lambda wildcards: getattr(FAMILIES[wildcards.family], setting, otherwise)


def family_tables(wildcards):
    """The tables that a family reads beside patients, folds and time grid."""
    cohort, family = wildcards.cohort, FAMILIES[wildcards.family]
    return paths.tables_of(cohort, COHORTS[cohort], family, wildcards.fold, CONFIG.radiomics.shards)


FITTED = {name: paths.families_of(cohort, FAMILIES) for name, cohort in COHORTS.items()}  # by cohort
ANSWERS = {name: f"results/{{}}/teacher/{{}}/{name}_curves.parquet" for name in ("teacher", "oracle")}
ANSWERS |= {name: f"results/{{}}/student/{name}/{{}}/predictions.parquet" for name in FAMILIES}
KNOWN = [name for name, cohort in COHORTS.items() if cohort.source.kind == "simulated" and cohort.control == "none"]  # with an oracle
STUDENTS = {name: family.teacher for name, family in FAMILIES.items() if hasattr(family, "teacher")}


def in_report(path, section, title, category="{cohort}"):
    """An output that the report shows, with the caption of its own name."""
    words = {"caption": f"../resources/report/{Path(path).stem}.rst", "category": category, "subcategory": section}
    return report(path, **words, labels={"figure": title})

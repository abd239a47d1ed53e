"""survdistill: raw cohorts in; survival models that speak, their scores, and where every number came from out."""

import os
import sys
from pathlib import Path
from snakemake.utils import min_version

min_version("9.0")
os.umask(0o027)  # results hold patient data: never readable by everybody

ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT))
os.environ.update(PYTHONPATH=os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep))

from workflow_scripts.lib.provenance.garbage import collect_seldom
from workflow_scripts.lib.provenance.preflight import check_machine

collect_seldom()


configfile: "config/config.yaml"


report: "resources/report/workflow.rst"


STAGES = "common ingest radiomics reports splits leakage teacher prompts student evaluate figures interpretation report attention audit"
for stage in STAGES.split():

    include: f"rules/{stage}.smk"


wildcard_constraints:
    cohort="|".join(COHORTS),
    source=r"[\w.]+",
    family="|".join([*FAMILIES, "teacher", "oracle"]),
    fold=r"r\d+f\d+",
    teacher="cox|random_forest|boosting|average",
    background="|".join(BACKGROUNDS),


onstart:
    check_machine(Path("results"), not workflow.local_exec, {name: getattr(cfg, "machines", None) for name, cfg in FAMILIES.items()})
    # For a limit of jobs per second, of no use here, Snakemake 9.27 looks at all ready jobs in every second (its pull request 3744).
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None


rule all:
    default_target: True
    input:
        TARGETS,
        rules.seal_artifacts.output,


rule simulations:
    input:
        SIMULATIONS,
        rules.seal_artifacts.output if os.path.exists(rules.seal_artifacts.output.ledger) else [],  # a sealed run stays sealed

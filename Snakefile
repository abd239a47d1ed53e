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


include: "rules/common.smk"
include: "rules/ingest.smk"
include: "rules/radiomics.smk"
include: "rules/splits.smk"
include: "rules/leakage.smk"
include: "rules/teacher.smk"
include: "rules/prompts.smk"
include: "rules/student.smk"
include: "rules/evaluate.smk"
include: "rules/figures.smk"
include: "rules/report.smk"
include: "rules/audit.smk"


wildcard_constraints:
    cohort="|".join(COHORTS),
    source=r"[\w.]+",
    family="|".join([*FAMILIES, "teacher", "oracle"]),
    fold=r"r\d+f\d+",
    teacher="cox|random_forest|boosting|average",


onstart:
    check_machine(Path("results"), on_slurm=not workflow.local_exec)
    # For a limit of jobs per second, of no use here, Snakemake 9.27 looks at all ready jobs in every second (its pull request 3744).
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None


rule all:
    default_target: True
    input:
        TARGETS,
        rules.seal_artifacts.output,

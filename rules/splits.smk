# Splits: who trains, validates and tests in each fold, and each fold's time grid.
# In: patients, registry, folds once admitted. Out: proposed_folds, time_grid (fitted on each fold's training patients only).


rule assign_folds:
    input:
        unpack(of_cohort(paths.published_folds)),
        patients="results/{cohort}/ingest/patients.parquet",
        registry="results/{cohort}/ingest/registry.parquet",
    output:
        folds="results/{cohort}/splits/proposed_folds.parquet",
    log:
        "results/logs/{cohort}/assign_folds.log",
    benchmark:
        "results/benchmarks/{cohort}/assign_folds.jsonl"
    priority: 100
    conda:
        "../envs/survdistill.yaml"
    params:
        cfg=plain(CONFIG.splits),
        split=lambda wildcards: plain(COHORTS[wildcards.cohort].split) if COHORTS[wildcards.cohort].split else None,
        seed=SEED,
        code=code_of("splits/assign_folds"),
    script:
        "../workflow_scripts/splits/assign_folds.py"


rule fit_time_grid:
    input:
        patients="results/{cohort}/ingest/patients.parquet",
        folds="results/{cohort}/splits/folds.parquet",
    output:
        time_grid="results/{cohort}/splits/time_grid.parquet",
    log:
        "results/logs/{cohort}/fit_time_grid.log",
    benchmark:
        "results/benchmarks/{cohort}/fit_time_grid.jsonl"
    priority: 100
    conda:
        "../envs/survdistill.yaml"
    params:
        cfg=plain(CONFIG.splits),
        code=code_of("splits/fit_time_grid"),
    script:
        "../workflow_scripts/splits/fit_time_grid.py"

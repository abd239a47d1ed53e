# Leakage: what would make a result false is looked for before any model trains, and stops the run unless accepted with a reason.
# In: patients, registry, every modality, proposed_folds. Out: findings, flow, folds (the proposal, once it is admitted).


rule audit_leakage:
    input:
        unpack(of_cohort(paths.modalities)),
        patients="results/{cohort}/ingest/patients.parquet",
        registry="results/{cohort}/ingest/registry.parquet",
        refusals="results/{cohort}/ingest/refusals.parquet",
        proposed_folds="results/{cohort}/splits/proposed_folds.parquet",
    output:
        findings="results/{cohort}/leakage/findings.parquet",
        flow="results/{cohort}/leakage/flow.parquet",
    log:
        "results/logs/{cohort}/audit_leakage.log",
    benchmark:
        "results/benchmarks/{cohort}/audit_leakage.jsonl"
    priority: 100
    conda:
        "../envs/survdistill.yaml"
    params:
        cfg=lambda wildcards: plain(COHORTS[wildcards.cohort].leakage),
        known_after=lambda wildcards: [name for name, one in COHORTS[wildcards.cohort].covariates.items() if one.known_after_index],
        grouped=CONFIG.splits.grouped_by_site,
        endpoint=lambda wildcards: COHORTS[wildcards.cohort].endpoint,
        code=code_of("leakage/audit_leakage"),
    script:
        "../workflow_scripts/leakage/audit_leakage.py"


rule admit_folds:
    input:
        proposed_folds="results/{cohort}/splits/proposed_folds.parquet",
        findings="results/{cohort}/leakage/findings.parquet",
    output:
        folds="results/{cohort}/splits/folds.parquet",
    log:
        "results/logs/{cohort}/admit_folds.log",
    benchmark:
        "results/benchmarks/{cohort}/admit_folds.jsonl"
    priority: 100
    conda:
        "../envs/survdistill.yaml"
    params:
        code=code_of("leakage/admit_folds"),
    script:
        "../workflow_scripts/leakage/admit_folds.py"

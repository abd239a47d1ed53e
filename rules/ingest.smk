# Ingest: a raw cohort becomes one row per patient, with every column named, typed and in stated units.
# In: the source named in config/cohorts/<cohort>.yaml. Out: source (unaltered), patients, refusals.


rule fetch_source:
    input:
        unpack(lambda w: {"table": COHORTS[w.cohort].source.path} if COHORTS[w.cohort].source.kind == "table" else {}),
    output:
        source="results/{cohort}/ingest/source",
    log:
        "results/logs/{cohort}/fetch_source.log",
    benchmark:
        "results/benchmarks/{cohort}/fetch_source.jsonl"
    priority: 100  # a cohort that cannot be read stops the run before any model trains
    conda:
        "../envs/survdistill.yaml"
    params:
        cfg=cohort_of("source"),
        code=code_of("ingest/fetch_source"),
    script:
        "../workflow_scripts/ingest/fetch_source.py"


rule build_cohort:
    input:
        source="results/{cohort}/ingest/source",
    output:
        patients="results/{cohort}/ingest/patients.parquet",
        refusals="results/{cohort}/ingest/refusals.parquet",
    log:
        "results/logs/{cohort}/build_cohort.log",
    benchmark:
        "results/benchmarks/{cohort}/build_cohort.jsonl"
    priority: 100
    conda:
        "../envs/survdistill.yaml"
    params:
        cfg=cohort_of("source", "patient_id", "time", "event", "covariates", "missing", "ignored", "strict"),
        code=code_of("ingest/build_cohort"),
    script:
        "../workflow_scripts/ingest/build_cohort.py"

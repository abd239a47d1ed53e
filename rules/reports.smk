# Reports: freed of what scanning put in, and brought into one structure whose statements show the words they rest on.
# In: reports, the structure. Out: cleaned_reports, refined_reports, background_knowledge, refusals of either.


rule clean_reports:
    input:
        reports="results/{cohort}/ingest/reports.parquet",
    output:
        cleaned="results/{cohort}/reports/cleaned_reports.parquet",
        refusals="results/{cohort}/reports/cleaned_refusals.parquet",
    log:
        "results/logs/{cohort}/clean_reports.log",
    benchmark:
        "results/benchmarks/{cohort}/clean_reports.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        strict=lambda wildcards: COHORTS[wildcards.cohort].strict,
        code=code_of("reports/clean_reports"),
    script:
        "../workflow_scripts/reports/clean_reports.py"

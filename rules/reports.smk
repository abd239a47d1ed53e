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


rule refine_reports:
    input:
        CONFIG.reports.weights,
        cleaned="results/{cohort}/reports/cleaned_reports.parquet",
        fields="resources/reports/fields.yaml",
        template=CONFIG.reports.refine_template,
    output:
        refined="results/{cohort}/reports/refined_reports.parquet",
        calls="results/{cohort}/reports/engine_calls.parquet",
        refusals="results/{cohort}/reports/refined_refusals.parquet",
    log:
        "results/logs/{cohort}/refine_reports.log",
    benchmark:
        "results/benchmarks/{cohort}/refine_reports.jsonl"
    conda:
        "../envs/survdistill.yaml"
    threads: CONFIG.reports.threads
    resources:
        gpu=CONFIG.reports.gpu,
    params:
        cfg=plain(CONFIG.reports),
        cache="results/{cohort}/reports/cache",
        strict=lambda wildcards: COHORTS[wildcards.cohort].strict,
        threads=lambda wildcards, threads: threads,
        code=code_of("reports/refine_reports"),
    script:
        "../workflow_scripts/reports/refine_reports.py"


rule write_background:
    input:
        CONFIG.reports.weights,
        template=CONFIG.reports.background_template,
        knowledge=sorted(str(path) for path in Path("resources/knowledge").glob("*.yaml")),
    output:
        background="results/{cohort}/reports/background_knowledge.parquet",
    log:
        "results/logs/{cohort}/write_background.log",
    benchmark:
        "results/benchmarks/{cohort}/write_background.jsonl"
    conda:
        "../envs/survdistill.yaml"
    threads: CONFIG.reports.threads
    resources:
        gpu=CONFIG.reports.gpu,
    params:
        cfg=plain(CONFIG.reports),
        cache="results/{cohort}/reports/cache",
        cancer=lambda wildcards: COHORTS[wildcards.cohort].cancer,
        threads=lambda wildcards, threads: threads,
        code=code_of("reports/write_background"),
    script:
        "../workflow_scripts/reports/write_background.py"

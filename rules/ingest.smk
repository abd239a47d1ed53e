# Ingest: raw sources become tables joined on the patient, every column named, typed and in stated units; who was left out and why.
# In: the sources named in config/cohorts/<cohort>.yaml. Out: sources (unaltered), patients, registry, a table per modality, refusals.


rule simulate_world:
    output:
        world="results/{cohort}/ingest/world/MANIFEST.json",
    log:
        "results/logs/{cohort}/simulate_world.log",
    benchmark:
        "results/benchmarks/{cohort}/simulate_world.jsonl"
    priority: 100
    conda:
        "../envs/survdistill.yaml"
    params:
        cfg=lambda wildcards: plain(COHORTS[wildcards.cohort].source),
        code=code_of("ingest/simulate_world"),
    script:
        "../workflow_scripts/ingest/simulate_world.py"


rule fetch_source:
    input:
        unpack(raw_inputs),
    output:
        source="results/{cohort}/ingest/sources/{source}",
    log:
        "results/logs/{cohort}/{source}.fetch_source.log",
    benchmark:
        "results/benchmarks/{cohort}/{source}.fetch_source.jsonl"
    priority: 100  # a cohort that cannot be read stops the run before any model trains
    conda:
        "../envs/survdistill.yaml"
    params:
        cfg=lambda wildcards: {"source": plain(COHORTS[wildcards.cohort].sources[wildcards.source])},
        code=code_of("ingest/fetch_source"),
    script:
        "../workflow_scripts/ingest/fetch_source.py"


rule build_cohort:
    input:
        source="results/{cohort}/ingest/sources/patients",
        lexicon="resources/identifiers.yaml",
        tables=of_cohort(paths.fetched, "tables."),
    output:
        patients="results/{cohort}/ingest/patients.parquet",
        registry="results/{cohort}/ingest/registry.parquet",
        refusals="results/{cohort}/ingest/refusals.parquet",
    log:
        "results/logs/{cohort}/build_cohort.log",
    benchmark:
        "results/benchmarks/{cohort}/build_cohort.jsonl"
    priority: 100
    conda:
        "../envs/survdistill.yaml"
    params:
        cfg=cohort_of(*PatientsConfig.model_fields),
        control=lambda wildcards: COHORTS[wildcards.cohort].control,
        published=lambda wildcards: COHORTS[wildcards.cohort].split and COHORTS[wildcards.cohort].split.column,
        seed=SEED,
        code=code_of("ingest/build_cohort"),
    script:
        "../workflow_scripts/ingest/build_cohort.py"


rule build_expression:
    input:
        source="results/{cohort}/ingest/sources/expression",
        registry="results/{cohort}/ingest/registry.parquet",
    output:
        expression="results/{cohort}/ingest/expression.parquet",
        refusals="results/{cohort}/ingest/expression_refusals.parquet",
    log:
        "results/logs/{cohort}/build_expression.log",
    benchmark:
        "results/benchmarks/{cohort}/build_expression.jsonl"
    priority: 100
    conda:
        "../envs/survdistill.yaml"
    params:
        cfg=lambda wildcards: plain(COHORTS[wildcards.cohort].expression),
        strict=lambda wildcards: COHORTS[wildcards.cohort].strict,
        code=code_of("ingest/build_expression"),
    script:
        "../workflow_scripts/ingest/build_expression.py"


rule build_reports:
    input:
        source="results/{cohort}/ingest/sources/reports",
        registry="results/{cohort}/ingest/registry.parquet",
        lexicon="resources/identifiers.yaml",
        known=of_cohort(paths.fetched, "patients", "tables."),
    output:
        reports="results/{cohort}/ingest/reports.parquet",
        refusals="results/{cohort}/ingest/reports_refusals.parquet",
    log:
        "results/logs/{cohort}/build_reports.log",
    benchmark:
        "results/benchmarks/{cohort}/build_reports.jsonl"
    priority: 100
    conda:
        "../envs/survdistill.yaml"
    params:
        cfg=lambda wildcards: plain(COHORTS[wildcards.cohort].reports),
        patients=cohort_of(*PatientsConfig.model_fields),
        code=code_of("ingest/build_reports"),
    script:
        "../workflow_scripts/ingest/build_reports.py"


rule build_images:
    input:
        unpack(of_cohort(paths.image_tables)),
        source="results/{cohort}/ingest/sources/images",
        registry="results/{cohort}/ingest/registry.parquet",
    output:
        images="results/{cohort}/ingest/images.parquet",
        bundle="results/{cohort}/ingest/images/MANIFEST.json",
        refusals="results/{cohort}/ingest/images_refusals.parquet",
    log:
        "results/logs/{cohort}/build_images.log",
    benchmark:
        "results/benchmarks/{cohort}/build_images.jsonl"
    priority: 100
    conda:
        "../envs/survdistill.yaml"
    threads: 4
    params:
        cfg=lambda wildcards: plain(COHORTS[wildcards.cohort].images.model_dump(exclude={"standardise"})),
        strict=lambda wildcards: COHORTS[wildcards.cohort].strict,
        threads=lambda wildcards, threads: threads,
        code=code_of("ingest/build_images"),
    script:
        "../workflow_scripts/ingest/build_images.py"


rule build_slides:
    input:
        source="results/{cohort}/ingest/sources/slides",
        registry="results/{cohort}/ingest/registry.parquet",
    output:
        slides="results/{cohort}/ingest/slides.parquet",
        refusals="results/{cohort}/ingest/slides_refusals.parquet",
    log:
        "results/logs/{cohort}/build_slides.log",
    benchmark:
        "results/benchmarks/{cohort}/build_slides.jsonl"
    priority: 100
    conda:
        "../envs/survdistill.yaml"
    params:
        cfg=lambda wildcards: plain(COHORTS[wildcards.cohort].slides),
        strict=lambda wildcards: COHORTS[wildcards.cohort].strict,
        code=code_of("ingest/build_slides"),
    script:
        "../workflow_scripts/ingest/build_slides.py"


rule build_visits:
    input:
        tables=of_cohort(paths.fetched, "visits."),
        registry="results/{cohort}/ingest/registry.parquet",
    output:
        visits="results/{cohort}/ingest/visits.parquet",
        refusals="results/{cohort}/ingest/visits_refusals.parquet",
    log:
        "results/logs/{cohort}/build_visits.log",
    benchmark:
        "results/benchmarks/{cohort}/build_visits.jsonl"
    priority: 100
    conda:
        "../envs/survdistill.yaml"
    params:
        cfg=lambda wildcards: plain(COHORTS[wildcards.cohort].visits),
        strict=lambda wildcards: COHORTS[wildcards.cohort].strict,
        code=code_of("ingest/build_visits"),
    script:
        "../workflow_scripts/ingest/build_visits.py"

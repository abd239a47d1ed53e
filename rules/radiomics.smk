# Radiomics: images made alike and cut into patches, each by itself, so that nothing passes between patients.
# In: images. Out: standardised, its bundle of images, its refusals.


rule standardise_images:
    input:
        images="results/{cohort}/ingest/images.parquet",
        pictures="results/{cohort}/ingest/images/MANIFEST.json",
    output:
        bundle="results/{cohort}/radiomics/images/MANIFEST.json",
        standardised="results/{cohort}/radiomics/standardised.parquet",
        refusals="results/{cohort}/radiomics/standardised_refusals.parquet",
    log:
        "results/logs/{cohort}/standardise_images.log",
    benchmark:
        "results/benchmarks/{cohort}/standardise_images.jsonl"
    conda:
        "../envs/survdistill.yaml"
    threads: 4
    params:
        cfg=lambda wildcards: plain(COHORTS[wildcards.cohort].images.standardise),
        strict=lambda wildcards: COHORTS[wildcards.cohort].strict,
        threads=lambda wildcards, threads: threads,
        code=code_of("radiomics/standardise_images"),
    script:
        "../workflow_scripts/radiomics/standardise_images.py"

# Radiomics: images made alike and cut into patches, each by itself, so that nothing passes between patients.
# In: images, the parameter file. Out: standardised and its bundle of images, patch_features in shards, refusals of either.


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


rule extract_radiomics:
    input:
        standardised="results/{cohort}/radiomics/standardised.parquet",
        bundle="results/{cohort}/radiomics/images/MANIFEST.json",
        settings=CONFIG.radiomics.settings,
    output:
        patch_features="results/{cohort}/radiomics/patch_features/{shard}.parquet",
        refusals="results/{cohort}/radiomics/patch_features/{shard}_refusals.parquet",
    log:
        "results/logs/{cohort}/{shard}.extract_radiomics.log",
    benchmark:
        "results/benchmarks/{cohort}/{shard}.extract_radiomics.jsonl"
    wildcard_constraints:
        shard=r"\d+",
    conda:
        "../envs/survdistill.yaml"
    resources:
        gpu=CONFIG.radiomics.gpu,
    params:
        cfg=plain(CONFIG.radiomics),
        cache="results/{cohort}/radiomics/cache",
        patch=lambda wildcards: COHORTS[wildcards.cohort].images.standardise.patch,
        shard="{shard}",
        strict=lambda wildcards: COHORTS[wildcards.cohort].strict,
        threads=lambda wildcards, threads: threads,
        code=code_of("radiomics/extract_radiomics"),
    script:
        "../workflow_scripts/radiomics/extract_radiomics.py"

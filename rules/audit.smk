# Audit: the trail of the whole run, sealed at its end.
# In: every target, and through its sidecar all that it was made from. Out: ledger, edges, crate, page, manifest; a line in runs.jsonl.

TARGETS = ["results/leaderboard.parquet", "results/comparisons.parquet", *paths.figures(CONFIG, COHORTS)]
SIMULATED = any(map(os.path.exists, SIMULATIONS))  # once made they are part of the run: kept up to date, and sealed with the rest
SETTINGS = {os.path.relpath(path) for path in workflow.configfiles} | {f"{CONFIG.cohort_folder}/{name}.yaml" for name in CONFIG.cohorts}


rule seal_artifacts:
    input:
        targets=lambda wildcards: [*TARGETS, *(SIMULATIONS if SIMULATED or "simulations" in workflow.dag_settings.targets else [])],
    output:
        ledger="results/audit/ledger.parquet",
        edges="results/audit/edges.parquet",
        crate="results/audit/crate/MANIFEST.json",
        manifest="results/audit/manifest.sha256",
        trail=report(
            "results/audit/trail.html",
            caption="../resources/report/trail.rst",
            category="(all cohorts)",
            subcategory="9 Trail",
            labels={"figure": "Where every number came from"},
        ),
    log:
        "results/logs/seal_artifacts.log",
    benchmark:
        "results/benchmarks/seal_artifacts.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        config=sorted(SETTINGS),
        code=code_of("audit/seal_artifacts"),
    script:
        "../workflow_scripts/audit/seal_artifacts.py"

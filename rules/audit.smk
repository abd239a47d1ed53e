# Audit: a finished run sealed, so that whoever gets it can verify, explain and compare it (python -m workflow_scripts.audit --help).
# In: every target of the run. Out: ledger, edges, manifest, crate, trail page; a line in results/audit/runs.jsonl.

TARGETS = ["results/leaderboard.parquet", "results/comparisons.parquet", *figures(CONFIG, COHORTS)]
SETTINGS = [*workflow.configfiles, *(f"{CONFIG.cohort_folder}/{name}.yaml" for name in CONFIG.cohorts)]


rule seal_artifacts:
    input:
        targets=TARGETS,
    output:
        ledger="results/audit/ledger.parquet",
        edges="results/audit/edges.parquet",
        manifest="results/audit/manifest.sha256",
        crate="results/audit/crate/MANIFEST.json",
        page=report(
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
        settings=sorted({os.path.relpath(path) for path in SETTINGS}),
        code_root=os.path.relpath(ROOT),
        code=code_of("audit/seal_artifacts"),
    script:
        "../workflow_scripts/audit/seal_artifacts.py"

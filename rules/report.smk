# Report: tables and texts that the report shows beside the figures.
# In: leaderboard, comparisons, proportional_hazards, prompts, cases, predictions, teacher_curves, prose_scores. Out: HTML pages.


rule show_leaderboard:
    input:
        leaderboard="results/leaderboard.parquet",
        comparisons="results/comparisons.parquet",
    output:
        page=report(
            "results/report/overview.html",
            caption="../resources/report/overview.rst",
            category="(all cohorts)",
            subcategory="1 Ranking",
            labels={"figure": "Leaderboard of every cohort"},
        ),
    log:
        "results/logs/show_leaderboard.log",
    benchmark:
        "results/benchmarks/show_leaderboard.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        outputs=OUTPUTS,
        code=code_of("report/show_leaderboard"),
    script:
        "../workflow_scripts/report/show_leaderboard.py"


rule show_findings:
    input:
        findings="results/{cohort}/leakage/findings.parquet",
    output:
        page=in_report("results/{cohort}/figures/findings.html", "0 Patients", "Leakage audit"),
    log:
        "results/logs/{cohort}/show_findings.log",
    benchmark:
        "results/benchmarks/{cohort}/show_findings.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        cohort="{cohort}",
        notes=lambda wildcards: paths.analysis_notes(COHORTS[wildcards.cohort]),
        code=code_of("report/show_findings"),
    script:
        "../workflow_scripts/report/show_findings.py"


rule show_proportional_hazards:
    input:
        patients="results/{cohort}/ingest/patients.parquet",
        proportional_hazards=expand("results/{{cohort}}/teacher/{fold}/proportional_hazards.parquet", fold=FOLDS),
    output:
        page=in_report("results/{cohort}/figures/hazards.html", "3 Calibration", "Proportional hazards"),
    log:
        "results/logs/{cohort}/show_proportional_hazards.log",
    benchmark:
        "results/benchmarks/{cohort}/show_proportional_hazards.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        cohort="{cohort}",
        code=code_of("report/show_proportional_hazards"),
    script:
        "../workflow_scripts/report/show_proportional_hazards.py"


rule show_prompts:
    input:
        time_grid="results/{cohort}/splits/time_grid.parquet",
        prompts=lambda wildcards: f"results/{wildcards.cohort}/prompts/{STUDENTS[wildcards.family]}/r1f1.parquet",
        predictions="results/{cohort}/student/{family}/r1f1/predictions.parquet",
        teacher_curves="results/{cohort}/teacher/r1f1/teacher_curves.parquet",
    output:
        page=in_report("results/{cohort}/figures/{family}/prompts.html", "4 Student", "What {family} reads and answers"),
    log:
        "results/logs/{cohort}/{family}.show_prompts.log",
    benchmark:
        "results/benchmarks/{cohort}/{family}.show_prompts.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        cfg=plain(CONFIG.report),
        cohort="{cohort}",
        family="{family}",
        fold="r1f1",
        speaker=lambda wildcards: STUDENTS[wildcards.family],
        horizon_days=lambda wildcards: COHORTS[wildcards.cohort].horizon_days,
        code=code_of("report/show_prompts"),
    script:
        "../workflow_scripts/report/show_prompts.py"


rule show_prose:
    input:
        patients="results/{cohort}/ingest/patients.parquet",
        time_grid="results/{cohort}/splits/time_grid.parquet",
        cases=lambda w: [paths.cases_of(w.cohort, COHORTS[w.cohort], FAMILIES[w.family], fold) for fold in FIRST_REPEAT],
        predictions=expand("results/{{cohort}}/student/{{family}}/{fold}/predictions.parquet", fold=FIRST_REPEAT),
        prose_scores="results/{cohort}/evaluate/{family}/prose_scores.parquet",
    output:
        page=in_report("results/{cohort}/figures/{family}/prose.html", "4 Student", "Whether what {family} writes is so"),
    log:
        "results/logs/{cohort}/{family}.show_prose.log",
    benchmark:
        "results/benchmarks/{cohort}/{family}.show_prose.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        cfg=plain(CONFIG.report),
        tolerance=CONFIG.prose.tolerance,
        covariates=lambda w: "covariates" in paths.known_of(COHORTS[w.cohort], FAMILIES[w.family]),
        cohort="{cohort}",
        family="{family}",
        folds=FIRST_REPEAT,
        seed=SEED,
        code=code_of("report/show_prose"),
    script:
        "../workflow_scripts/report/show_prose.py"

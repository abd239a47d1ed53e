# Evaluate: how good every family is on held-out patients, with intervals and paired comparisons; and whether what is written of them is so.
# In: patients, folds, time_grid, cases, predictions, teacher_curves. Out: fold_metrics, replicates, comparisons, leaderboard, prose_checks, prose_scores.

SCORED = [(cohort, family) for cohort in COHORTS for family in [*FITTED[cohort], "teacher", *(["oracle"] if cohort in KNOWN else [])]]


rule score_predictions:
    input:
        patients="results/{cohort}/ingest/patients.parquet",
        folds="results/{cohort}/splits/folds.parquet",
        time_grid="results/{cohort}/splits/time_grid.parquet",
        predictions=lambda w: [ANSWERS[w.family].format(w.cohort, fold) for fold in FOLDS],
        teacher_curves=lambda w: [ANSWERS["teacher"].format(w.cohort, fold) for fold in FOLDS] if w.family in STUDENTS else [],
    output:
        fold_metrics="results/{cohort}/evaluate/{family}/fold_metrics.parquet",
        replicates="results/{cohort}/evaluate/{family}/replicates.parquet",
    log:
        "results/logs/{cohort}/{family}.score_predictions.log",
    benchmark:
        "results/benchmarks/{cohort}/{family}.score_predictions.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        cfg=plain(CONFIG.evaluate),
        horizon_days=lambda wildcards: COHORTS[wildcards.cohort].horizon_days,
        seed=SEED,
        speaker=lambda wildcards: STUDENTS.get(wildcards.family),
        code=code_of("evaluate/score_predictions"),
    script:
        "../workflow_scripts/evaluate/score_predictions.py"


rule check_prose:
    input:
        time_grid="results/{cohort}/splits/time_grid.parquet",
        cases=lambda w: [paths.cases_of(w.cohort, COHORTS[w.cohort], FAMILIES[w.family], fold) for fold in FOLDS],
        predictions=expand("results/{{cohort}}/student/{{family}}/{fold}/predictions.parquet", fold=FOLDS),
    output:
        prose_checks="results/{cohort}/evaluate/{family}/prose_checks.parquet",
        prose_scores="results/{cohort}/evaluate/{family}/prose_scores.parquet",
    log:
        "results/logs/{cohort}/{family}.check_prose.log",
    benchmark:
        "results/benchmarks/{cohort}/{family}.check_prose.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        cfg=plain(CONFIG.prose),
        bootstrap=CONFIG.evaluate.bootstrap,
        covariates=lambda w: "covariates" in paths.known_of(COHORTS[w.cohort], FAMILIES[w.family]),
        folds=FOLDS,
        seed=SEED,
        code=code_of("evaluate/check_prose"),
    script:
        "../workflow_scripts/evaluate/check_prose.py"


rule compare_families:
    input:
        replicates=lambda w: [f"results/{w.cohort}/evaluate/{family}/replicates.parquet" for family in [*FITTED[w.cohort], "teacher"]],
    output:
        comparisons="results/{cohort}/evaluate/comparisons.parquet",
    log:
        "results/logs/{cohort}/compare_families.log",
    benchmark:
        "results/benchmarks/{cohort}/compare_families.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        cfg=plain(CONFIG.evaluate),
        families=lambda w: {name: {"output": FAMILIES[name].outputs[0], "teacher": STUDENTS.get(name)} for name in FITTED[w.cohort]},
        cohort="{cohort}",
        code=code_of("evaluate/compare_families"),
    script:
        "../workflow_scripts/evaluate/compare_families.py"


rule write_leaderboard:
    input:
        fold_metrics=[f"results/{cohort}/evaluate/{family}/fold_metrics.parquet" for cohort, family in SCORED],
        replicates=[f"results/{cohort}/evaluate/{family}/replicates.parquet" for cohort, family in SCORED],
    output:
        leaderboard="results/leaderboard.parquet",
    log:
        "results/logs/write_leaderboard.log",
    benchmark:
        "results/benchmarks/write_leaderboard.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        scored=SCORED,
        code=code_of("evaluate/write_leaderboard"),
    script:
        "../workflow_scripts/evaluate/write_leaderboard.py"


rule join_comparisons:
    input:
        of_cohorts=expand("results/{cohort}/evaluate/comparisons.parquet", cohort=COHORTS),
    output:
        comparisons="results/comparisons.parquet",
    log:
        "results/logs/join_comparisons.log",
    benchmark:
        "results/benchmarks/join_comparisons.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        code=code_of("evaluate/join_comparisons"),
    script:
        "../workflow_scripts/evaluate/join_comparisons.py"

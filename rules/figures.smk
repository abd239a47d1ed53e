# Figures: what the numbers look like, for the report.
# In: patients, folds, time_grid, predictions, teacher_curves, leaderboard, comparisons, hidden_states. Out: SVG, hidden_state_probe.

FIRST_REPEAT = [fold for fold in FOLDS if fold.startswith("r1f")]
# What figures show: the main output of every family, then the teachers that some family follows.
TAUGHT = [["teacher", teacher] for teacher in dict.fromkeys(STUDENTS.values())]
DRAWN = sorted(FAMILIES, key=lambda name: name not in STUDENTS)  # students first, for some figures are of the first only
SHOWN = {cohort: [[name, FAMILIES[name].outputs[0]] for name in DRAWN if name in FITTED[cohort]] + TAUGHT for cohort in COHORTS}
OUTPUTS = [[name, output] for name in DRAWN for output in FAMILIES[name].outputs] + TAUGHT + ([["oracle", "truth"]] if KNOWN else [])


rule probe_hidden_states:
    input:
        hidden_states=expand("results/{{cohort}}/student/{{family}}/{fold}/hidden_states.parquet", fold=FOLDS),
        teacher_curves=expand("results/{{cohort}}/teacher/{fold}/teacher_curves.parquet", fold=FOLDS),
    output:
        hidden_state_probe="results/{cohort}/evaluate/{family}/hidden_state_probe.parquet",
    log:
        "results/logs/{cohort}/{family}.probe_hidden_states.log",
    benchmark:
        "results/benchmarks/{cohort}/{family}.probe_hidden_states.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        cfg=plain(CONFIG.report),
        folds=FOLDS,
        speaker=lambda wildcards: STUDENTS[wildcards.family],
        seed=SEED,
        code=code_of("figures/probe_hidden_states"),
    script:
        "../workflow_scripts/figures/probe_hidden_states.py"


rule plot_leaderboard:
    input:
        leaderboard="results/leaderboard.parquet",
        comparisons="results/{cohort}/evaluate/comparisons.parquet",
    output:
        figure=in_report("results/{cohort}/figures/leaderboard.svg", "1 Ranking", "Leaderboard"),
        differences=in_report("results/{cohort}/figures/differences.svg", "1 Ranking", "Paired differences"),
    log:
        "results/logs/{cohort}/plot_leaderboard.log",
    benchmark:
        "results/benchmarks/{cohort}/plot_leaderboard.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        cohort="{cohort}",
        outputs=OUTPUTS,
        code=code_of("figures/plot_leaderboard"),
    script:
        "../workflow_scripts/figures/plot_leaderboard.py"


rule plot_flow:
    input:
        unpack(lambda wildcards: paths.image_flow(wildcards.cohort, FITTED[wildcards.cohort], FAMILIES, CONFIG.radiomics.shards)),
        flow="results/{cohort}/leakage/flow.parquet",
    output:
        figure=in_report("results/{cohort}/figures/flow.svg", "0 Patients", "Patient flow"),
    log:
        "results/logs/{cohort}/plot_flow.log",
    benchmark:
        "results/benchmarks/{cohort}/plot_flow.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        cohort="{cohort}",
        code=code_of("figures/plot_flow"),
    script:
        "../workflow_scripts/figures/plot_flow.py"


rule plot_survival_by_third:
    input:
        patients="results/{cohort}/ingest/patients.parquet",
        folds="results/{cohort}/splits/folds.parquet",
        time_grid="results/{cohort}/splits/time_grid.parquet",
        predictions=lambda wildcards: [
            ANSWERS[family].format(wildcards.cohort, fold) for family, _ in SHOWN[wildcards.cohort] for fold in FIRST_REPEAT
        ],
    output:
        figure=in_report("results/{cohort}/figures/thirds.svg", "2 Survival", "What happened to each third of risk"),
        families=in_report("results/{cohort}/figures/thirds_of_all.svg", "2 Survival", "The same for every family"),
    log:
        "results/logs/{cohort}/plot_survival_by_third.log",
    benchmark:
        "results/benchmarks/{cohort}/plot_survival_by_third.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        shown=lambda wildcards: SHOWN[wildcards.cohort],
        code=code_of("figures/plot_survival_by_third"),
    script:
        "../workflow_scripts/figures/plot_survival_by_third.py"


rule plot_calibration:
    input:
        patients="results/{cohort}/ingest/patients.parquet",
        folds="results/{cohort}/splits/folds.parquet",
        time_grid="results/{cohort}/splits/time_grid.parquet",
        predictions=lambda wildcards: [
            ANSWERS[family].format(wildcards.cohort, fold) for family, _ in SHOWN[wildcards.cohort] for fold in FIRST_REPEAT
        ],
        leaderboard="results/leaderboard.parquet",
    output:
        figure=in_report("results/{cohort}/figures/calibration.svg", "3 Calibration", "Predicted against observed risk"),
    log:
        "results/logs/{cohort}/plot_calibration.log",
    benchmark:
        "results/benchmarks/{cohort}/plot_calibration.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        cfg=plain(CONFIG.evaluate),
        cohort="{cohort}",
        horizon_days=lambda wildcards: COHORTS[wildcards.cohort].horizon_days,
        shown=lambda wildcards: SHOWN[wildcards.cohort],
        code=code_of("figures/plot_calibration"),
    script:
        "../workflow_scripts/figures/plot_calibration.py"


rule plot_brier:
    input:
        patients="results/{cohort}/ingest/patients.parquet",
        folds="results/{cohort}/splits/folds.parquet",
        time_grid="results/{cohort}/splits/time_grid.parquet",
        predictions=lambda wildcards: [
            ANSWERS[family].format(wildcards.cohort, fold) for family, _ in SHOWN[wildcards.cohort] for fold in FIRST_REPEAT
        ],
    output:
        figure=in_report("results/{cohort}/figures/brier.svg", "3 Calibration", "Brier score over time"),
    log:
        "results/logs/{cohort}/plot_brier.log",
    benchmark:
        "results/benchmarks/{cohort}/plot_brier.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        shown=lambda wildcards: SHOWN[wildcards.cohort],
        code=code_of("figures/plot_brier"),
    script:
        "../workflow_scripts/figures/plot_brier.py"


rule plot_agreement:
    input:
        patients="results/{cohort}/ingest/patients.parquet",
        folds="results/{cohort}/splits/folds.parquet",
        time_grid="results/{cohort}/splits/time_grid.parquet",
        predictions=lambda wildcards: [
            ANSWERS[family].format(wildcards.cohort, fold) for family in (wildcards.family, "teacher") for fold in FIRST_REPEAT
        ],
        leaderboard="results/leaderboard.parquet",
    output:
        figure=in_report("results/{cohort}/figures/{family}/agreement.svg", "4 Student", "{family} against its teacher"),
    log:
        "results/logs/{cohort}/{family}.plot_agreement.log",
    benchmark:
        "results/benchmarks/{cohort}/{family}.plot_agreement.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        cohort="{cohort}",
        horizon_days=lambda wildcards: COHORTS[wildcards.cohort].horizon_days,
        shown=lambda wildcards: [[wildcards.family, FAMILIES[wildcards.family].outputs[0]], ["teacher", STUDENTS[wildcards.family]]],
        families=lambda wildcards: [name for name in DRAWN if name in FITTED[wildcards.cohort]],
        code=code_of("figures/plot_agreement"),
    script:
        "../workflow_scripts/figures/plot_agreement.py"


rule plot_hidden_states:
    input:
        hidden_states="results/{cohort}/student/{family}/r1f1/hidden_states.parquet",
        teacher_curves="results/{cohort}/teacher/r1f1/teacher_curves.parquet",
        hidden_state_probe="results/{cohort}/evaluate/{family}/hidden_state_probe.parquet",
    output:
        figure=in_report("results/{cohort}/figures/{family}/hidden_states.svg", "4 Student", "Hidden states of {family}"),
    log:
        "results/logs/{cohort}/{family}.plot_hidden_states.log",
    benchmark:
        "results/benchmarks/{cohort}/{family}.plot_hidden_states.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        cfg=plain(CONFIG.report),
        fold="r1f1",
        speaker=lambda wildcards: STUDENTS[wildcards.family],
        code=code_of("figures/plot_hidden_states"),
    script:
        "../workflow_scripts/figures/plot_hidden_states.py"

# Teacher: statistical models fitted inside each training fold, whose risk the student learns to write; a simulated cohort's oracle beside them.
# In: patients, folds, time_grid, world. Out: teacher bundle, teacher_curves (all out of fold), proportional_hazards, oracle_curves.


rule fit_teacher:
    input:
        patients="results/{cohort}/ingest/patients.parquet",
        folds="results/{cohort}/splits/folds.parquet",
        time_grid="results/{cohort}/splits/time_grid.parquet",
    output:
        teacher="results/{cohort}/teacher/{fold}/model/MANIFEST.json",
        proportional_hazards="results/{cohort}/teacher/{fold}/proportional_hazards.parquet",
    log:
        "results/logs/{cohort}/{fold}/fit_teacher.log",
    benchmark:
        "results/benchmarks/{cohort}/{fold}/fit_teacher.jsonl"
    priority: 50
    conda:
        "../envs/survdistill.yaml"
    params:
        cfg=plain(CONFIG.teacher),
        fold="{fold}",
        seed=SEED,
        code=code_of("teacher/fit_teacher"),
    script:
        "../workflow_scripts/teacher/fit_teacher.py"


rule predict_teacher:
    input:
        patients="results/{cohort}/ingest/patients.parquet",
        folds="results/{cohort}/splits/folds.parquet",
        teacher="results/{cohort}/teacher/{fold}/model/MANIFEST.json",
    output:
        teacher_curves="results/{cohort}/teacher/{fold}/teacher_curves.parquet",
    log:
        "results/logs/{cohort}/{fold}/predict_teacher.log",
    benchmark:
        "results/benchmarks/{cohort}/{fold}/predict_teacher.jsonl"
    priority: 50
    conda:
        "../envs/survdistill.yaml"
    params:
        fold="{fold}",
        code=code_of("teacher/predict_teacher"),
    script:
        "../workflow_scripts/teacher/predict_teacher.py"


rule state_oracle:
    input:
        world="results/{cohort}/ingest/world/MANIFEST.json",
        registry="results/{cohort}/ingest/registry.parquet",
        folds="results/{cohort}/splits/folds.parquet",
        time_grid="results/{cohort}/splits/time_grid.parquet",
    output:
        oracle_curves="results/{cohort}/teacher/{fold}/oracle_curves.parquet",
    log:
        "results/logs/{cohort}/{fold}/state_oracle.log",
    benchmark:
        "results/benchmarks/{cohort}/{fold}/state_oracle.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        fold="{fold}",
        code=code_of("teacher/state_oracle"),
    script:
        "../workflow_scripts/teacher/state_oracle.py"

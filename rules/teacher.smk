# Teacher: statistical models fitted inside each training fold, whose risk the student learns to write; a language model, if one is asked; an oracle.
# In: patients, folds, time_grid, reports, world. Out: teacher bundle, teacher_curves (all out of fold), proportional_hazards, answers, oracle_curves.


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


rule ask_teacher:
    input:
        CONFIG.cases.language.weights,
        unpack(lambda w: paths.case_tables(w.cohort, w.known, CONFIG.cases.text)),
        patients="results/{cohort}/ingest/patients.parquet",
        template=CONFIG.cases.language.template,
    output:
        answers="results/{cohort}/teacher/language/{known}.parquet",
    log:
        "results/logs/{cohort}/{known}.ask_teacher.log",
    benchmark:
        "results/benchmarks/{cohort}/{known}.ask_teacher.jsonl"
    priority: 50
    conda:
        "../envs/survdistill.yaml"
    threads: CONFIG.cases.language.threads
    resources:
        gpu=CONFIG.cases.language.gpu,
    params:
        cfg=plain(CONFIG.cases.language),
        cohort=cohort_of("subject", "endpoint", "horizon_days"),
        known="{known}",
        text=CONFIG.cases.text,
        cache="results/{cohort}/reports/cache",  # with the other answers of language models
        threads=lambda wildcards, threads: threads,
        code=code_of("teacher/ask_teacher"),
    script:
        "../workflow_scripts/teacher/ask_teacher.py"


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

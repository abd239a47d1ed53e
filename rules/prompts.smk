# Prompts: patients in words, with the answer that a teacher would give.
# In: patients, folds, time_grid, teacher bundle, a language model's answers, reports, expression, the templates. Out: prompts, cases.


rule render_prompts:
    input:
        patients="results/{cohort}/ingest/patients.parquet",
        folds="results/{cohort}/splits/folds.parquet",
        time_grid="results/{cohort}/splits/time_grid.parquet",
        teacher="results/{cohort}/teacher/{fold}/model/MANIFEST.json",
        template=CONFIG.prompts.template,
    output:
        prompts="results/{cohort}/prompts/{teacher}/{fold}.parquet",
    log:
        "results/logs/{cohort}/{fold}/{teacher}.render_prompts.log",
    benchmark:
        "results/benchmarks/{cohort}/{fold}/{teacher}.render_prompts.jsonl"
    priority: 50
    conda:
        "../envs/survdistill.yaml"
    params:
        cfg=plain(CONFIG.prompts),
        cohort=cohort_of("subject", "endpoint", "horizon_days"),
        speaker="{teacher}",
        fold="{fold}",
        seed=SEED,
        code=code_of("prompts/render_prompts"),
    script:
        "../workflow_scripts/prompts/render_prompts.py"


rule render_cases:
    input:
        unpack(lambda w: paths.case_tables(w.cohort, w.known, CONFIG.cases.text)),
        unpack(lambda w: paths.language_answers(w.cohort, w.known, CONFIG.cases.language)),
        patients="results/{cohort}/ingest/patients.parquet",
        folds="results/{cohort}/splits/folds.parquet",
        time_grid="results/{cohort}/splits/time_grid.parquet",
        template=CONFIG.cases.template,
    output:
        cases="results/{cohort}/prompts/cases/{known}/{fold}.parquet",
    log:
        "results/logs/{cohort}/{fold}/{known}.render_cases.log",
    benchmark:
        "results/benchmarks/{cohort}/{fold}/{known}.render_cases.jsonl"
    priority: 50
    conda:
        "../envs/survdistill.yaml"
    params:
        cfg=plain(CONFIG.cases) | {"language": {"curve": CONFIG.cases.language.curve}},  # who was asked, and how, changes no case
        cohort=cohort_of("subject", "endpoint", "horizon_days"),
        known="{known}",
        fold="{fold}",
        seed=SEED,
        code=code_of("prompts/render_cases"),
    script:
        "../workflow_scripts/prompts/render_cases.py"

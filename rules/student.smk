# Student: every family, from the language model to the baselines, fitted and asked in the same way.
# In: patients, folds, time_grid and what the family reads beside. Out: base, bundle, history, predictions, hidden_states, attention.


rule fetch_base:
    input:
        lambda w: paths.base_files(FAMILIES[w.family].base),
    output:
        base="results/bases/{family}.json",
    log:
        "results/logs/{family}.fetch_base.log",
    benchmark:
        "results/benchmarks/{family}.fetch_base.jsonl"
    priority: 100  # a base that is not there stops the run before any model trains
    conda:
        "../envs/survdistill.yaml"
    params:
        name=lambda wildcards: FAMILIES[wildcards.family].base,
        speaks=lambda wildcards: not {"cases", "prompts", "reports"}.isdisjoint(FAMILIES[wildcards.family].tables),
        code=code_of("student/fetch_base"),
    script:
        "../workflow_scripts/student/fetch_base.py"


rule fit_student:
    input:
        unpack(family_tables),
        unpack(lambda w: {"base": f"results/bases/{w.family}.json"} if getattr(FAMILIES[w.family], "base", "tiny") != "tiny" else {}),
        patients="results/{cohort}/ingest/patients.parquet",
        folds="results/{cohort}/splits/folds.parquet",
        time_grid="results/{cohort}/splits/time_grid.parquet",
    output:
        bundle="results/{cohort}/student/{family}/{fold}/bundle/MANIFEST.json",
        history="results/{cohort}/student/{family}/{fold}/history.parquet",
    log:
        "results/logs/{cohort}/{fold}/{family}.fit_student.log",
    benchmark:
        "results/benchmarks/{cohort}/{fold}/{family}.fit_student.jsonl"
    priority: 10
    conda:
        "../envs/survdistill.yaml"
    threads: of_family("processes_per_node", 1)
    resources:
        gpu=of_family("gpus", 0),
        nodes=of_family("machines", None),
        tasks=of_family("tasks", None),
        gres=of_family("gres", None),
    params:
        cfg=lambda wildcards: plain(FAMILIES[wildcards.family]),
        fold="{fold}",
        seed=SEED,
        module=module_of,
        code=family_code_of("student/fit_student"),
    script:
        "../workflow_scripts/student/fit_student.py"


rule predict_student:
    input:
        unpack(family_tables),
        patients="results/{cohort}/ingest/patients.parquet",
        folds="results/{cohort}/splits/folds.parquet",
        time_grid="results/{cohort}/splits/time_grid.parquet",
        bundle="results/{cohort}/student/{family}/{fold}/bundle/MANIFEST.json",
    output:
        predictions="results/{cohort}/student/{family}/{fold}/predictions.parquet",
    log:
        "results/logs/{cohort}/{fold}/{family}.predict_student.log",
    benchmark:
        "results/benchmarks/{cohort}/{fold}/{family}.predict_student.jsonl"
    conda:
        "../envs/survdistill.yaml"
    resources:
        gpu=of_family("gpu", 0),
    params:
        cfg=lambda wildcards: plain(FAMILIES[wildcards.family]),
        fold="{fold}",
        module=module_of,
        code=family_code_of("student/predict_student"),
    script:
        "../workflow_scripts/student/predict_student.py"


rule embed_patients:
    input:
        unpack(family_tables),
        patients="results/{cohort}/ingest/patients.parquet",
        folds="results/{cohort}/splits/folds.parquet",
        time_grid="results/{cohort}/splits/time_grid.parquet",
        bundle="results/{cohort}/student/{family}/{fold}/bundle/MANIFEST.json",
    output:
        hidden_states="results/{cohort}/student/{family}/{fold}/hidden_states.parquet",
    log:
        "results/logs/{cohort}/{fold}/{family}.embed_patients.log",
    benchmark:
        "results/benchmarks/{cohort}/{fold}/{family}.embed_patients.jsonl"
    conda:
        "../envs/survdistill.yaml"
    resources:
        gpu=of_family("gpu", 0),
    params:
        cfg=lambda wildcards: plain(FAMILIES[wildcards.family]),
        fold="{fold}",
        module=module_of,
        code=family_code_of("student/embed_patients"),
    script:
        "../workflow_scripts/student/embed_patients.py"


rule explain_images:
    input:
        unpack(family_tables),
        patients="results/{cohort}/ingest/patients.parquet",
        folds="results/{cohort}/splits/folds.parquet",
        time_grid="results/{cohort}/splits/time_grid.parquet",
        bundle="results/{cohort}/student/{family}/{fold}/bundle/MANIFEST.json",
    output:
        attention="results/{cohort}/student/{family}/{fold}/attention.parquet",
        branch_risks="results/{cohort}/student/{family}/{fold}/branch_risks.parquet",
        group_importance="results/{cohort}/student/{family}/{fold}/group_importance.parquet",
        feature_importance="results/{cohort}/student/{family}/{fold}/feature_importance.parquet",
    log:
        "results/logs/{cohort}/{fold}/{family}.explain_images.log",
    benchmark:
        "results/benchmarks/{cohort}/{fold}/{family}.explain_images.jsonl"
    conda:
        "../envs/survdistill.yaml"
    resources:
        gpu=of_family("gpu", 0),
    params:
        cfg=lambda wildcards: plain(FAMILIES[wildcards.family]),
        fold="{fold}",
        module=module_of,
        code=family_code_of("student/explain_images"),
    script:
        "../workflow_scripts/student/explain_images.py"


rule prune_tokens:
    input:
        unpack(family_tables),
        patients="results/{cohort}/ingest/patients.parquet",
        folds="results/{cohort}/splits/folds.parquet",
        time_grid="results/{cohort}/splits/time_grid.parquet",
        bundle="results/{cohort}/student/{family}/{fold}/bundle/MANIFEST.json",
    output:
        pruned="results/{cohort}/student/{family}/{fold}/pruned_risks.parquet",
    log:
        "results/logs/{cohort}/{fold}/{family}.prune_tokens.log",
    benchmark:
        "results/benchmarks/{cohort}/{fold}/{family}.prune_tokens.jsonl"
    conda:
        "../envs/survdistill.yaml"
    resources:
        gpu=of_family("gpu", 0),
    params:
        cfg=lambda wildcards: plain(FAMILIES[wildcards.family]),
        fold="{fold}",
        module=module_of,
        seed=SEED,
        code=family_code_of("student/prune_tokens"),
    script:
        "../workflow_scripts/student/prune_tokens.py"

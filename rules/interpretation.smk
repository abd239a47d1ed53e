# Interpretation: does a model of images look where it should, and on which features does its risk rest; hybrids beside each other.
# In: standardised, folds, what families explain and how they learned, leaderboard. Out: attention_agreement, explanation_scores, token_pruning, SVG.

# By cohort, the hybrids that run on it, with the settings that tell them apart.
MIXED = {
    cohort: {name: FAMILIES[name].mixture for name in names if getattr(FAMILIES[name], "mixture", {})} for cohort, names in FITTED.items()
}


# By cohort, the models of images that run on it, with their batches.
SEEING = {
    cohort: {name: FAMILIES[name].batch_size for name in names if getattr(FAMILIES[name], "explains", False)}
    for cohort, names in FITTED.items()
}


rule score_explanations:
    input:
        standardised="results/{cohort}/radiomics/standardised.parquet",
        pictures="results/{cohort}/radiomics/images/MANIFEST.json",
        attention=expand("results/{{cohort}}/student/{{family}}/{fold}/attention.parquet", fold=FOLDS),
        branch_risks=expand("results/{{cohort}}/student/{{family}}/{fold}/branch_risks.parquet", fold=FOLDS),
    output:
        attention_agreement="results/{cohort}/evaluate/{family}/attention_agreement.parquet",
        explanation_scores="results/{cohort}/evaluate/{family}/explanation_scores.parquet",
    log:
        "results/logs/{cohort}/{family}.score_explanations.log",
    benchmark:
        "results/benchmarks/{cohort}/{family}.score_explanations.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        cfg=plain(CONFIG.evaluate),
        folds=FOLDS,
        seed=SEED,
        code=code_of("interpretation/score_explanations"),
    script:
        "../workflow_scripts/interpretation/score_explanations.py"


rule plot_importance:
    input:
        group_importance=expand("results/{{cohort}}/student/{{family}}/{fold}/group_importance.parquet", fold=FOLDS),
        explanation_scores="results/{cohort}/evaluate/{family}/explanation_scores.parquet",
    output:
        figure=in_report("results/{cohort}/figures/{family}/importance.svg", "5 Images", "What {family} rests on"),
    log:
        "results/logs/{cohort}/{family}.plot_importance.log",
    benchmark:
        "results/benchmarks/{cohort}/{family}.plot_importance.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        folds=FOLDS,
        code=code_of("interpretation/plot_importance"),
    script:
        "../workflow_scripts/interpretation/plot_importance.py"


rule plot_attention_agreement:
    input:
        explanation_scores="results/{cohort}/evaluate/{family}/explanation_scores.parquet",
    output:
        figure=in_report("results/{cohort}/figures/{family}/attention_agreement.svg", "5 Images", "Attention of {family} against masks"),
    log:
        "results/logs/{cohort}/{family}.plot_attention_agreement.log",
    benchmark:
        "results/benchmarks/{cohort}/{family}.plot_attention_agreement.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        code=code_of("interpretation/plot_attention_agreement"),
    script:
        "../workflow_scripts/interpretation/plot_attention_agreement.py"


rule show_attention:
    input:
        standardised="results/{cohort}/radiomics/standardised.parquet",
        pictures="results/{cohort}/radiomics/images/MANIFEST.json",
        attention=expand("results/{{cohort}}/student/{{family}}/{fold}/attention.parquet", fold=FIRST_REPEAT),
        branch_risks=expand("results/{{cohort}}/student/{{family}}/{fold}/branch_risks.parquet", fold=FIRST_REPEAT),
    output:
        page=in_report("results/{cohort}/figures/{family}/attention.html", "5 Images", "What {family} looks at"),
    log:
        "results/logs/{cohort}/{family}.show_attention.log",
    benchmark:
        "results/benchmarks/{cohort}/{family}.show_attention.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        cfg=plain(CONFIG.report),
        cohort="{cohort}",
        family="{family}",
        folds=FIRST_REPEAT,
        code=code_of("interpretation/show_attention"),
    script:
        "../workflow_scripts/interpretation/show_attention.py"


rule plot_token_pruning:
    input:
        patients="results/{cohort}/ingest/patients.parquet",
        pruned=expand("results/{{cohort}}/student/{{family}}/{fold}/pruned_risks.parquet", fold=FOLDS),
    output:
        token_pruning="results/{cohort}/evaluate/{family}/token_pruning.parquet",
        figure=in_report("results/{cohort}/figures/{family}/token_pruning.svg", "5 Images", "{family} from fewer patches"),
    log:
        "results/logs/{cohort}/{family}.plot_token_pruning.log",
    benchmark:
        "results/benchmarks/{cohort}/{family}.plot_token_pruning.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        cfg=plain(CONFIG.evaluate),
        folds=FOLDS,
        seed=SEED,
        code=code_of("interpretation/plot_token_pruning"),
    script:
        "../workflow_scripts/interpretation/plot_token_pruning.py"


rule plot_hybrids:
    input:
        leaderboard="results/leaderboard.parquet",
        group_importance=lambda w: [
            f"results/{w.cohort}/student/{family}/{fold}/group_importance.parquet" for family in MIXED[w.cohort] for fold in FOLDS
        ],
        explanation_scores=lambda w: [f"results/{w.cohort}/evaluate/{family}/explanation_scores.parquet" for family in MIXED[w.cohort]],
    output:
        figure=in_report("results/{cohort}/figures/hybrids.svg", "5 Images", "Hybrids beside each other"),
    log:
        "results/logs/{cohort}/plot_hybrids.log",
    benchmark:
        "results/benchmarks/{cohort}/plot_hybrids.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        cohort="{cohort}",
        mixtures=lambda wildcards: MIXED[wildcards.cohort],
        folds=FOLDS,
        code=code_of("interpretation/plot_hybrids"),
    script:
        "../workflow_scripts/interpretation/plot_hybrids.py"


rule plot_learning:
    input:
        folds="results/{cohort}/splits/folds.parquet",
        history=lambda w: [f"results/{w.cohort}/student/{family}/{fold}/history.parquet" for family in SEEING[w.cohort] for fold in FOLDS],
    output:
        learning_speed="results/{cohort}/evaluate/learning_speed.parquet",
        figure=in_report("results/{cohort}/figures/learning.svg", "5 Images", "How fast models of images learn"),
    log:
        "results/logs/{cohort}/plot_learning.log",
    benchmark:
        "results/benchmarks/{cohort}/plot_learning.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        batch_sizes=lambda wildcards: SEEING[wildcards.cohort],
        names=FOLDS,
        code=code_of("interpretation/plot_learning"),
    script:
        "../workflow_scripts/interpretation/plot_learning.py"

# Attention: three simulations of what a shallow vision transformer attends to under a Cox loss; made by `snakemake simulations` alone.
# In: attention's section of the config, X-rays where it names a folder, published values. Out: tables, figures and a page.

BACKGROUNDS = ["noise", "patches_in_noise", "patches"]
SIMULATIONS = [f"results/simulations/figures/{figure}" for figure in ("simulations.html", "dynamics.svg", "recovery.svg", "pruning.svg")]


rule cut_patches:
    input:
        xrays=lambda wildcards: CONFIG.attention.patches.files(),
    output:
        xray_patches="results/simulations/xray_patches.parquet",
    log:
        "results/logs/cut_patches.log",
    benchmark:
        "results/benchmarks/cut_patches.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        cfg=plain(CONFIG.attention),
        seed=SEED,
        code=code_of("attention/cut_patches"),
    script:
        "../workflow_scripts/attention/cut_patches.py"


rule simulate_dynamics:
    output:
        attention_mass="results/simulations/attention_mass.parquet",
    log:
        "results/logs/simulate_dynamics.log",
    benchmark:
        "results/benchmarks/simulate_dynamics.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        cfg=plain(CONFIG.attention),
        seed=SEED,
        code=code_of("attention/simulate_dynamics"),
    script:
        "../workflow_scripts/attention/simulate_dynamics.py"


rule simulate_recovery:
    output:
        recovery="results/simulations/recovery.parquet",
        roc="results/simulations/roc.parquet",
    log:
        "results/logs/simulate_recovery.log",
    benchmark:
        "results/benchmarks/simulate_recovery.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        cfg=plain(CONFIG.attention),
        seed=SEED,
        code=code_of("attention/simulate_recovery"),
    script:
        "../workflow_scripts/attention/simulate_recovery.py"


rule simulate_pruning:
    input:
        xray_patches="results/simulations/xray_patches.parquet",
    output:
        pruning="results/simulations/pruning/{background}.parquet",
    log:
        "results/logs/{background}.simulate_pruning.log",
    benchmark:
        "results/benchmarks/{background}.simulate_pruning.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        cfg=plain(CONFIG.attention),
        background="{background}",
        seed=SEED,
        code=code_of("attention/simulate_pruning"),
    script:
        "../workflow_scripts/attention/simulate_pruning.py"


rule plot_simulations:
    input:
        attention_mass="results/simulations/attention_mass.parquet",
        recovery="results/simulations/recovery.parquet",
        roc="results/simulations/roc.parquet",
        pruning=expand("results/simulations/pruning/{background}.parquet", background=BACKGROUNDS),
        published="resources/attention/published.yaml",
    output:
        dynamics_figure=in_report(
            "results/simulations/figures/dynamics.svg", "1 Where attention goes", "Attention during training", "Simulations"
        ),
        recovery_figure=in_report(
            "results/simulations/figures/recovery.svg", "2 Which tokens gain", "Sensitivity and specificity", "Simulations"
        ),
        pruning_figure=in_report("results/simulations/figures/pruning.svg", "3 Pruning", "C before and after pruning", "Simulations"),
    log:
        "results/logs/plot_simulations.log",
    benchmark:
        "results/benchmarks/plot_simulations.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        cfg=plain(CONFIG.attention),
        backgrounds=BACKGROUNDS,
        code=code_of("attention/plot_simulations"),
    script:
        "../workflow_scripts/attention/plot_simulations.py"


rule show_simulations:
    input:
        attention_mass="results/simulations/attention_mass.parquet",
        recovery="results/simulations/recovery.parquet",
        pruning=expand("results/simulations/pruning/{background}.parquet", background=BACKGROUNDS),
        published="resources/attention/published.yaml",
    output:
        simulations="results/simulations/simulations.parquet",
        page=in_report("results/simulations/figures/simulations.html", "0 In numbers", "Ours beside the published numbers", "Simulations"),
    log:
        "results/logs/show_simulations.log",
    benchmark:
        "results/benchmarks/show_simulations.jsonl"
    conda:
        "../envs/survdistill.yaml"
    params:
        backgrounds=BACKGROUNDS,
        code=code_of("attention/show_simulations"),
    script:
        "../workflow_scripts/attention/show_simulations.py"

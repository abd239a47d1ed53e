"""What the models of images of a finished run found, against what was planted in its images: which features, and where.

Run `snakemake --cores all --configfile config/images.yaml` first. The grain of the opacity is known for every simulated patient; how
strongly a group of features carries it is the mean over its features of |correlation| with their mean over the opacity's patches.

    .venv/bin/python -m benchmarks.planted_texture
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from benchmarks.report import write_facts
from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.config.simulation import SimulatedSource
from workflow_scripts.lib.contracts.base import read_table
from workflow_scripts.lib.contracts.explanations import EXPLANATION_SCORES, FEATURE_IMPORTANCE, GROUP_IMPORTANCE
from workflow_scripts.lib.contracts.radiomics import STANDARDISED, read_patch_features
from workflow_scripts.lib.evaluate.interpreting import patches_inside, read_grey
from workflow_scripts.lib.simulation import images
from workflow_scripts.lib.simulation.blocks import blocks

COHORT = "simulated_xrays"


def planted_grain(cohort: Path) -> pd.Series:
    """The grain of every patient's opacity, by patient."""
    cfg = parse(SimulatedSource, yaml.safe_load(cohort.read_text(encoding="utf-8"))["source"], str(cohort))
    drawn = ((block, images.draw(block.rng("images", "facts"), len(block))) for block in blocks(cfg.seed, cfg.patients))
    return pd.concat(pd.Series(facts["grain"].to_numpy(), block.ids) for block, facts in drawn)


def features_of_opacities(results: Path) -> pd.DataFrame:
    """The mean of each feature over the patches of the opacity, a row per patient who has such patches."""
    found = read_patch_features([path for path in (results / "radiomics" / "patch_features").glob("*.parquet") if path.stem.isdigit()])
    masks = read_table(results / "radiomics" / "standardised.parquet", STANDARDISED).set_index("patient_id")["mask_path"]
    rows = {}
    for patient, values in zip(found.patient_ids, found.values, strict=True):
        inside = patches_inside(read_grey(results / "radiomics" / "images" / masks[patient]), found.patches)
        if inside.any():
            rows[patient] = values[inside].mean(0)
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(found.names))


def strengths(folds: list[Path], seen: pd.Series) -> pd.DataFrame:
    """By group, how strongly it carries what was planted, as ``seen`` by feature, and its importance, mean over folds in both norms."""
    features = pd.concat(read_table(fold / "feature_importance.parquet", FEATURE_IMPORTANCE) for fold in folds)
    planted = features.assign(carried=seen.reindex(features["feature"]).to_numpy()).groupby("group")["carried"].mean()
    found = pd.concat(read_table(fold / "group_importance.parquet", GROUP_IMPORTANCE) for fold in folds)
    return found.groupby("group")[["mean_abs", "l2"]].mean().assign(carried=planted)


def compare(results: Path, family: str, seen: pd.Series) -> dict[str, Any]:
    """The groups in both orders, how far these agree, and how often the group that carries most came first."""
    folds = sorted(path.parent for path in (results / "student" / family).glob("*/group_importance.parquet"))
    groups = strengths(folds, seen).sort_values("carried", ascending=False)
    first = groups.index[0]
    ranks = [read_table(fold / "group_importance.parquet", GROUP_IMPORTANCE).set_index("group").loc[first] for fold in folds]
    scores = read_table(results / "evaluate" / family / "explanation_scores.parquet", EXPLANATION_SCORES, {"fold": "all"})
    return {
        "groups": groups.round(4).reset_index().to_dict("records"),
        "planted_first": first,
        "its_place_by_means_over_folds": {norm: int(groups[norm].rank(ascending=False)[first]) for norm in ("mean_abs", "l2")},
        "its_mean_rank": {norm: float(np.mean([rank[f"rank_{norm}"] for rank in ranks])) for norm in ("mean_abs", "l2")},
        "folds_that_rank_it_first": {norm: int(sum(rank[f"rank_{norm}"] == 1 for rank in ranks)) for norm in ("mean_abs", "l2")},
        "folds": len(folds),
        "spearman": {norm: float(groups["carried"].corr(groups[norm], method="spearman")) for norm in ("mean_abs", "l2")},
        "attention": scores[["metric", "view", "value", "lower", "upper"]].round(4).to_dict("records"),
    }


def main() -> None:
    """Compare each family that has radiomics, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, default=Path("results") / COHORT)
    given = parser.parse_args().results
    opacities = features_of_opacities(given)
    opacities = opacities.loc[:, opacities.nunique() > 1]
    seen = opacities.corrwith(planted_grain(Path("config/cohorts") / f"{COHORT}.yaml")[opacities.index]).abs()
    families = sorted(path.parents[1].name for path in given.glob("student/*/r1f1/group_importance.parquet") if len(pd.read_parquet(path)))
    found = {family: compare(given, family, seen) for family in families}
    print(json.dumps(found, indent=1))
    write_facts("planted_texture", ("torch", "pyradiomics"), patients=len(opacities), families=found)


if __name__ == "__main__":
    main()

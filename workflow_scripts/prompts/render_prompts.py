"""Put every patient of a fold into words, with the teacher's answer; training patients also in augmented copies."""

import numpy as np
import pandas as pd

from workflow_scripts.lib.config.prompts import PromptsConfig
from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.contracts.ingest import read_cohort
from workflow_scripts.lib.contracts.prompts import PROMPTS
from workflow_scripts.lib.contracts.splits import read_grid, read_roles
from workflow_scripts.lib.prompts.render import Renderer, augmented_prompts, own_prompts
from workflow_scripts.lib.prompts.template import load_template
from workflow_scripts.lib.provenance.job import run_job
from workflow_scripts.lib.survival.scale import fit_scale
from workflow_scripts.lib.survival.seeds import derive_seed
from workflow_scripts.lib.teacher.model import load_crossfit, load_teacher


def main(patients, folds, time_grid, teacher, template, prompts, cfg: PromptsConfig, cohort, speaker, fold, seed) -> str:
    """Write the prompts of one fold and one teacher, named by ``speaker``."""
    everybody, roles = read_cohort(patients), read_roles(folds, fold)
    model, (ids, crossfitted) = load_teacher(teacher), load_crossfit(teacher)
    rng = np.random.default_rng(derive_seed(seed, "prompts", speaker, fold))
    scale, grid = fit_scale(crossfitted[speaker].log_risk), read_grid(time_grid, fold)
    renderer = Renderer(load_template(template), cfg, **cohort, scale=scale, grid=grid)
    is_train = roles["role"] == "train"
    others = everybody.take(roles.loc[~is_train, "patient_id"])
    train = everybody.take(roles.loc[is_train, "patient_id"])
    rows = pd.concat(
        [
            own_prompts(renderer, train, crossfitted[speaker].take(pd.Index(ids).get_indexer(train.rows.index)), rng).assign(
                out_of_fold=True
            ),
            augmented_prompts(renderer, train, lambda values: model.speak(values)[speaker], rng).assign(out_of_fold=False),
            own_prompts(renderer, others, model.speak(others.values)[speaker], rng).assign(out_of_fold=False),
        ]
    )
    rows = rows.merge(roles, on="patient_id").assign(fold=fold)
    rows["out_of_fold"] |= rows["role"] == "test"
    write_table(rows, prompts, PROMPTS)
    return f"{len(rows)} prompts, {cfg.augmented} of them augmented"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821

"""The table of results in README.md, written from a run's leaderboard and comparisons; no figure is typed by hand.

.venv/bin/snakemake --cores all --configfile config/full.yaml config/one_repeat.yaml
.venv/bin/python -m benchmarks.readme_table
"""

import re
from pathlib import Path

import pandas as pd

COMMAND = "snakemake --cores all --configfile config/full.yaml config/one_repeat.yaml"
COLUMNS = {"harrell_c": "C (Harrell)", "c_td": "C^td", "ibs": "IBS", "spearman_teacher": "Spearman with its teacher", "parse_rate": "read"}
MAIN = ("expectation", "combined", "risk", "average")
WRITTEN = ("expectation", "combined")  # outputs of families that write
STUDENTS = r"cox_distilled|multimodal_llm"
OTHER_MODALITIES = ("multimodal_llm", "hybrid")  # which a student of tables is not set beside
BLOCK = re.compile(r"(<!-- results[^\n]*-->\n).*?(<!-- /results -->)", re.DOTALL)


def say(row: pd.Series, metric: str) -> str:
    """A figure with its interval, where it has one."""
    if metric == "parse_rate":
        return f"{row['mean']:.0%}"
    figure = f"{row['mean']:.3f}".replace("0.", ".")
    if row["lower"] != row["lower"] or metric == "spearman_teacher":
        return figure
    return f"{figure} ({row['lower']:.3f} to {row['upper']:.3f})".replace("0.", ".")


def board_lines(board: pd.DataFrame) -> list[str]:
    """One line per cohort and family, by its main output, and one for the averaged teacher; the other teachers are families too."""
    lines = [f"| cohort | family | {' | '.join(COLUMNS.values())} |", "|---|---|" + "---|" * len(COLUMNS)]
    shown = board[board["metric"].isin(COLUMNS) & board["output"].isin(MAIN)]
    for (cohort, family), rows in shown.groupby(["cohort", "family"], sort=True):
        found = {row["metric"]: say(row, row["metric"]) for _, row in rows.iterrows()}
        writes = rows["output"].isin(WRITTEN).any()
        found |= {} if writes else {"parse_rate": ""}
        name = "teacher: average" if family == "teacher" else family
        lines.append(f"| {cohort} | {name} | {' | '.join(found.get(metric, '') for metric in COLUMNS)} |")
    return lines


def difference_lines(comparisons: pd.DataFrame) -> list[str]:
    """One line per student and reference: paired differences of C and IBS."""
    lines = ["| cohort | student | minus | C (Harrell) | p | IBS |", "|---|---|---|---|---|---|"]
    students = comparisons[comparisons["family"].str.match(STUDENTS) & ~comparisons["reference"].isin(OTHER_MODALITIES)]
    students = students[~((students["family"] == "cox_distilled") & (students["reference"] == "cox"))]  # the same as its teacher
    for (cohort, family, reference), rows in students.groupby(["cohort", "family", "reference"], sort=True):
        by_metric = rows.set_index("metric")
        c, ibs = by_metric.loc["harrell_c"], by_metric.loc["ibs"]
        words = [f"{row['difference']:+.4f} ({row['lower']:+.4f} to {row['upper']:+.4f})" for row in (c, ibs)]
        lines.append(f"| {cohort} | {family} | {reference} | {words[0]} | {c['p_value']:.2f} | {words[1]} |")
    return lines


def main() -> None:
    """Rewrite the block of README.md between its two markers."""
    board = pd.read_parquet("results/leaderboard.parquet")
    comparisons = pd.read_parquet("results/comparisons.parquet")
    folds = len(list(Path("results").glob(f"{board['cohort'].iloc[0]}/teacher/r*f*")))
    made_by = f"made by `{COMMAND}` and\n`python -m benchmarks.readme_table`."
    reads = "On `simulated`, multimodal_llm reads reports and genes beside the covariates, and hybrid the X-ray alone."
    text = [f"Held-out patients, {folds} folds, 95 % intervals over resampled patients; {made_by}", reads, ""]
    text += [*board_lines(board), "", "Paired differences on the same patients, p-values Holm-corrected:", ""]
    text += [*difference_lines(comparisons), ""]
    readme = Path("README.md")
    whole = BLOCK.sub(lambda found: found[1] + "\n".join(text) + found[2], readme.read_text(encoding="utf-8"))
    readme.write_text(whole, encoding="utf-8")


if __name__ == "__main__":
    main()

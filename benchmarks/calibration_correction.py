"""What a correction for the teacher's errors does to what is written, after a run of config/poor_teacher.yaml or the same without noise.

.venv/bin/snakemake --cores all --configfile config/poor_teacher.yaml
.venv/bin/python -m benchmarks.calibration_correction --teacher poor
"""

import argparse
import json
from pathlib import Path

from benchmarks.multimodal import METRICS, OUTPUTS, differences, replicates, said
from benchmarks.report import write_facts

CORRECTIONS = ("hard", "probabilistic", "posterior")


def main() -> None:
    """Gather and write benchmarks/results/calibration_correction_<teacher>.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cohort", default="simulated_reports")
    parser.add_argument("--teacher", choices=("poor", "good"), required=True, help="whether there was noise")
    given = parser.parse_args()
    values = {family: replicates(Path("results") / given.cohort, family) for family in ("uncorrected", *CORRECTIONS)}
    found = {
        "results": {name: {output: {m: said(one[output, m]) for m in METRICS} for output in OUTPUTS} for name, one in values.items()},
        "minus_uncorrected": {
            f"{name}, {output}": differences(values[name], output, values["uncorrected"], output)
            for name in CORRECTIONS
            for output in OUTPUTS
        },
    }
    print(json.dumps(found, indent=1))
    print(write_facts(f"calibration_correction_{given.teacher}", ("torch", "transformers"), **found))


if __name__ == "__main__":
    main()

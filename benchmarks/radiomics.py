"""The batched engine of radiomics against PyRadiomics, called for each patch: the same 1,218 features of the same images, on one thread.

CPU seconds, image by image in turn; every value of every patch is compared. Then what a worker holds at its peak, as the job of the
workflow it is, for more and more images; and where the batched engine's time goes. The images are the simulated ones, or a folder's.

    .venv/bin/python -m benchmarks.radiomics
    .venv/bin/python -m benchmarks.radiomics --images FOLDER
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import wraps
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
import torch
from PIL import Image

from benchmarks.report import write_result
from workflow_scripts.lib.config.modalities.standardise import StandardiseConfig
from workflow_scripts.lib.config.radiomics import RadiomicsConfig
from workflow_scripts.lib.contracts.base import write_table
from workflow_scripts.lib.contracts.files import bundle_folder, sha256_of
from workflow_scripts.lib.contracts.radiomics import STANDARDISED
from workflow_scripts.lib.ingest.images.grey import save_png
from workflow_scripts.lib.radiomics.batched import engine as batched
from workflow_scripts.lib.radiomics.engines import Engine, make_engine
from workflow_scripts.lib.radiomics.geometry import patch_grid
from workflow_scripts.lib.radiomics.reference import feature_names
from workflow_scripts.lib.radiomics.settings import load_settings
from workflow_scripts.lib.radiomics.standardise import lay, limits, place, spread
from workflow_scripts.lib.simulation.images import draw, render

PACKAGES = ("pyradiomics", "torch", "numpy", "SimpleITK", "PyWavelets", "connected-components-3d")
CFG = StandardiseConfig()
SETTINGS = load_settings(RadiomicsConfig().settings)
LABELS = patch_grid(CFG.side, CFG.patch)
SIZES = (1, 2, 4, 8, 16, 32)  # images of a worker
RELATIVE, ABSOLUTE = 1e-9, 1e-12  # what counts as equal: the second is for values that are zero up to rounding
STEPS = {
    **{"filtered": "filters", "ascending": "sorting", "find_levels": "binning", "value_features": "first order"},
    **{"histogram_features": "first order", "cooccurrences": "glcm, matrix", "cooccurrence_features": "glcm, features"},
    **{"runs": "glrlm, matrix", "zones": "glszm, matrix", "dependences": "gldm, matrix", "differences": "ngtdm, matrix"},
    **{"difference_features": "ngtdm, features", "size_features": "glrlm, glszm and gldm, features"},
}


def read_images(folder: Path | None, count: int) -> list[np.ndarray]:
    """The first images of a folder (side, side), standardised as the workflow does by default; or simulated ones."""
    if folder is None:
        rng = np.random.default_rng(1)
        return [picture for picture, _ in render(rng, draw(rng, count), CFG.side)]
    found = []
    for path in sorted(folder.iterdir())[:count]:
        with Image.open(path) as image:
            grey = np.asarray(image.convert("L"))
        at, (low, high) = place(grey, None, CFG), limits(grey, None, CFG)
        found.append(lay(spread(grey[at.source], low, high), at, CFG))
    return found


def seconds_of(engine: Engine, image: np.ndarray) -> tuple[float, np.ndarray]:
    """CPU seconds of one image, and its features (p, f)."""
    start = time.process_time()
    values = engine(image)
    return time.process_time() - start, values


def differences(images: list[np.ndarray], ours: np.ndarray, theirs: np.ndarray) -> dict[str, object]:
    """How far the features (n, p, f) of two engines are apart.

    Apart stand skewness and kurtosis of patches of one grey value, under filters whose values take all bits of a float64: both are 0
    by PyRadiomics' definition, unless rounding in its mean gives such a patch a variance.
    """
    away = np.abs(ours - theirs)
    unequal = (away > ABSOLUTE) & (away > RELATIVE * np.abs(theirs))
    moment = np.array([name.endswith(("firstorder_Skewness", "firstorder_Kurtosis")) for name in feature_names(SETTINGS)])
    flat = np.array([[np.ptp(image[number == LABELS]) == 0 for number in range(1, LABELS.max() + 1)] for image in images])
    excused = flat[..., None] & moment
    relative = away / np.maximum(np.abs(theirs), ABSOLUTE / RELATIVE)
    return {
        "values": away.size,
        "unequal": int((unequal & ~excused).sum()),
        "unequal_moments_of_flat_patches": int((unequal & excused).sum()),
        "largest_relative_difference": float(relative[~excused].max()),
    }


def compare(images: list[np.ndarray], repeats: int) -> dict[str, Any]:
    """Both engines on each image in turn: rates, in patches per CPU second, and how far they are apart."""
    ours, theirs = (
        make_engine(RadiomicsConfig(engine=name, device="cpu"), SETTINGS, LABELS, 1.0, 1) for name in ("batched", "pyradiomics")
    )
    ours(images[0])  # what is made once, for all images of a job
    rates: list[list[float]] = [[], []]
    found: list[list[np.ndarray]] = [[], []]
    for number, image in enumerate(images, 1):
        before = [seconds_of(ours, image)[0] for _ in range(repeats)]
        slow, values = seconds_of(theirs, image)
        again = [seconds_of(ours, image) for _ in range(repeats)]
        quick = median([*before, *(seconds for seconds, _ in again)])
        print(f"image {number}: batched {quick:.3f} s, PyRadiomics {slow:.2f} s, {slow / quick:.1f} times", flush=True)
        for kept, new in zip((*rates, *found), (len(values) / quick, len(values) / slow, again[-1][1], values), strict=True):
            kept.append(new)
    apart = differences(images, *map(np.array, found))
    return {"ours": rates[0], "theirs": rates[1], "equal": apart["unequal"] == 0, "differences": apart}


def profile(images: list[np.ndarray]) -> dict[str, float]:
    """CPU milliseconds per image of each step of the batched engine."""
    spent, real = Counter(), {name: getattr(batched, name) for name in STEPS}

    def timed(name: str) -> Callable[..., Any]:
        @wraps(real[name])
        def call(*words: Any) -> Any:
            start = time.process_time()
            made = real[name](*words)
            made = list(made) if name == "filtered" else made  # a generator
            spent[STEPS[name]] += time.process_time() - start
            return made

        return call

    engine = make_engine(RadiomicsConfig(device="cpu"), SETTINGS, LABELS, 1.0, 1)
    for name in STEPS:
        setattr(batched, name, timed(name))
    whole = sum(seconds_of(engine, image)[0] for image in images)
    for name, function in real.items():
        setattr(batched, name, function)
    spent["other"] = whole - sum(spent.values())
    return {step: round(1000 * seconds / len(images), 1) for step, seconds in spent.most_common()}


def make_world(folder: Path, images: list[np.ndarray]) -> None:
    """What a job of the workflow reads."""
    rows = []
    with bundle_folder(folder / "images/MANIFEST.json") as bundle:
        for number, image in enumerate(images, 1):
            path = bundle / f"{number:07}.png"
            save_png(image, path)
            rows.append({"patient_id": f"{number:07}", "path": path.name, "sha256": sha256_of(path)})
    facts = {"image_id": "001", "mask_path": None, "side": CFG.side, "spacing_mm": None, "row_spacing_mm": None, "grey_low": 0.0}
    facts |= {"left": 0, "top": 0, "width": CFG.side, "height": CFG.side, "pad_left": 0, "pad_top": 0, "scale_x": 1.0, "scale_y": 1.0}
    write_table(pd.DataFrame(rows).assign(**facts, grey_high=255.0), folder / "standardised.parquet", STANDARDISED)


def scaling(images: list[np.ndarray], rounds: int, scratch: Path) -> dict[str, object]:
    """Median CPU seconds and highest peaks of a worker at each size, sizes in turn, and what each further image costs between sizes.

    ``peak_mib`` counts libraries too, which workers on one machine share; ``own_mib`` at the end does not.
    """
    found: dict[int, list[dict[str, float]]] = {size: [] for size in SIZES}
    for turn in range(rounds):
        for size in SIZES:
            make_world(folder := scratch / f"{turn}_{size}", [np.roll(images[n % len(images)], n, axis=1) for n in range(size)])
            command = [sys.executable, "-m", "benchmarks.radiomics_worker", str(folder), str(CFG.patch)]
            done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
            found[size].append(json.loads(done.stdout))
            print(f"{size} images: {found[size][-1]}", flush=True)
    seconds = [median(run["seconds"] for run in found[size]) for size in SIZES]
    more = [(b - a) / (n - m) for (a, b), (m, n) in zip(pairwise(seconds), pairwise(SIZES), strict=True)]
    peaks = {name: [round(max(run[name] for run in found[size])) for size in SIZES] for name in ("peak_mib", "own_mib")}
    return {"images": SIZES, "seconds": _rounded(seconds), "seconds_per_further_image": _rounded(more), **peaks}


def on_gpu(images: list[np.ndarray]) -> dict[str, object]:
    """Seconds per image on a GPU, by the clock and of the CPU; none where there is none."""
    if not torch.cuda.is_available():
        return {}
    engine = make_engine(RadiomicsConfig(device="cuda"), SETTINGS, LABELS, 1.0, 1)
    engine(images[0])
    clock, start = time.perf_counter(), time.process_time()
    for image in images:
        engine(image)  # its result is on the CPU: the GPU has ended
    figures = {"seconds": time.perf_counter() - clock, "cpu_seconds": time.process_time() - start}
    return {"gpu": {"name": torch.cuda.get_device_name(), **{name: round(value / len(images), 4) for name, value in figures.items()}}}


def _rounded(values: list[float]) -> list[float]:
    return [round(value, 3) for value in values]


def main() -> None:
    """Measure and write benchmarks/results/radiomics.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, help="a folder of images that Pillow reads; the simulated ones where none is named")
    parser.add_argument("--count", type=int, default=6, help="images that both engines compute: 20 seconds each")
    parser.add_argument("--repeats", type=int, default=2, help="before and after PyRadiomics; the median counts")
    parser.add_argument("--rounds", type=int, default=3, help="of workers")
    chosen = parser.parse_args()
    images = read_images(chosen.images, chosen.count)
    compared = compare(images, chosen.repeats)
    with tempfile.TemporaryDirectory() as scratch:
        workers = scaling(images, chosen.rounds, Path(scratch))
    facts = {"unit": "patches per CPU second of one core", "images": "simulated" if chosen.images is None else "radiographs", "threads": 1}
    facts |= {"features": len(feature_names(SETTINGS)), "patches": int(LABELS.max()), "side": CFG.side}
    seconds = {name: round(LABELS.max() / median(compared[name]), 3) for name in ("ours", "theirs")}
    facts |= {"seconds_per_image": seconds, "profile_ms": profile(images), "workers": workers, **on_gpu(images)}
    print(write_result("radiomics", "PyRadiomics", **compared, packages=PACKAGES, **facts))


if __name__ == "__main__":
    main()

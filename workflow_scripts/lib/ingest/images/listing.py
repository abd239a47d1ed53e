"""Which image is whose, and which one stands for a patient who has several."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

import pandas as pd
import pyarrow as pa

from workflow_scripts.lib.config.modalities.images import ImagesConfig
from workflow_scripts.lib.config.sources import Choice
from workflow_scripts.lib.errors import StageRefusal, did_you_mean
from workflow_scripts.lib.ingest.members import Members
from workflow_scripts.lib.ingest.raw.folder import Folder
from workflow_scripts.lib.ingest.raw.values import as_text, numbers

TWO = "an image names two patients"
SHARED = "an image is listed for two patients"
SEVERAL = "several images, and images.index does not say which stands for the patient"
TIED = "several images: the {} '{}' is not that of one image"


@dataclass(frozen=True)
class Listed:
    """``rows``: patient_id, path and by (what orders a patient's images), one per image of the cohort.

    ``refused`` are pairs of patient and reason; ``unclaimed`` counts files that no row, or no patient, claims.
    """

    rows: pd.DataFrame
    refused: set[tuple[str, str]]
    unclaimed: int


def list_images(folder: Folder, listing: pa.Table | None, members: Members, cfg: ImagesConfig) -> Listed:
    """Every image of a patient of the cohort. Raises StageRefusal for columns that are not there, and when there is no image at all."""
    rows = _by_name(folder) if listing is None else _by_listing(listing, cfg)
    found, refused = [], set()
    for place, row in enumerate(rows.itertuples(index=False), 1):
        owners = members.owners(row.key or "", cfg.patient, f"image {place}")
        if len(owners) == 1:
            found.append((owners[0], row.path, row.by))
        refused |= {(owner, TWO) for owner in owners if len(owners) > 1}
    if not found:
        raise StageRefusal(
            f"images: not one of {len(rows)} is of a patient of the cohort ({len(members.strangers)} ids are not the cohort's); correct "
            "images.patient, whose pattern must give ids as the patients table has them, or images.keep"
        )
    kept = pd.DataFrame(found, columns=["patient_id", "path", "by"], dtype=object).drop_duplicates()
    shared = (kept.groupby("path")["patient_id"].transform("nunique") > 1) & (kept["path"] != "")
    refused |= {(owner, SHARED) for owner in kept.loc[shared, "patient_id"]}
    return Listed(kept[~shared].reset_index(drop=True), refused, len(set(folder.files["path"]) - set(kept["path"])))


def _by_name(folder: Folder) -> pd.DataFrame:
    paths = folder.files["path"]
    return pd.DataFrame({"key": [PurePath(path).stem for path in paths], "path": paths, "by": None}, dtype=object)


def _by_listing(listing: pa.Table, cfg: ImagesConfig) -> pd.DataFrame:
    wanted = [cfg.patient.column, cfg.file, cfg.index and cfg.index.by, *cfg.keep]
    there = listing.column_names
    absent = [f"there is no column '{name}'; {did_you_mean(name, there)}" for name in wanted if name and name not in there]
    if absent or cfg.patient.column is None:
        raise StageRefusal(
            "images.listing: " + "; ".join(absent or ["give images.patient.column: a listing names its patients in a column"])
        )
    text = {name: as_text(name, listing[name], ()).to_pandas() for name in wanted if name}
    kept = pd.Series(True, index=range(listing.num_rows))
    for name, values in cfg.keep.items():
        kept &= text[name].isin(values)
    by = text[cfg.index.by] if cfg.index else None
    return pd.DataFrame({"key": text[cfg.patient.column], "path": text[cfg.file].fillna(""), "by": by}, dtype=object)[kept.to_numpy()]


def choose_index(rows: pd.DataFrame, choice: Choice | None) -> tuple[pd.Series, set[tuple[str, str]]]:
    """True (n,) for the one image that stands for each patient of ``rows`` (patient_id, by), and patients for whom there is none."""
    several = rows["patient_id"].duplicated(keep=False)
    if choice is None:
        return ~several, {(patient, SEVERAL) for patient in rows.loc[several, "patient_id"]}
    rank = _rank(list(rows["by"]))
    rank = -rank if choice.take == "last" else rank
    best = rank.groupby(rows["patient_id"]).transform("min")
    first = (rank == best) & rank.notna()
    tied = first.groupby(rows["patient_id"]).transform("sum") != 1
    undecided = {(patient, TIED.format(choice.take, choice.by)) for patient in rows.loc[tied & several, "patient_id"]}
    return (first & ~tied) | ~several, undecided


def _rank(by: Sequence[str | None]) -> pd.Series:
    """Positions in the order of ``by``: as numbers where all are numbers, else as text; NaN where missing."""
    values, odd = numbers(pa.array(by, pa.string()))
    return pd.Series(by if odd.any() else values).rank(method="dense")

"""Whose codes they are: which patient a row names, what lies before the index date, and whose record cannot be right."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from workflow_scripts.lib.config.sources import PatientKey
from workflow_scripts.lib.contracts.registry import read_registry
from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.members import STRANGER
from workflow_scripts.lib.ingest.patients.choosing import patient_ids
from workflow_scripts.lib.ingest.visits.times import Times
from workflow_scripts.lib.ingest.visits.vocabulary import distinct

LANDMARK = np.datetime64("2000-01-01", "us")
DAYLIGHT_SAVING = 60  # minutes by which a clock on the same wall may differ from itself

BEFORE_BIRTH = "a code is dated before birth"
AFTER_DEATH = "a code is dated after death"
HALF_ZONED = "times with and times without a time zone"
FAR_ZONES = "times in zones more than an hour apart"
NO_INDEX = "no index date"
UNUSABLE = "no row of the patient could be used"


class Subjects:
    """The n patients in the order of patient_id, and what the rows seen so far say about each; subject i is i + 1 in MEDS.

    ``seen``, ``usable`` and ``reached`` (n,) are True for patients with any row, with a usable one, and with one before the index date.
    A patient is refused for this modality, since no part of the record can be trusted then, when a code is dated before the day
    of birth or after the day of death, or when times differ in whether they have a zone, or in zones by more than daylight saving.
    """

    def __init__(self, registry: str | Path, event_is_death: bool) -> None:
        rows = read_registry(registry)
        self.patient_ids = pa.array(rows["patient_id"])
        self._sources, self._renamed = rows.index, bool((rows.index != rows["patient_id"]).any())
        self._index, self._birth, event = (_days(rows[name]) for name in ("index_date", "birth_date", "event_date"))
        self._death = event if event_is_death else np.full(len(rows), np.datetime64("NaT"))
        n = len(rows)
        self._before_birth, self._after_death, self._no_index = (np.zeros(n, dtype=bool) for _ in range(3))
        self.seen, self.usable, self.reached, self._zoned, self._zoneless = (np.zeros(n, dtype=bool) for _ in range(5))
        self._west, self._east = np.full(n, np.inf), np.full(n, -np.inf)
        self._strangers: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self.patient_ids)

    def find(self, text: pa.Array, key: PatientKey, table: str, first_row: int) -> np.ndarray:
        """The subject (n,) that each text names, -1 for strangers, who are noted, and for rows without id."""
        values, place = distinct(text)
        ids = patient_ids(values, key)
        subject = self._sources.get_indexer(ids)
        strangers = ((subject < 0) & ids.notna()).to_numpy()
        names = ids[strangers].reset_index(drop=True)
        rows = pd.Series(np.unique(place, return_index=True)[1][strangers] + first_row).astype(str)
        self._strangers.update(zip(names, f"{table}, row " + rows if self._renamed else names, strict=True))
        return subject[place]

    def place(self, subject: np.ndarray, times: Times) -> tuple[np.ndarray, np.ndarray]:
        """Times (n,) on a calendar on which the index date is 2000-01-01, and (n,) True where they lie on a day before it.

        Notes whose record cannot be right. A row without a time lies nowhere.
        """
        day = times.moment.astype("datetime64[D]")
        self.seen[subject] = True
        self._before_birth[subject[day < self._birth[subject]]] = True
        self._after_death[subject[day > self._death[subject]]] = True
        self._no_index[subject[np.isnat(self._index[subject])]] = True
        self._note_zones(subject, times)
        return times.moment - self._index[subject].astype("datetime64[us]") + LANDMARK, day < self._index[subject]

    def _note_zones(self, subject: np.ndarray, times: Times) -> None:
        written = ~np.isnan(times.zone)
        self._zoned[subject[written]] = True
        self._zoneless[subject[times.clock & ~written]] = True
        np.minimum.at(self._west, subject[written], times.zone[written])
        np.maximum.at(self._east, subject[written], times.zone[written])

    @property
    def faults(self) -> dict[str, np.ndarray]:
        """By reason, (n,) True where the patient's codes cannot be trusted, or not one of them could be read."""
        return {
            BEFORE_BIRTH: self._before_birth,
            AFTER_DEATH: self._after_death,
            HALF_ZONED: self._zoned & self._zoneless,
            FAR_ZONES: self._east - self._west > DAYLIGHT_SAVING,
            NO_INDEX: self._no_index,
            UNUSABLE: self.seen & ~self.usable,
        }

    @property
    def refused(self) -> np.ndarray:
        """(n,) True where the patient has one of these faults."""
        return np.any(list(self.faults.values()), axis=0)

    def refusals(self) -> pd.DataFrame:
        """Patients who lack this modality for a fault of their rows, and ids in the tables that are no patient's."""
        ids = self.patient_ids.to_pandas()
        rows = [pd.DataFrame({"patient_id": ids[bad], "reason": reason}) for reason, bad in self.faults.items()]
        strangers = pd.DataFrame({"patient_id": list(self._strangers.values()), "reason": STRANGER}, dtype=object)
        return pd.concat([*rows, strangers])

    def check(self) -> None:
        """Raise StageRefusal when most who died have codes after it, or when nobody is left."""
        late, died = int(self._after_death.sum()), int((self.seen & ~np.isnat(self._death)).sum())
        if late > max(4, died / 2):
            raise StageRefusal(
                f"visits: {late} of {died} patients with event have codes after it; where the event is not death, "
                "set visits.event_is_death: false, else correct the dates"
            )
        if (self.refused | ~self.seen).all():
            reasons = "; ".join(f"{reason}: {bad.sum()} patients" for reason, bad in self.faults.items() if bad.any())
            raise StageRefusal(f"visits: no patient's codes can be used ({reasons}); correct the tables or their mapping")


def _days(dates: pd.Series) -> np.ndarray:
    return dates.to_numpy(dtype="datetime64[us]").astype("datetime64[D]")

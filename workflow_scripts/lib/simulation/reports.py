"""Pathology reports templated from facts: margins, invasion of vessels, nodes and grade carry hazard, and only the report states them.

The text negates, contradicts itself and corrects that in an addendum, speaks of much else in several orders, and is sometimes
scanned badly. It never says how the patient fared.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workflow_scripts.lib.simulation import phrases
from workflow_scripts.lib.simulation.blocks import Block

CORRECTED, SCANNED, NEAR_EMPTY = 0.12, 0.25, 0.04  # of the reports
MISREAD = 0.01  # of the small letters of a scanned report
BROKEN = 0.07  # of the spaces of a scanned report are line breaks
LOOKS_LIKE = {"l": "1", "i": "l", "e": "c", "o": "0", "s": "5", "h": "b", "a": "o", "u": "v", "t": "f", "g": "q"}


def draw(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Facts of n patients: ``margins`` and ``invasion`` (true: involved), lymph nodes, ``grade``, and ``size`` in mm."""
    examined = rng.integers(5, 28, n)
    share = np.where(rng.random(n) < 0.4, rng.beta(1, 4, n), 0)
    return pd.DataFrame(
        {
            "margins": rng.random(n) < 0.2,
            "invasion": rng.random(n) < 0.4,
            "examined": examined,
            "positive": rng.binomial(examined, share),
            "grade": rng.choice([1, 2, 3], n, p=[0.25, 0.45, 0.3]),
            "size": np.clip(np.rint(np.exp(rng.normal(3.2, 0.45, n))), 6, 95).astype(int),
        }
    )


def effect(facts: pd.DataFrame) -> np.ndarray:
    """What the report's facts add to the log-hazard (n,), before it is scaled. Size adds nothing: it is only talked about."""
    nodes = 0.6 * np.log1p(facts["positive"])
    return (0.9 * facts["margins"] + 0.8 * facts["invasion"] + nodes + 0.45 * facts["grade"]).to_numpy()


def texts(block: Block, facts: pd.DataFrame) -> np.ndarray:
    """The report of each patient (n,)."""
    rng, n = block.rng("reports", "shown"), len(facts)
    if not n:
        return np.array([], dtype=object)
    corrected = np.where(rng.random(n) < CORRECTED, rng.choice(["margins", "invasion"], n), "")
    said = facts.assign(**{name: facts[name] ^ (corrected == name) for name in ("margins", "invasion")})
    numbers = _numbers(rng, facts)
    findings = _shuffled(rng, _statements(rng, said, numbers), " ")
    around = [_worded(rng, words, numbers) for words in (phrases.HISTORY, phrases.GROSS, phrases.STAINS)]
    body = _shuffled(rng, [*around, findings], "\n")
    ending = _glued([_worded(rng, phrases.CLOSING, numbers), _correction(rng, facts, corrected)], "")
    whole = _scanned(rng, _glued([_worded(rng, phrases.SPECIMEN, numbers), body, ending], "\n"))
    return np.where(rng.random(n) < NEAR_EMPTY, rng.choice(phrases.EMPTY, n), whole)


def _numbers(rng: np.random.Generator, facts: pd.DataFrame) -> dict[str, np.ndarray]:
    """By the names in the templates: the facts that are numbers, and further numbers that mean nothing."""
    n, size = len(facts), facts["size"].to_numpy()
    hilar_examined = facts["examined"].to_numpy() // 2
    hilar = rng.hypergeometric(facts["positive"], facts["examined"] - facts["positive"], hilar_examined)
    drawn = {"gap": (1, 25), "weeks": (2, 30), "uptake": (3, 15), "weight": (120, 480), "long": (120, 220), "wide": (80, 140)}
    drawn |= {"thick": (30, 70), "blocks": (6, 28), "share": (40, 96), "cells": (5, 96), "necrosis": (1, 40), "mitoses": (1, 30)}
    return {
        **{name: rng.integers(*bounds, n) for name, bounds in drawn.items()},
        **{name: facts[name].to_numpy() for name in ("examined", "positive", "size")},
        "across": (size * rng.uniform(0.6, 0.95, n)).astype(int),
        "deep": (size * rng.uniform(0.4, 0.8, n)).astype(int),
        "hilar": hilar,
        "hilar_examined": hilar_examined,
        "mediastinal": facts["positive"].to_numpy() - hilar,
        "mediastinal_examined": facts["examined"].to_numpy() - hilar_examined,
        "lobe": np.array(phrases.LOBES)[rng.integers(0, len(phrases.LOBES), n)],
    }


def _statements(rng: np.random.Generator, said: pd.DataFrame, numbers: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Each finding as the report states it."""
    keys = {"margins": said["margins"], "invasion": said["invasion"], "nodes": said["positive"] > 0, "grade": said["grade"]}
    words = {"margins": phrases.MARGINS, "invasion": phrases.INVASION, "nodes": phrases.NODES, "grade": phrases.GRADE}
    stated = [_by_state(rng, words[name], keys[name].to_numpy(), numbers) for name in words]
    return [*stated, _worded(rng, phrases.SIZE, numbers), _worded(rng, phrases.OTHER, numbers)]


def _by_state(rng: np.random.Generator, words: dict, state: np.ndarray, numbers: dict[str, np.ndarray]) -> np.ndarray:
    """A wording of each patient's ``state`` (n,)."""
    found = np.full(len(state), "", dtype=object)
    for value, templates in words.items():
        rows = np.flatnonzero(state == value)
        found[rows] = _worded(rng, templates, {name: numbers[name][rows] for name in numbers})
    return found


def _worded(rng: np.random.Generator, templates: Sequence[str], numbers: dict[str, np.ndarray]) -> np.ndarray:
    """One of ``templates`` for each patient (n,), its names replaced by the patient's numbers."""
    choice = rng.integers(0, len(templates), len(numbers["size"]))
    found = np.full(len(choice), "", dtype=object)
    for which, template in enumerate(templates):
        rows = np.flatnonzero(choice == which)
        found[rows] = _filled(template, numbers, rows)
    return found


def _filled(template: str, numbers: dict[str, np.ndarray], rows: np.ndarray) -> np.ndarray:
    """``template`` for the patients at ``rows``."""
    pieces = [piece for part in template.split("{") for piece in part.split("}")]  # text and names in turn
    columns = [numbers[piece][rows].astype(str) if position % 2 else np.full(len(rows), piece) for position, piece in enumerate(pieces)]
    return _glued(columns, "")


def _shuffled(rng: np.random.Generator, statements: list[np.ndarray], between: str) -> np.ndarray:
    """The statements of each patient (n,), in an order of the patient's own."""
    table = np.array(statements, dtype=object)  # (statements, n)
    order = np.argsort(rng.random(table.shape), axis=0)
    return _glued(list(np.take_along_axis(table, order, axis=0)), between)


def _glued(columns: list[np.ndarray], between: str) -> np.ndarray:
    glued = pc.binary_join_element_wise(*[pa.array(column, pa.string()) for column in columns], between)
    return glued.to_numpy(zero_copy_only=False)


def _correction(rng: np.random.Generator, facts: pd.DataFrame, corrected: np.ndarray) -> np.ndarray:
    """The addendum, on a line of its own, of those whose report has one; it states what is true."""
    found = np.full(len(facts), "", dtype=object)
    for name, states in phrases.CORRECTION.items():
        for state, templates in states.items():
            rows = np.flatnonzero((corrected == name) & (facts[name] == state))
            found[rows] = np.array([f"\n{words}" for words in templates], dtype=object)[rng.integers(0, len(templates), len(rows))]
    return found


def _scanned(rng: np.random.Generator, whole: np.ndarray) -> np.ndarray:
    """Some reports as read from a scan: small letters mistaken for others, lines broken. Numbers stay as they are."""
    text = pa.array(whole, pa.string())
    offsets = np.frombuffer(text.buffers()[1], dtype=np.int32)[: len(text) + 1]
    letters = np.frombuffer(text.buffers()[2], dtype=np.uint8)[: offsets[-1]].copy()
    bad = np.repeat(rng.random(len(text)) < SCANNED, np.diff(offsets))
    mistaken = np.arange(256, dtype=np.uint8)
    mistaken[[ord(letter) for letter in LOOKS_LIKE]] = [ord(letter) for letter in LOOKS_LIKE.values()]
    misread = bad & (rng.random(len(letters)) < MISREAD)
    letters[misread] = mistaken[letters[misread]]
    breaks = bad & (letters == ord(" ")) & (rng.random(len(letters)) < BROKEN)
    letters[breaks] = ord("\n")
    return pa.StringArray.from_buffers(len(text), text.buffers()[1], pa.py_buffer(letters.tobytes())).to_numpy(zero_copy_only=False)

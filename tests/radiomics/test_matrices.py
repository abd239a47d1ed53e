"""Matrices of texture worked by hand, on the picture by which PyRadiomics' own pages explain them."""

import numpy as np
import torch

from workflow_scripts.lib.radiomics.batched.levels import find_levels
from workflow_scripts.lib.radiomics.batched.matrices import Pairs, cooccurrences, dependences, differences, runs, zones
from workflow_scripts.lib.radiomics.batched.regions import Regions

PICTURE = np.array([[5, 2, 5, 4, 4], [3, 3, 3, 1, 3], [2, 1, 1, 1, 3], [4, 2, 2, 2, 3], [3, 5, 3, 3, 2]])


def levels_of(picture, labels=None):
    regions = Regions(torch.from_numpy(np.ones(picture.shape, dtype=int) if labels is None else labels))
    values = torch.from_numpy(picture.astype(float)).flatten()[regions.order][None]
    lowest = [np.array([picture[regions.labels.numpy() == number].min() for number in range(1, regions.count + 1)], dtype=np.float64)]
    return find_levels(values, lowest, regions, 1.0), regions


def dense(entries, direction=0):
    """Rows of levels, columns of sizes."""
    found = np.zeros((len(entries.levels.region), int(entries.size.max())), dtype=int)
    own = (entries.direction == direction).numpy()
    found[entries.row.numpy()[own], entries.size.numpy()[own].astype(int) - 1] = entries.count.numpy()[own]
    return found


def test_levels_keep_their_numbers():
    levels, _ = levels_of(np.array([[0, 3], [3, 7]]))
    assert levels.value.tolist() == [1, 4, 8]
    assert levels.count.tolist() == [1, 2, 1]
    assert levels.level[0].tolist() == [[1, 4], [4, 8]]


def test_runs_from_left_to_right():
    levels, regions = levels_of(PICTURE)
    assert dense(runs(levels, regions)).tolist() == [[1, 0, 1], [3, 0, 1], [4, 1, 1], [1, 1, 0], [3, 0, 0]]


def test_zones():
    levels, _ = levels_of(PICTURE)
    assert dense(zones(levels)).tolist() == [[0, 0, 0, 1, 0], [1, 0, 0, 0, 1], [1, 0, 1, 0, 1], [1, 1, 0, 0, 0], [3, 0, 0, 0, 0]]


def test_dependences():
    levels, regions = levels_of(PICTURE)
    found = dependences(levels, regions.shifts((1,)), 0)
    assert dense(found).tolist() == [[0, 1, 2, 1], [1, 2, 3, 0], [1, 4, 4, 0], [1, 2, 0, 0], [3, 0, 0, 0]]


def test_cooccurrences_to_the_right():
    picture = np.array([[1, 2, 5, 2, 3], [3, 2, 1, 3, 1], [1, 3, 5, 5, 2], [1, 1, 1, 1, 2], [1, 2, 4, 3, 5]])
    levels, regions = levels_of(picture)
    pairs = Pairs(levels)
    found = cooccurrences(pairs, regions.shifts((1,)))
    right = found[[shift.here[1] == slice(0, 5) for shift in regions.shifts((1,))].index(True)]
    assert right.view(5, 5).int().tolist() == [[6, 4, 3, 0, 0], [4, 0, 2, 1, 3], [3, 2, 0, 1, 2], [0, 1, 1, 0, 0], [0, 3, 2, 0, 2]]


def test_neighbours_of_another_region_do_not_count():
    picture, labels = np.array([[1, 1, 1, 1], [1, 1, 1, 1]]), np.array([[1, 1, 2, 2], [1, 1, 2, 2]])
    levels, regions = levels_of(picture, labels)
    shifts = regions.shifts((1,))
    assert cooccurrences(Pairs(levels), shifts).sum(0).tolist() == [12, 12]  # six pairs of pixels in each, either way round
    assert dense(dependences(levels, shifts, 0)).tolist() == [[0, 0, 0, 4], [0, 0, 0, 4]]
    assert dense(zones(levels)).tolist() == [[0, 0, 0, 1], [0, 0, 0, 1]]


def test_differences_from_the_neighbours_mean():
    picture = np.array([[1, 2, 5, 2], [3, 5, 1, 3], [1, 3, 5, 5], [3, 1, 1, 1]])
    levels, regions = levels_of(picture)
    found = differences(levels, regions.shifts((1,)))
    assert [round(value, 3) for value in found.tolist()] == [13.35, 2.0, 3.033, 10.075]

"""Derived seeds."""

import numpy as np

from workflow_scripts.lib.survival.seeds import derive_seed


def test_the_same_on_every_machine():
    """The first 31 bits of `printf 1/teacher/r1f1 | sha256sum`."""
    assert derive_seed(1, "teacher", "r1f1") == 1415529021
    assert derive_seed(1) == 901994809


def test_differ_by_seed_by_word_and_by_place():
    words = [(1, "a", "b"), (2, "a", "b"), (1, "b", "a"), (1, "a"), (1, "a", 1), (1, "a", 2), (11, "a")]
    assert len({derive_seed(seed, *rest) for seed, *rest in words}) == len(words)


def test_fit_any_generator():
    for word in range(200):
        assert 0 <= derive_seed(7, word) < 2**31
    np.random.default_rng(derive_seed(7))

"""Batches: everybody once per epoch, alike lengths together, and the same after a restart."""

from itertools import islice

import numpy as np
import pytest

from workflow_scripts.lib.training.batches import POOL, in_order, training_batches

LENGTHS = np.random.default_rng(1).integers(10, 200, 1000)


def first(count, *arguments):
    return list(islice(training_batches(*arguments), count))


def test_everybody_once_per_epoch_and_each_epoch_in_another_order():
    one, two = (np.concatenate(epoch) for epoch in np.array_split(first(200, LENGTHS, 10, 7), 2))
    assert np.array_equal(np.sort(one), np.arange(1000))
    assert np.array_equal(np.sort(two), np.arange(1000))
    assert not np.array_equal(one, two)


def test_what_does_not_fill_a_batch_waits_for_another_epoch():
    left_out = [set(range(1000)) - set(np.concatenate(first(3 * (epoch + 1), LENGTHS, 300, 7)[3 * epoch :])) for epoch in range(4)]
    assert [len(rows) for rows in left_out] == [100] * 4
    assert not set.intersection(*left_out)


def test_a_batch_holds_alike_lengths_and_batches_come_in_no_order_of_length():
    batches = first(1000 // 8, LENGTHS, 8, 7)
    spreads = [np.ptp(LENGTHS[rows]) for rows in batches]
    assert np.mean(spreads) < 3 * 190 / POOL
    assert 0.35 < np.mean(np.diff([LENGTHS[rows].mean() for rows in batches]) > 0) < 0.65


@pytest.mark.parametrize("start", [1, 99, 100, 101, 250])
def test_a_resumed_run_sees_the_batches_it_would_have_seen(start):
    whole = first(start + 5, LENGTHS, 10, 7)
    resumed = first(5, LENGTHS, 10, 7, start)
    assert all(np.array_equal(a, b) for a, b in zip(whole[start:], resumed, strict=True))


def test_the_seed_decides():
    assert np.array_equal(first(3, LENGTHS, 10, 7), first(3, LENGTHS, 10, 7))
    assert not np.array_equal(first(3, LENGTHS, 10, 7), first(3, LENGTHS, 10, 8))


def test_fewer_examples_than_a_batch_are_one_batch():
    for rows in first(3, LENGTHS[:6], 10, 7):
        assert np.array_equal(np.sort(rows), np.arange(6))


def test_looking_goes_over_everybody_once_from_short_to_long():
    batches = list(in_order(LENGTHS, 64))
    rows = np.concatenate(batches)
    assert [len(batch) for batch in batches] == [64] * 15 + [40]
    assert np.array_equal(np.sort(rows), np.arange(1000))
    assert np.all(np.diff(LENGTHS[rows]) >= 0)


def test_every_batch_has_its_share_of_each_stratum():
    event = np.random.default_rng(2).random(1000) < 0.07
    batches = first(50, np.ones(1000), 100, 7, 0, event)
    share = event.sum() / 10
    assert all(abs(event[rows].sum() - share) <= 1 for rows in batches)
    assert np.array_equal(np.sort(np.concatenate(batches[:10])), np.arange(1000))
    assert not np.array_equal(batches[0], batches[10])
    blind = first(50, np.ones(1000), 100, 7)
    assert max(abs(event[rows].sum() - share) for rows in blind) > 3


def test_every_batch_has_its_share_of_events_whatever_their_lengths():
    """Were batches put together by length, those of the longest would have all events."""
    event = np.sort(LENGTHS)[800] <= LENGTHS
    for rows in first(25, LENGTHS, 40, 7, 0, event):
        assert abs(event[rows].sum() - 40 * event.mean()) <= 2

"""Near things are found, far ones are not, and crowds stay affordable."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.shared import shared
from workflow_scripts.lib.leakage import near
from workflow_scripts.lib.leakage.pictures import ALIKE, BITS_APART, image_groups, same_pixels
from workflow_scripts.lib.leakage.texts import jaccard, shingles, text_groups

RNG = np.random.default_rng(3)
WORDS = np.array([f"w{i}" for i in range(300)])


def print_groups(prints):
    """By fingerprints alone."""
    return image_groups(prints, lambda pairs: np.ones(len(pairs), dtype=bool))


def test_prints_four_bits_apart_are_one_group_wherever_the_bits_are():
    """Against every pair compared: all choices of four bits, some of each, and pairs five bits apart."""
    base = RNG.integers(0, 2**63, 400, dtype=np.uint64)
    flips = [sum(1 << int(bit) for bit in RNG.choice(64, 4 + place % 2, replace=False)) for place in range(400)]
    prints = np.concatenate([base, base ^ np.array(flips, dtype=np.uint64)])
    groups = print_groups(prints)
    for place in range(400):
        assert (groups[place] == groups[place + 400]) == (place % 2 == 0)
    assert len(np.unique(groups)) == 600
    assert BITS_APART == 4


def test_a_chain_of_near_prints_is_one_group():
    prints = np.array([0, 0b1111, 0b11111111, 2**40 - 1], dtype=np.uint64)
    assert [int(group) for group in print_groups(prints)] in ([0, 0, 0, 1], [1, 1, 1, 0])


def smooth(rng, side=96):
    """A picture of a few broad shapes."""
    x, y = np.meshgrid(np.linspace(-1, 1, side), np.linspace(-1, 1, side))
    shapes = [np.exp(-((x - rng.uniform(-1, 1)) ** 2 + (y - rng.uniform(-1, 1)) ** 2) / 0.2) for _ in range(6)]
    return Image.fromarray(np.uint8(255 * sum(shapes) / np.max(sum(shapes))))


def test_pixels_confirm_copies_and_refute_what_only_has_the_same_print(tmp_path):
    pictures = [smooth(np.random.default_rng(seed)) for seed in (1, 2)]
    copies = {
        "small": pictures[0].resize((48, 48)),
        "dark": pictures[0].point(lambda grey: grey // 2),
        "cropped": pictures[0].crop((1, 1, 95, 95)),
    }
    for name, picture in {"first": pictures[0], "other": pictures[1], **copies}.items():
        picture.save(tmp_path / f"{name}.png")
    paths = [tmp_path / f"{name}.png" for name in ("first", "other", *copies)]
    assert same_pixels(paths)(np.array([[0, 1], [0, 2], [3, 0], [0, 4], [1, 3]])).tolist() == [False, True, True, True, False]
    groups = image_groups(np.zeros(5, dtype=np.uint64), same_pixels(paths))
    assert groups.tolist() in ([0, 1, 0, 0, 0], [1, 0, 1, 1, 1])
    assert ALIKE == 0.95


def test_real_radiographs_are_different_pictures():
    """Every two chest X-rays of different patients, whatever their fingerprints say."""
    listed = pd.read_csv(shared("cxr_covid/metadata.csv")).drop_duplicates("patientid")
    paths = [path for path in (shared("cxr_covid/images") / name for name in listed["filename"]) if path.exists()]
    assert len(paths) > 40
    assert not same_pixels(paths)(np.array(list(combinations(range(len(paths)), 2)))).any()


def text(words):
    return " ".join(words)


@pytest.mark.parametrize("changed", [0, 2, 4])
def test_reports_with_few_words_changed_are_one_group(changed):
    """Each changed word takes five of 196 shingles: two leave a Jaccard of .90, four of .82."""
    words = RNG.choice(WORDS, 200)
    other = words.copy()
    other[[40 * place for place in range(1, changed + 1)]] = "other"
    strangers = [text(RNG.choice(WORDS, 200)) for _ in range(50)]
    groups = text_groups([text(words).upper(), *strangers, text(other) + "."])
    assert groups[0] == groups[-1]
    assert len(np.unique(groups)) == 51


def test_reports_that_share_half_their_shingles_are_not():
    """Twelve words apart leave a Jaccard of .53: of twenty such pairs some share a band, and none is alike."""
    texts = []
    for words in RNG.choice(WORDS, (20, 200)):
        other = words.copy()
        other[5::16] = "other"
        texts += [text(words), text(other)]
    assert 0.45 < jaccard(shingles(texts[0]), shingles(texts[1])) < 0.6
    assert len(np.unique(text_groups(texts))) == 40


def test_jaccard_of_shingles_by_hand():
    first, second = shingles("a b c d e f"), shingles("a b c d e g")
    assert (len(first), len(second)) == (2, 2)
    assert jaccard(first, second) == 1 / 3
    assert jaccard(shingles("b a c d e"), shingles("a b c d e")) == 0
    assert len(shingles("a b c d e a b c d e")) == 5


def test_near_is_asked_only_of_pairs_that_share_a_part_and_are_not_linked_yet():
    asked = []

    def always(pairs):
        asked.extend(map(tuple, pairs.tolist()))
        return np.ones(len(pairs), dtype=bool)

    groups = near.near_groups(5, [np.array([1, 1, 2, 2, 3]), np.array([9, 9, 9, 8, 7])], always)
    assert [len({*groups[[0, 1, 2, 3]]}), len({*groups})] == [1, 2]
    assert asked == [(0, 1), (2, 3), (1, 2)]


def test_a_crowd_is_compared_with_neighbours_only():
    asked = []

    def never(pairs):
        asked.append(len(pairs))
        return np.zeros(len(pairs), dtype=bool)

    assert len({*near.near_groups(1000, [np.zeros(1000, dtype=int)], never)}) == 1000
    assert sum(asked) < 1000 * near.REACH


def test_real_reports_are_of_different_patients():
    """Of the pathology reports of bladder cancer, pairs alike by comparing all pairs are exactly those grouped."""
    texts = pd.read_csv(shared("tcga_reports/BLADDER.csv"))["ocr_text"].dropna().tolist()
    texts = [one for one in texts if len(one.split()) > 60]
    sets = [shingles(" ".join(one.lower().split())) for one in texts]
    alike = {(i, j) for i, j in combinations(range(len(sets)), 2) if jaccard(sets[i], sets[j]) >= 0.85}
    groups = text_groups(texts)
    assert all(groups[i] == groups[j] for i, j in alike)
    assert len(texts) - len(np.unique(groups)) <= len(alike) + 3

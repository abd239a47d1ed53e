"""X-ray patches: cut, standardised, projected; and folders that cannot be used."""

import numpy as np
import pytest
from PIL import Image

from workflow_scripts.lib.attention.patches import cut, projected, radiographs, standardised
from workflow_scripts.lib.config.attention import PatchesConfig
from workflow_scripts.lib.errors import StageRefusal


def write(folder, name, side=(70, 90), seed=0):
    folder.mkdir(exist_ok=True)
    grey = np.random.default_rng(seed).integers(0, 255, side, dtype=np.uint8)
    Image.fromarray(grey).save(folder / name)
    return grey


def test_squares_are_cut_row_by_row():
    picture = np.arange(16.0).reshape(1, 4, 4)
    assert cut(picture, 2).tolist() == [[[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13], [10, 11, 14, 15]]]
    assert cut(np.stack([picture[0], picture[0] + 100]), 2)[1, 0].tolist() == [100, 101, 104, 105]


def test_patches_are_standardised_one_by_one_and_blank_ones_left_out():
    found, seen = standardised(np.array([[1.0, 3, 1, 3], [7, 7, 7, 7], [0, 0, 0, 4]]))
    assert seen.tolist() == [True, False, True]
    assert found[0].tolist() == [-1, 1, -1, 1]
    assert found.mean(axis=1) == pytest.approx([0, 0], abs=1e-12)
    assert found.std(axis=1) == pytest.approx([1, 1])


def test_projection_is_white_and_that_of_scikit_learn():
    from sklearn.decomposition import PCA

    patches = np.random.default_rng(1).standard_normal((300, 12)) @ np.diag(np.arange(1, 13))
    found = projected(patches, 5)
    assert np.cov(found.T, bias=True) == pytest.approx(np.eye(5), abs=1e-9)
    loadings = patches.T @ found
    assert (loadings[np.abs(loadings).argmax(axis=0), range(5)] > 0).all()  # an axis may point either way: it is said which
    theirs = PCA(5, whiten=True).fit_transform(patches)
    assert np.abs(np.corrcoef(found.T, theirs.T)[:5, 5:]) == pytest.approx(np.eye(5), abs=1e-9)


def test_too_few_patches_are_refused():
    patches = np.random.default_rng(1).standard_normal((5, 12))
    with pytest.raises(StageRefusal, match="5 patches that are not blank differ in 4 ways, expected 8 or more; give more images"):
        projected(patches, 8)
    with pytest.raises(StageRefusal, match="differ in 2 ways"):
        projected(np.repeat(patches[:3], 10, axis=0), 8)


def test_radiographs_are_drawn_where_no_folder_is_named():
    found = radiographs(PatchesConfig(images=2, image_side=64), [], 3)
    assert found.shape == (2, 64, 64)
    assert not (found[0] == found[1]).all()
    assert (found == radiographs(PatchesConfig(images=2, image_side=64), [], 3)).all()


def test_images_of_a_folder_are_squares_of_their_middle(tmp_path):
    grey = write(tmp_path / "xrays", "b.png", (64, 100))
    write(tmp_path / "xrays", "a.JPG", (80, 64), seed=1)
    (tmp_path / "xrays" / "notes.txt").write_text("not an image", encoding="utf-8")
    cfg = PatchesConfig(folder=str(tmp_path / "xrays"), image_side=64)
    assert [path.rsplit("/", 1)[1] for path in cfg.files()] == ["a.JPG", "b.png"]
    found = radiographs(cfg, cfg.files(), 1)
    assert found.shape == (2, 64, 64)
    assert (found[1] == grey[:, 18:82]).all()
    assert PatchesConfig(folder=cfg.folder, images=1).files() == cfg.files()[:1]


@pytest.mark.parametrize("made", [True, False], ids=["empty", "not there"])
def test_a_folder_without_images_is_refused(tmp_path, made):
    if made:
        (tmp_path / "xrays").mkdir()
    cfg = PatchesConfig(folder=str(tmp_path / "xrays"))
    with pytest.raises(StageRefusal, match=r"patches.folder: no PNG or JPEG in .*xrays; name a folder of X-rays, or leave it out"):
        radiographs(cfg, cfg.files(), 1)


def test_all_images_that_cannot_be_read_are_named_by_place_and_no_file_by_name(tmp_path):
    write(tmp_path / "xrays", "doe_b.png")
    (tmp_path / "xrays" / "doe_a.png").write_bytes(b"")
    (tmp_path / "xrays" / "doe_c.jpg").write_bytes(b"\xff\xd8\xff but no more")
    cfg = PatchesConfig(folder=str(tmp_path / "xrays"))
    with pytest.raises(
        StageRefusal, match="take them out: number 1 of 3 by name: the file is empty; number 3 of 3 by name: the JPEG"
    ) as no:
        radiographs(cfg, cfg.files(), 1)
    assert "doe" not in str(no.value)

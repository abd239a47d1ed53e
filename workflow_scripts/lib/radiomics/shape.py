"""Shape features, which no filter changes, by PyRadiomics' own code."""

import numpy as np


def shape_features(labels: np.ndarray, spacing_mm: float, names: list[str]) -> np.ndarray:
    """The features ``names`` of each region of ``labels`` (height, width): (p, names). Regions of one shape are computed once."""
    count, known = int(labels.max()), {}
    found = np.empty((count, len(names)))
    for number in range(1, count + 1) if names else ():
        rows, columns = np.nonzero(labels == number)
        cut = labels[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] == number
        key = (cut.shape, cut.tobytes())
        if key not in known:
            known[key] = _features(cut, spacing_mm, names)
        found[number - 1] = known[key]
    return found


def _features(inside: np.ndarray, spacing_mm: float, names: list[str]) -> list[float]:
    import SimpleITK
    from radiomics.shape2D import RadiomicsShape2D

    mask = SimpleITK.GetImageFromArray(inside.astype(np.uint8))
    mask.SetSpacing((spacing_mm, spacing_mm))
    shape = RadiomicsShape2D(mask, mask)
    return [float(getattr(shape, f"get{name}FeatureValue")()) for name in names]

"""The engine that the config names, on the threads of its job. Only the batched one loads torch."""

import logging
from collections.abc import Callable

import numpy as np

from workflow_scripts.lib.config.radiomics import RadiomicsConfig
from workflow_scripts.lib.radiomics.reference import PyRadiomics
from workflow_scripts.lib.radiomics.settings import RadiomicsSettings

Engine = Callable[[np.ndarray], np.ndarray]


def make_engine(cfg: RadiomicsConfig, settings: RadiomicsSettings, labels: np.ndarray, spacing_mm: float, threads: int) -> Engine:
    """What computes ``settings`` of the regions ``labels`` of an image; raises ConfigError when a GPU is asked for and there is none."""
    import radiomics
    import SimpleITK

    radiomics.logger.setLevel(logging.CRITICAL)  # it tells of every filter, and warns of every symmetrical GLCM
    SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)
    if cfg.engine == "pyradiomics":
        return PyRadiomics(settings, labels, spacing_mm)
    from workflow_scripts.lib.radiomics.batched.engine import Batched, choose_device

    return Batched(settings, labels, spacing_mm, choose_device(cfg, threads))

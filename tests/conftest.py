"""One thread per process, set before numpy and torch are imported; the same examples from hypothesis in every run."""

import os

os.environ["OMP_NUM_THREADS"] = "1"

from hypothesis import settings

settings.register_profile("steady", deadline=None, derandomize=True, database=None)
settings.load_profile("steady")

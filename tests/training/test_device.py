"""What training keeps of the memory that it was given."""

import subprocess
import sys

import pytest

FAULTS = """
import resource, torch
from workflow_scripts.lib.training.device import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        torch.ones(8 << 20)  # 32 MiB, which the C library gives back at once
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

torch.set_num_threads(1)
given_back, told = faults(), keep_freed_memory()
faults()  # the heap grows to what is asked for, in one step or in several
print(given_back, told, keep_freed_memory(), faults())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="says so of the C library of Linux only")
def test_freed_memory_is_kept():
    said = subprocess.run([sys.executable, "-c", FAULTS], check=True, capture_output=True, text=True).stdout.split()
    if said[1:3] == ["False", "False"]:
        pytest.skip("this C library cannot be told")
    assert said[1:3] == ["True", "True"]
    assert int(said[3]) < int(said[0]) / 5

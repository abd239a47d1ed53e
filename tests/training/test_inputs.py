"""The family that a path names, imported without the search for garbage, which goes on afterwards."""

import gc

import pytest

from workflow_scripts.lib.training.inputs import family_at


@pytest.mark.parametrize("module", ["workflow_scripts/lib/families/cox.py", "workflow_scripts/lib/families/radiomics_vit/__init__.py"])
def test_a_path_gives_the_family_in_it(module):
    assert family_at(module).__file__.endswith(module)
    assert gc.isenabled()


def test_garbage_is_collected_after_an_import_that_failed():
    with pytest.raises(ModuleNotFoundError):
        family_at("workflow_scripts/lib/families/nobody.py")
    assert gc.isenabled()

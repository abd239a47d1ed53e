"""Settings of the simulations that cannot be meant are refused in words."""

import pytest

from workflow_scripts.lib.config.attention import AttentionConfig
from workflow_scripts.lib.config.base import parse
from workflow_scripts.lib.errors import ConfigError

REFUSED = {
    "more tokens of patterns than tokens": ({"tokens": {"tokens": 5}}, r"relevant \+ confusion: 4 \+ 2 tokens, but a patient has only 5"),
    "no minority": ({"tokens": {"confusion": 4}}, "confusion: 4 tokens are no minority beside 4 relevant ones"),
    "more kept than there are": ({"pruning": {"keep": 17}}, r"pruning.keep: 17 tokens, but a patient has only 16"),
    "a batch of more than all": ({"patients": 20, "dynamics": {"batch_size": 21}}, "batch_size: 21 patients, but only 20 train"),
    "a horizon after the end": ({"pruning": {"horizons": [60, 300]}}, r"horizons: \[60, 300\], expected rising steps from 1 to 200"),
    "horizons that fall": ({"pruning": {"horizons": [80, 60]}}, r"horizons: \[80, 60\], expected rising steps"),
    "no step at all": ({"pruning": {"horizons": [0]}}, r"horizons: \[0\], expected rising steps from 1"),
    "patches that do not fill": ({"patches": {"side": 20}}, "side: patches of 20 pixels do not fill an image of 128"),
    "wider than a patch": ({"patches": {"side": 4}}, "pruning.width: 32 numbers, expected fewer than a patch has pixels, 16"),
    "an odd number of rows": ({"model": {"hidden": 21}}, "multiple of 2"),
    "one seed, which has no interval": ({"seeds": 1}, "greater than or equal to 2"),
    "a misspelt key": ({"prunning": {}}, "did you mean 'pruning'?"),
}


@pytest.mark.parametrize(("raw", "words"), REFUSED.values(), ids=REFUSED)
def test_refused(raw, words):
    with pytest.raises(ConfigError, match=words):
        parse(AttentionConfig, raw, "config.attention")


def test_all_tokens_may_be_kept():
    assert parse(AttentionConfig, {"pruning": {"keep": 16}}, "config.attention").pruning.keep == 16

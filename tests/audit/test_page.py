"""The page of the trail."""

from tests.audit.world import TARGETS
from workflow_scripts.lib.audit.page import trail_page
from workflow_scripts.lib.contracts.files import sha256_of


def test_the_page_names_raw_files_targets_and_rules(sealed):
    trail = sealed.trail()
    text = trail_page(trail, sorted(trail.artifacts), TARGETS)
    for name in ("data/ward.csv", *TARGETS):
        assert name in text
        assert sha256_of(sealed.folder / name) in text
    assert "24 files were made by 7 rules on 1 machine, with code that was under no version control, between 2026-01-01T00:01" in text
    assert "python -m workflow_scripts.audit verify" in text
    assert f"python -m workflow_scripts.audit explain {TARGETS[0]}" in text
    assert "<td>score_predictions</td><td>4</td>" in text
    assert "<td>numpy</td><td>2.4.6</td>" in text


def test_names_of_files_are_escaped_and_changes_told(world):
    name = TARGETS[1]
    world.retell(name, "predicate", "buildDefinition", "resolvedDependencies", 0, "uri", to="data/<b>.csv")
    git = {"code": "ab", "environment": {}, "git": {"commit": "1234567890abcdef", "dirty": True}}
    world.retell(name, "predicate", "buildDefinition", "internalParameters", to=git)
    trail = world.trail()
    text = trail_page(trail, [name], [name])
    assert "data/&lt;b&gt;.csv" in text
    assert "commit 1234567890ab with changes" in text

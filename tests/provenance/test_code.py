"""The code digest changes with real edits of what a script uses, and with nothing else."""

import pytest

from workflow_scripts.lib.provenance import code

SCRIPT = "workflow_scripts/stage/rule.py"
FILES = {
    SCRIPT: "from workflow_scripts.lib.used import double\n\n\ndef main(x):\n    return double(x)\n",
    "workflow_scripts/stage/other.py": "from workflow_scripts.lib import lone\n",
    "workflow_scripts/__init__.py": "",
    "workflow_scripts/lib/__init__.py": '"""The library."""\n',
    "workflow_scripts/lib/used.py": "def double(x):\n    from workflow_scripts.lib.deep import TWO\n\n    return TWO * x\n",
    "workflow_scripts/lib/deep.py": "import workflow_scripts.lib.used  # a circle\n\nTWO = 2\n",
    "workflow_scripts/lib/lone.py": "import numpy\n\nTHREE = 3\n",
}


def forget():
    """Another process would know nothing of this one."""
    for remembered in (code.code_of, code._tree, code._files_of, code._memory):
        remembered.cache_clear()


@pytest.fixture
def digest(tmp_path):
    """Writes the small project with some files replaced, and returns the digest of a script."""

    def compute(script=SCRIPT, **edits):
        forget()
        for path, text in {**FILES, **edits}.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text, encoding="utf-8")
        return code.code_of(tmp_path, script)

    yield compute
    forget()


@pytest.mark.parametrize(
    "text",
    [
        "# a comment\n" + FILES[SCRIPT],
        '"""A docstring."""\n' + FILES[SCRIPT],
        "from workflow_scripts.lib.used import (\n    double,\n)\n\ndef main( x ):\n\n    return (double(x))\n",
        FILES[SCRIPT].replace("    return", '    """Doubles."""\n    return'),
        FILES[SCRIPT] + '"""What stands behind a name."""\n',
    ],
    ids=["comment", "docstring", "formatting", "function-docstring", "attribute-docstring"],
)
def test_what_python_does_not_run_is_ignored(digest, text):
    before = digest()
    assert digest(**{SCRIPT: text}) == before


@pytest.mark.parametrize(
    "edit",
    [
        {SCRIPT: FILES[SCRIPT].replace("double(x)", "double(x) + 1")},
        {"workflow_scripts/lib/used.py": FILES["workflow_scripts/lib/used.py"].replace("TWO * x", "TWO + x")},
        {"workflow_scripts/lib/deep.py": FILES["workflow_scripts/lib/deep.py"].replace("2", "3")},
        {"workflow_scripts/lib/__init__.py": "FLAG = True\n"},
    ],
    ids=["script", "imported", "imported-inside-a-function-of-the-imported", "package-above"],
)
def test_real_edits_change_the_digest(digest, edit):
    before = digest()
    assert digest(**edit) != before


def test_only_of_scripts_that_import_what_was_edited(digest):
    edit = {"workflow_scripts/lib/lone.py": "THREE = 4\n"}
    mine, other = digest(), digest("workflow_scripts/stage/other.py")
    assert digest(**edit) == mine
    assert digest("workflow_scripts/stage/other.py", **edit) != other


def test_modules_are_followed_transitively_and_only_ours(tmp_path, digest):
    digest()
    assert code.modules_of(tmp_path, SCRIPT) == set(FILES) - {"workflow_scripts/stage/other.py", "workflow_scripts/lib/lone.py"}


def test_further_scripts_count(tmp_path, digest):
    alone = digest()
    assert code.code_of(tmp_path, SCRIPT, "workflow_scripts/lib/lone.py") != alone


def test_what_was_parsed_is_remembered_on_disk_and_only_for_the_same_file(digest, tmp_path, monkeypatch):
    before = digest()
    monkeypatch.setattr(code, "_parsed", lambda path: pytest.fail("parsed again"))
    forget()
    assert code.code_of(tmp_path, SCRIPT) == before
    (tmp_path / SCRIPT).write_text(FILES[SCRIPT].replace("double(x)", "double(y)"), encoding="utf-8")
    forget()
    with pytest.raises(pytest.fail.Exception, match="parsed again"):
        code.code_of(tmp_path, SCRIPT)


def test_a_damaged_memory_is_parsed_anew(digest, tmp_path):
    before = digest()
    (tmp_path / code.MEMORY).write_text("{", encoding="utf-8")
    assert digest() == before

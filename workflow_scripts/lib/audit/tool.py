"""The tool behind `python -m workflow_scripts.audit`."""

import argparse
import json
import sys
from pathlib import Path

from workflow_scripts.lib.errors import SPOKEN

EXAMPLES = """examples:
  python -m workflow_scripts.audit verify
  python -m workflow_scripts.audit explain results/leaderboard.parquet --row cohort=gbsg2 family=cox metric=harrell_c --column mean
  python -m workflow_scripts.audit diff . ../the_other_copy
  python -m workflow_scripts.audit export ../to_share

exit status: 0 nothing found, 1 findings or differences, 2 the question cannot be answered
"""
SAYS = "Ask a finished run whether it is whole, where a number comes from, how it differs from another."
ROOT = Path(__file__).parents[3]


def main(words: list[str] | None = None) -> int:
    """Answer one question on the standard output; returns the exit status."""
    asked = _parser().parse_args(words)
    try:
        return asked.answer(asked)
    except SPOKEN as error:
        print(error, file=sys.stderr)
        return 2


def _verify(asked: argparse.Namespace) -> int:
    from workflow_scripts.lib.audit.verify import signature, summary, verify

    findings = [*verify(asked.directory, ROOT), *(signature(asked.directory, asked.signers) if asked.signers else [])]
    for finding in findings:
        print(finding)
    print(summary(findings, asked.directory))
    return int(bool(findings))


def _explain(asked: argparse.Namespace) -> int:
    from workflow_scripts.lib.audit.explain import cell, walk

    row = dict(word.split("=", 1) for word in asked.row)
    shown = cell(asked.directory, asked.path, row, asked.column) if row or asked.column else None
    steps = list(walk(asked.directory, asked.path, row))
    if asked.json:
        rows = [] if shown is None else json.loads(shown.to_json(orient="records"))
        print(json.dumps({"rows": rows, "steps": [step.facts() for step in steps]}, indent=1))
        return 0
    if shown is not None:
        print(shown.to_string(index=False), end="\n\n")
    print("\n".join(step.said() for step in steps))
    return 0


def _diff(asked: argparse.Namespace) -> int:
    from workflow_scripts.lib.audit.diff import compare

    found = compare(asked.first, asked.second)
    print("\n".join(found.said()))
    return int(bool(found))


def _export(asked: argparse.Namespace) -> int:
    from workflow_scripts.lib.audit.export import export

    files, left = export(asked.directory, asked.folder)
    print(f"{files} files in {asked.folder}; left out: {', '.join(f'{count} {reason}' for reason, count in sorted(left.items()))}")
    return 0


def _row(word: str) -> str:
    if "=" not in word:
        raise argparse.ArgumentTypeError(f"'{word}' is not column=value")
    return word


def _folder(word: str) -> Path:
    """The working directory of a run: the folder that holds ``results``, or ``results`` itself."""
    path = Path(word)
    found = path.parent if path.name == "results" and path.is_dir() else path
    if not (found / "results").is_dir():
        raise argparse.ArgumentTypeError(f"{word} holds no folder `results`; name the folder in which snakemake ran")
    return found


def _parser() -> argparse.ArgumentParser:
    style = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("python -m workflow_scripts.audit", description=SAYS, epilog=EXAMPLES, formatter_class=style)
    questions = parser.add_subparsers(required=True, metavar="verify | explain | diff | export")
    asking = argparse.ArgumentParser(add_help=False)
    asking.add_argument("--directory", type=_folder, default=".", help="the folder in which snakemake ran (default: this one)")
    verify = questions.add_parser("verify", parents=[asking], help="compute every digest anew and hold every statement against every other")
    verify.add_argument("--signers", type=Path, help="file of allowed signers (ssh-keygen(1)): check results/audit/manifest.sha256.sig too")
    verify.set_defaults(answer=_verify)
    explain = questions.add_parser("explain", parents=[asking], help="walk from an artifact, or a cell of a table, to the raw files")
    explain.add_argument("path", help="an artifact, as results/leaderboard.parquet")
    explain.add_argument("--row", nargs="+", type=_row, default=[], metavar="COLUMN=VALUE", help="which row")
    explain.add_argument("--column", nargs="+", default=[], help="which columns of the row to show")
    explain.add_argument("--json", action="store_true", help="for machines, with the whole sidecars")
    explain.set_defaults(answer=_explain)
    diff = questions.add_parser("diff", help="which artifacts of two runs differ, and why")
    diff.add_argument("first", type=_folder)
    diff.add_argument("second", type=_folder)
    diff.set_defaults(answer=_diff)
    export = questions.add_parser("export", parents=[asking], help="copy what may be shared, and prove that no patient is in it")
    export.add_argument("folder", type=Path, help="a folder that is not there yet")
    export.set_defaults(answer=_export)
    return parser

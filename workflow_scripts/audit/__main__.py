"""Ask the audit trail of a run: is it whole, where does a number come from, what differs between two runs, what may be shared."""

import argparse
import json
import signal
import sys
from io import TextIOWrapper
from pathlib import Path

EXAMPLES = """examples:
  python -m workflow_scripts.audit verify
  python -m workflow_scripts.audit verify --signers allowed_signers
  python -m workflow_scripts.audit explain results/leaderboard.parquet --row cohort=gbsg2 family=cox metric=harrell_c --column mean
  python -m workflow_scripts.audit diff results ../elsewhere/results
  python -m workflow_scripts.audit export to_share

exit status: 0 nothing found, 1 findings or differences, 2 cannot be asked (one sentence says why)
"""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        "python -m workflow_scripts.audit", None, __doc__, EXAMPLES, formatter_class=argparse.RawTextHelpFormatter
    )
    commands = made.add_subparsers(dest="command", required=True)
    asked = {name: commands.add_parser(name, help=words, description=words) for name, words in COMMANDS.items()}
    for name in ("verify", "explain", "export"):
        asked[name].add_argument("--results", default="results", help="the results folder of the run (default: results)")
    asked["verify"].add_argument("--signers", help="OpenSSH's file of allowed signers: ask for a signature of the manifest too")
    asked["explain"].add_argument("path", help="an artifact, such as results/leaderboard.parquet")
    asked["explain"].add_argument("--row", nargs="+", default=[], metavar="COLUMN=VALUE", help="the row of a table, by its values")
    asked["explain"].add_argument("--column", help="the column whose value in that row is explained")
    asked["explain"].add_argument("--json", action="store_true", help="for machines, with every setting in full")
    for place in ("first", "second"):
        asked["diff"].add_argument(place, type=Path, help="a results folder, or a copy of its audit folder")
    asked["export"].add_argument("folder", help="a folder that is not there yet")
    return made


COMMANDS = {
    "verify": "recompute everything and tell what is not as it was sealed",
    "explain": "walk from an artifact, or one cell of a table, back to the raw files",
    "diff": "tell which artifacts of two runs differ, and why",
    "export": "copy what holds no patient data to a folder, and prove that it holds none",
}


def verify(asked: argparse.Namespace) -> int:
    """Print every finding and a line that sums up."""
    from workflow_scripts.lib.audit import signing, verify

    trail, findings = verify.verify(asked.results)
    findings += signing.check_signature(trail, asked.signers) if asked.signers else []
    for finding in findings:
        print(finding)
    print(f"{len(trail.artifacts)} artifacts, {len(trail.files)} files: {len(findings) or 'no'} finding{'s' * (len(findings) != 1)}")
    return int(bool(findings))


def explain(asked: argparse.Namespace) -> int:
    """Print the walk, below the value that it leads to."""
    from workflow_scripts.lib.audit import explain
    from workflow_scripts.lib.audit.trail import read_trail
    from workflow_scripts.lib.errors import ConfigError

    strange = [pair for pair in asked.row if "=" not in pair]
    if strange or (asked.column and not asked.row):
        raise ConfigError(f"--row {' '.join(strange)}: expected COLUMN=VALUE" if strange else "--column asks for --row COLUMN=VALUE … too")
    trail, path, value = read_trail(asked.results), Path(asked.path).as_posix(), None
    step = explain.explain(trail, path)
    if asked.row:
        row, value = explain.cell(trail, path, dict(pair.split("=", 1) for pair in asked.row), asked.column)
        step = explain.explain(trail, path, row)
    if asked.json:
        print(json.dumps({"column": asked.column, "value": str(value), "walk": explain.as_json(step)}, indent=1))
    else:
        print("\n".join([*([f"{asked.column} = {value}"] if asked.column else []), *explain.lines_of(step)]))
    return 0


def diff(asked: argparse.Namespace) -> int:
    """Print what differs and why."""
    from workflow_scripts.lib.audit import compare

    found = compare.compare(compare.artifacts_in(asked.first), compare.artifacts_in(asked.second))
    print("\n".join(compare.lines_of(found, (str(asked.first), str(asked.second)))))
    return int(bool(found))


def export(asked: argparse.Namespace) -> int:
    """Copy, prove, and say what stayed."""
    from workflow_scripts.lib.audit.share import share
    from workflow_scripts.lib.audit.trail import read_trail

    done = share(read_trail(asked.results), asked.folder)
    left = ", ".join(f"{count} {reason}" for reason, count in sorted(done.left.items()))
    print(f"{asked.folder}: {done.files} files, in which no patient is named; left out: {left}")
    return 0


def main(words: list[str] | None = None) -> int:
    """Run one command; whatever cannot be asked is said in one sentence."""
    asked = parser().parse_args(words)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names of files may be anything
    from workflow_scripts.lib.errors import SPOKEN

    try:
        return {"verify": verify, "explain": explain, "diff": diff, "export": export}[asked.command](asked)
    except SPOKEN as error:
        print(error, file=sys.stderr)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}; make it readable, or ask elsewhere", file=sys.stderr)
    return 2


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `… | head` ends in silence
    sys.exit(main())

"""What stays of everything that passages state: corrections win, the largest tumour counts, nothing is said twice."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from workflow_scripts.lib.reports.rules.counts import REGIONAL, settle_counts
from workflow_scripts.lib.reports.rules.histology import NAMES
from workflow_scripts.lib.reports.statements import Statement

KINDS = {"renal cell carcinoma": [name for name in NAMES if "renal cell carcinoma" in name and name != "renal cell carcinoma"]}
WHOLE = {"margins"}  # of these a correction withdraws every aspect


@dataclass(frozen=True)
class Said:
    """A statement, and how it came: as a correction of those before, or from the gross description."""

    statement: Statement
    corrects: bool
    gross: bool


def settle(said: Iterable[Said], several: bool) -> list[Statement]:
    """The statements that stand, in the order of the report, each once; with the specimen where the report is on ``several``."""
    kept = _standing(said)
    found = _with_one_size([one if several else replace(one, statement=replace(one.statement, specimen=None)) for one in kept])
    counts = [one for one in found if one.field == "nodes" and one.aspect.startswith(REGIONAL)]
    others = [one for one in found if one.field != "nodes" or not one.aspect.startswith(REGIONAL)]
    return _once(sorted([*others, *settle_counts(counts)], key=_place))


def _place(one: Statement) -> tuple[int, int]:
    return one.start, one.end


def _standing(said: Iterable[Said]) -> list[Said]:
    """What no correction behind it takes back; corrections do not take back each other."""
    kept: dict[str, list[Said]] = defaultdict(list)
    for one in sorted(said, key=lambda one: _place(one.statement)):
        new = one.statement
        about = new.field if new.field in WHOLE else f"{new.field} {REGIONAL if new.aspect.startswith(REGIONAL) else new.aspect}"
        if one.corrects:
            kept[about] = [old for old in kept[about] if old.corrects or not _other(old.statement, new)]
        kept[about].append(one)
    return [one for group in kept.values() for one in group]


def _other(old: Statement, new: Statement) -> bool:
    """Whether the old says another value of what the new corrects."""
    return old.value != new.value and new.specimen in (None, old.specimen)


def _with_one_size(said: list[Said]) -> list[Statement]:
    """The statements, of sizes the greatest of each specimen; those of the gross description count only where no other is given."""
    sizes = [one for one in said if one.statement.field == "size"]
    told = [one.statement for one in sizes if not one.gross] or [replace(one.statement, specimen=None) for one in sizes]
    by_specimen: dict[str | None, list[Statement]] = defaultdict(list)
    for one in told:
        by_specimen[one.specimen].append(one)
    greatest = [max(group, key=lambda one: float(one.value.split()[0])) for group in by_specimen.values()]
    return [*(one.statement for one in said if one.statement.field != "size"), *greatest]


def _once(statements: list[Statement]) -> list[Statement]:
    """Each statement once, where it is first said; a doubt is dropped where the same is stated."""
    found: dict[tuple, Statement] = {}
    stated = {_meaning(one) for one in statements if one.certainty == "stated"}
    types = {(one.value, one.certainty) for one in statements if one.aspect == "type"}
    for one in statements:
        if (one.certainty == "stated" or _meaning(one) not in stated) and not _general(one, types):
            found.setdefault(_meaning(one), one)
    return list(found.values())


def _general(one: Statement, types: set[tuple[str, str]]) -> bool:
    """Whether a type is a general one of which the report names the kind, among its ``types``, each with its certainty."""
    kinds = KINDS.get(one.value, ()) if one.aspect == "type" else ()
    return any((kind, certainty) in types for kind in kinds for certainty in ("stated", one.certainty))


def _meaning(one: Statement) -> tuple:
    return one.field, one.aspect, one.value, one.specimen

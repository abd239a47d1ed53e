"""HDF5 tables: data sets of one length are columns; groups of such data sets are stacked."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from workflow_scripts.lib.errors import StageRefusal
from workflow_scripts.lib.ingest.raw.streams import refuse_bomb

GROUP = "group"
SHAPES = "expected data sets of one or two dimensions and of one length in each group, the same in all groups, and no links"


def iterate_hdf5(path: str | Path, name: str) -> Iterator[pa.RecordBatch]:
    """One batch per group, with the group's name in the column ``group`` where there are groups.

    A data set of two dimensions becomes the columns name0, name1, ... Raises StageRefusal for links, whose targets may lie
    in any file of the machine, and for anything but numbers and text.
    """
    import h5py

    try:
        with h5py.File(path, "r", locking=False) as file:
            groups = _groups(file, name)
            _refuse_large(groups, Path(path).stat().st_size, name)
            schema = None
            for group, sets in groups.items():
                table = _columns(sets, name) | ({GROUP: [group] * len(next(iter(sets.values())))} if group else {})
                batch = pa.record_batch(table)
                schema = schema or batch.schema
                if batch.schema != schema:
                    raise StageRefusal(f"{name}: the groups {sorted(groups)} do not hold the same data sets of the same types; {SHAPES}")
                yield batch
    except (OSError, RuntimeError, KeyError, UnicodeDecodeError) as error:
        raise StageRefusal(f"{name}: not a readable HDF5 file ({type(error).__name__}); it may be truncated: copy it again") from None


def _groups(file, name: str) -> dict[str, dict]:
    """By group, "" for none, its data sets."""
    import h5py

    _refuse_links(file, name)
    groups = {group: held for group, held in file.items() if isinstance(held, h5py.Group)}
    if groups and len(groups) < len(file):
        raise StageRefusal(f"{name}: data sets beside groups; {SHAPES}")
    for group in groups.values():
        _refuse_links(group, name)
    found = {group: dict(held.items()) for group, held in groups.items()} or {"": dict(file.items())}
    if any(not isinstance(held, h5py.Dataset) for sets in found.values() for held in sets.values()):
        raise StageRefusal(f"{name}: groups within groups; {SHAPES}")
    if not all(found.values()):
        raise StageRefusal(f"{name}: the table is empty: a group without data sets; {SHAPES}")
    return found


def _refuse_links(group, name: str) -> None:
    import h5py

    links = sum(not isinstance(group.get(member, getlink=True), h5py.HardLink) for member in group)
    if links:
        raise StageRefusal(f"{name}: {links} links to elsewhere; {SHAPES}: copy what they point to into the file")


def _refuse_large(groups: dict[str, dict], size: int, name: str) -> None:
    sets = [held for group in groups.values() for held in group.values()]
    if any(held.external or held.is_virtual for held in sets):
        raise StageRefusal(f"{name}: data sets that are kept in other files; {SHAPES}: copy them into this one")
    refuse_bomb(sum(held.nbytes for held in sets), size, name)


def _columns(sets: dict, name: str) -> dict[str, pa.Array]:
    import h5py

    columns: list[tuple[str, pa.Array]] = []
    for key, held in sets.items():
        text = h5py.check_string_dtype(held.dtype) is not None
        if held.dtype.kind not in "biuf" and not text:
            raise StageRefusal(f"{name}: data set '{key}' holds neither numbers nor text ({held.dtype}); take it out")
        if held.ndim not in (1, 2) or len(held) != len(next(iter(sets.values()))):
            raise StageRefusal(f"{name}: data set '{key}' has the shape {held.shape}; {SHAPES}")
        values = held.asstr()[()] if text else held[()]
        wide = [(key, values)] if values.ndim == 1 else [(f"{key}{i}", values[:, i]) for i in range(values.shape[1])]
        columns += [(column, pa.array(part)) for column, part in wide]
    if len(dict(columns)) < len(columns) or GROUP in dict(columns):
        raise StageRefusal(f"{name}: two columns would have one name among {sorted({column for column, _ in columns})}; rename a data set")
    return dict(columns)

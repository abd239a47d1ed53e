"""What a folder of files held when it was first seen: files stay where they are, their digests are kept."""

from workflow_scripts.lib.contracts.base import INTEGER, STRING, Contract, Field

INVENTORY = Contract(
    "inventory",
    (
        Field("folder", STRING, "the folder, relative to the working directory"),
        Field("path", STRING, "a file's path in the folder"),
        Field("bytes", INTEGER, "its size", "bytes"),
        Field("sha256", STRING, "its digest"),
    ),
    key=("path",),
)

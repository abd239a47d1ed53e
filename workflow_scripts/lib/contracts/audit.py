"""Tables of the audit: what was made, and what it was made from. Only facts that a second, identical run would state again."""

from workflow_scripts.lib.contracts.base import FLAG, INTEGER, STRING, Contract, Field

ROLES = ("input", "code", "raw")

LEDGER = Contract(
    "ledger",
    (
        Field("path", STRING, "the artifact, relative to the working directory"),
        Field("sha256", STRING, "digest of its bytes"),
        Field("bytes", INTEGER, "its size", "bytes"),
        Field("rows", INTEGER, "rows, where it is a table", "rows", nullable=True),
        Field("schema_sha256", STRING, "digest of names, types, meanings and units, where it is a table", nullable=True),
        Field("rule", STRING, "the rule that made it"),
        Field("wildcards", STRING, "the rule's wildcards, as JSON"),
        Field("params", STRING, "the settings that the rule saw, as JSON"),
        Field("params_sha256", STRING, "digest of params"),
        Field("code", STRING, "digest of the code that the rule used, blind to comments", nullable=True),
        Field("environment", STRING, "Python, packages and lock, as JSON"),
        Field("seed", INTEGER, "the seed, where the rule has one", nullable=True),
        Field("reachable", FLAG, "True where a target of the run was made from it"),
    ),
    key=("path",),
)

EDGES = Contract(
    "edges",
    (
        Field("artifact", STRING, "the artifact"),
        Field("input", STRING, "a file that it was made from"),
        Field("input_sha256", STRING, "digest of that file when it was read"),
        Field("role", STRING, "input: made by another rule; code: a module; raw: from outside the run"),
    ),
    key=("artifact", "input"),
    checks=(("role is one that is known", lambda rows: rows["role"].isin(ROLES)),),
)

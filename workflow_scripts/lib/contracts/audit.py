"""Tables of the audit stage: what a run is made of. They hold no time, host or duration: the same run has the same bytes."""

from workflow_scripts.lib.contracts.base import FLAG, INTEGER, STRING, Contract, Field

LEDGER = Contract(
    "ledger",
    (
        Field("path", STRING, "the artifact, relative to the working directory"),
        Field("sha256", STRING, "digest of its bytes"),
        Field("bytes", INTEGER, "its size", "bytes"),
        Field("rows", INTEGER, "rows, of a table", nullable=True),
        Field("schema_sha256", STRING, "digest of names, types, meanings and units, of a table", nullable=True),
        Field("rule", STRING, "the rule whose job made it"),
        Field("wildcards", STRING, "the job's wildcards, as JSON"),
        Field("params_sha256", STRING, "digest of the job's settings"),
        Field("code", STRING, "digest of the syntax trees of the modules that ran", nullable=True),
        Field("seed", INTEGER, "the seed among the settings", nullable=True),
        Field("target", FLAG, "True where the run was asked for it; False for what these rest on"),
    ),
    key=("path",),
)

EDGES = Contract(
    "edges",
    (
        Field("artifact", STRING, "what was made"),
        Field("input", STRING, "what its job read"),
        Field("sha256", STRING, "digest of what was read"),
        Field("role", STRING, "artifact: made by another job; code: a module of ours; source: raw data, a resource"),
    ),
    key=("artifact", "input"),
    checks=(("role is artifact, code or source", lambda rows: rows["role"].isin(["artifact", "code", "source"])),),
)

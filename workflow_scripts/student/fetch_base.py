"""Make sure that the pretrained model a family starts from is there, and write down which one it is."""

from workflow_scripts.lib.contracts.files import write_json
from workflow_scripts.lib.provenance.job import run_job
from workflow_scripts.lib.provenance.pretrained import describe_base


def main(base: str, name: str, speaks: bool) -> str:
    """Write to ``base`` the files of the model ``name``, which ``speaks`` if it is a language model, with their digests."""
    found = describe_base(name, speaks)
    write_json(base, found)
    return f"{name}: {len(found['files'])} files"


if __name__ == "__main__":
    run_job(main, snakemake)  # noqa: F821

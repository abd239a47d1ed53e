"""The signature of the manifest, made and checked with OpenSSH's own tool."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

from workflow_scripts.lib.audit.sealed import MANIFEST, SIGNATURE
from workflow_scripts.lib.audit.trail import Finding, Trail
from workflow_scripts.lib.errors import ConfigError

NAMESPACE = "survdistill"
HOW = f"ssh-keygen -Y sign -n {NAMESPACE} -f KEY {MANIFEST}"


def check_signature(trail: Trail, signers: str) -> Iterator[Finding]:
    """The finding where the manifest is not signed by one of ``signers``, an allowed-signers file of OpenSSH.

    Raises ConfigError where there is no such file, or no ssh-keygen.
    """
    if not Path(signers).is_file():
        raise ConfigError(f"{signers}: no such file; --signers takes OpenSSH's list of allowed signers")
    signature, manifest = trail.locate(SIGNATURE), trail.locate(MANIFEST)
    if not signature.is_file() or not manifest.is_file():
        yield Finding("not signed", SIGNATURE, f"not there; sign with `{HOW}`")
        return
    asked = ["-f", signers, "-s", str(signature)]
    found = _ssh_keygen("find-principals", *asked)
    signer = found.stdout.decode().strip().splitlines()
    if found.returncode or not signer:
        yield Finding("signature", SIGNATURE, f"is of nobody in {signers}; ask who signed it")
    elif _ssh_keygen("verify", *asked, "-I", signer[0], "-n", NAMESPACE, data=manifest.read_bytes()).returncode:
        yield Finding("signature", SIGNATURE, f"is of {signer[0]}, but of other bytes than {MANIFEST} has now; seal and sign again")


def _ssh_keygen(what: str, *words: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["ssh-keygen", "-Y", what, *words], input=data, capture_output=True, check=False)
    except FileNotFoundError:
        raise ConfigError("no ssh-keygen here; install OpenSSH, or leave out --signers") from None

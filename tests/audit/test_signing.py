"""The manifest's signature, by a real key."""

import shutil
import subprocess

import pytest

from workflow_scripts.lib.audit.signing import check_signature
from workflow_scripts.lib.errors import ConfigError

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs ssh-keygen")


@pytest.fixture
def signed(world, tmp_path):
    """A world whose manifest is signed as the README says, and the list of who may sign."""
    for name in ("key", "other"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)], check=True)
        public = (tmp_path / f"{name}.pub").read_text(encoding="utf-8")
        (tmp_path / f"{name}.signers").write_text(f"statistics@example.org {public}", encoding="utf-8")
    manifest = str(world.results / "audit/manifest.sha256")
    subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-n", "survdistill", "-f", str(tmp_path / "key"), manifest], check=True)
    return world


def kinds(world, signers):
    return [found.kind for found in check_signature(world.trail(), str(signers))]


def test_a_good_signature_is_no_finding_and_no_stray(signed, tmp_path):
    assert not kinds(signed, tmp_path / "key.signers")
    assert not signed.findings()


def test_a_signature_of_another_key_is_a_finding(signed, tmp_path):
    assert kinds(signed, tmp_path / "other.signers") == ["signature"]


def test_another_manifest_is_a_finding(signed, tmp_path):
    signed.write("config/config.yaml", "seed: 2\n")
    signed.seal()
    (found,) = check_signature(signed.trail(), str(tmp_path / "key.signers"))
    assert "is of statistics@example.org, but of other bytes than" in found.text


def test_no_signature_is_a_finding_that_says_how_to_sign(world, signed, tmp_path):
    (world.results / "audit/manifest.sha256.sig").unlink()
    (found,) = check_signature(world.trail(), str(tmp_path / "key.signers"))
    assert "ssh-keygen -Y sign -n survdistill -f KEY results/audit/manifest.sha256" in found.text


def test_rubbish_is_a_finding(signed, tmp_path):
    signed.write("results/audit/manifest.sha256.sig", "rubbish")
    assert kinds(signed, tmp_path / "key.signers") == ["signature"]


def test_without_a_list_of_signers_or_ssh_keygen_it_cannot_be_asked(signed, tmp_path, monkeypatch):
    with pytest.raises(ConfigError, match="no such file"):
        kinds(signed, tmp_path / "none")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ConfigError, match="no ssh-keygen here"):
        kinds(signed, tmp_path / "key.signers")

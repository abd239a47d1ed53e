"""A real Slurm on this machine, for the tests: munged, slurmctld and slurmd, started by hand and stopped by their own pid files.

    python -m tests.slurm.cluster install   # Debian's packages; needs root

Two partitions on one node, `cpu` (the default) and `gpu` with two stand-in GPUs (character devices), a third, `pair`, on that node
and a second one (a daemon of its own, as on another machine), no accounting. Memory limits are enforced.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("slurmctld", "slurmd", "slurm-client", "munge")
ETC = Path("/etc/slurm")  # the job step plugin strips SLURM_CONF, so nowhere else
OURS = "# Written by survdistill's tests."
MUNGE = Path("/run/munge")

SLURM_CONF = """{ours}
ClusterName=survdistill
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=cred_expire=10
CryptoType=crypto/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerCPU=1000
GresTypes=gpu
ReturnToService=2
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
MinJobAge=3600
KillWait=5
SlurmdTimeout=10
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=0
SlurmdParameters=config_overrides
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=8000 Gres=gpu:2 State=UNKNOWN
NodeName={second} NodeHostname={host} NodeAddr=127.0.0.1 Port=6828 CPUs=4 RealMemory=8000 Gres=gpu:2 State=UNKNOWN
PartitionName=cpu Nodes={host} Default=YES MaxTime=120 State=UP
PartitionName=gpu Nodes={host} MaxTime=120 State=UP
PartitionName=pair Nodes={host},{second} MaxTime=120 State=UP
"""
PARTITIONS = """partitions:
  cpu: {max_runtime: 120, max_threads: 4, max_nodes: 1}
  gpu: {max_runtime: 120, max_threads: 4, max_nodes: 1, max_gpu: 2}
  pair: {max_runtime: 240, max_threads: 8, max_nodes: 2, max_gpu: 4}
"""  # of those that a job fits into the tightest is taken
HOST = socket.gethostname().split(".")[0]
SECOND = f"{HOST}-second"


def why_not() -> str | None:
    """Why no Slurm can be started here, or None."""
    if "SLURM_JOB_ID" in os.environ:
        return "this is within a job of another Slurm"
    if os.geteuid() != 0:
        return "a Slurm of the tests' own needs root"
    if any(shutil.which(name) is None for name in ("slurmctld", "slurmd", "sbatch", "munged")):
        return "Slurm is not installed; `python -m tests.slurm.cluster install` installs Debian's packages"
    conf = ETC / "slurm.conf"
    if conf.exists() and not conf.read_text(encoding="utf-8").startswith(OURS):
        return f"{conf} belongs to a Slurm that is not the tests'"
    return None


def install() -> None:
    """Install Debian's packages, without their recommendations and without starting anything."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    words = ["apt-get", "-qq", "-y", "--no-install-recommends", "install", *PACKAGES]
    if subprocess.run(words, env=quiet, stdout=subprocess.DEVNULL, check=False).returncode:
        subprocess.run(["apt-get", "-qq", "update"], env=quiet, check=True)
        subprocess.run(words, env=quiet, stdout=subprocess.DEVNULL, check=True)


@dataclass
class Cluster:
    """The running daemons and the folder of their state."""

    folder: Path

    @property
    def partitions(self) -> Path:
        """What a site tells Snakemake's plugin about its partitions (SNAKEMAKE_SLURM_PARTITIONS)."""
        return self.folder / "partitions.yaml"

    def start(self) -> None:
        """Start everything, and wait until the node takes jobs."""
        for name in ("state", f"spool-{HOST}", f"spool-{SECOND}"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.partitions.write_text(PARTITIONS, encoding="utf-8")
        ETC.mkdir(exist_ok=True)
        conf = SLURM_CONF.format(ours=OURS, host=HOST, second=SECOND, folder=self.folder)
        (ETC / "slurm.conf").write_text(conf, encoding="utf-8")
        (ETC / "gres.conf").write_text(f"{OURS}\nAutoDetect=off\nName=gpu File={self.folder}/nvidia[0-1]\n", encoding="utf-8")
        for device in (0, 1):
            os.mknod(self.folder / f"nvidia{device}", 0o666 | 0o020000, os.makedev(1, 3))
        self._start_munge()
        said("slurmctld")
        for name in (HOST, SECOND):
            self.bring_up_node(name)

    def bring_up_node(self, name: str = HOST) -> None:
        """Start a node, and wait until it takes jobs."""
        said("slurmd", "-N", name)
        self._wait("sinfo", "-h", "-n", name, "-o", "%T", until="idle")

    def lose_node(self) -> None:
        """As when the first's power fails: its daemon and everything in its jobs are gone at once. Returns when Slurm has noticed."""
        os.kill(int((self.folder / f"slurmd-{HOST}.pid").read_text(encoding="utf-8")), signal.SIGKILL)
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                name, variables = (process / "comm").read_bytes().strip(), (process / "environ").read_bytes()
                if name == b"slurmstepd" or b"\0SLURM_JOB_ID=" in b"\0" + variables:
                    os.kill(int(process.name), signal.SIGKILL)
        self._wait("sinfo", "-h", "-n", HOST, "-o", "%T", until="down", seconds=120)

    def _start_munge(self) -> None:
        """munged under its own user; one that answers already is left as it is."""
        if subprocess.run("munge -n | unmunge", shell=True, capture_output=True, check=False).returncode == 0:
            return
        for folder in (MUNGE, Path("/var/log/munge"), Path("/var/lib/munge"), Path("/etc/munge")):
            folder.mkdir(parents=True, exist_ok=True)
            shutil.chown(folder, "munge", "munge")
        MUNGE.chmod(0o755)
        key = Path("/etc/munge/munge.key")
        if not key.exists():
            key.write_bytes(os.urandom(1024))
        shutil.chown(key, "munge", "munge")
        key.chmod(0o400)
        said("setpriv", "--reuid=munge", "--regid=munge", "--clear-groups", "munged", f"--pid-file={MUNGE}/munged.pid")
        self._wait("munge", "-n", until="MUNGE")

    def _wait(self, *words: str, until: str, seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while until not in (answer := subprocess.run(words, capture_output=True, text=True, check=False).stdout):
            if time.monotonic() > end:
                raise TimeoutError(f"{' '.join(words)} says {answer.strip()!r} after {seconds:.0f} s and not {until!r}")
            time.sleep(0.2)

    def stop(self) -> None:
        """End the jobs and the daemons that `start` started."""
        subprocess.run(["scancel", "--user", "root"], capture_output=True, check=False)
        for name in (f"slurmd-{HOST}", f"slurmd-{SECOND}", "slurmctld"):
            with suppress(OSError, ValueError):
                os.kill(int((self.folder / f"{name}.pid").read_text(encoding="utf-8")), signal.SIGTERM)
        for conf in ("slurm.conf", "gres.conf"):
            (ETC / conf).unlink(missing_ok=True)

    def jobs(self) -> list[dict[str, str]]:
        """Every job that Slurm remembers, oldest first, as what ``scontrol show job`` says of it."""
        lines = said("scontrol", "--oneliner", "show", "job").splitlines()
        found = [dict(word.split("=", 1) for word in line.split() if "=" in word) for line in lines]
        return sorted((job for job in found if "JobId" in job), key=lambda job: int(job["JobId"]))


def said(*words: str) -> str:
    """What a command prints; raises CalledProcessError where it fails."""
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    if sys.argv[1:] != ["install"]:
        sys.exit(__doc__)
    install()

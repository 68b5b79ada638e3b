"""A real SLURM of one node on this machine: munged, slurmctld and slurmd of its own.

Everything lies in one folder and listens on free ports, so several clusters stand side by side and
none disturbs one that the machine has.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "setpriv")
_NODE = "node"
# The shortest time in which a slurmd that is gone makes its node go down.
DOWN_AFTER_S = 10


def missing() -> str | None:
    """Return why no cluster can be started here, None where it can."""
    if os.geteuid() != 0:
        return "a SLURM cluster is started by root"
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    absent = [name for name in _PROGRAMS if shutil.which(name, path=path) is None]
    return f"not installed: {', '.join(absent)}" if absent else None


class Cluster:
    """A running cluster with partitions `low`, the default one, and `high`, which preempts it.

    `KillWait` is 8 s. More processors and memory are declared than the machine has: jobs run side
    by side.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "slurm.conf"
        self.environment = {**os.environ, "SLURM_CONF": str(self.config)}
        self.environment["PATH"] += ":/usr/sbin:/sbin"
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Cluster:
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def run(self, *command: str) -> str:
        """Return what a command of SLURM prints."""
        done = self._asked(*command)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def jobs(self) -> dict[str, str]:
        """Return the states of all jobs that the controller remembers."""
        listed = self.run("squeue", "--noheader", "--array", "--states=all", "--format=%i %T")
        return dict(line.split() for line in listed.splitlines())

    def detail(self, job: str, name: str) -> str:
        """Return a field of `scontrol show job`."""
        shown = self.run("scontrol", "show", "job", job).split()
        return next(word.partition("=")[2] for word in shown if word.startswith(f"{name}="))

    def kill_slurmd(self) -> None:
        """Kill the node's daemon as a crash would; the jobs' own processes go on."""
        self._end("slurmd")

    def kill_node(self) -> None:
        """Kill the daemon and all processes of jobs, as a power failure would."""
        steps = self._steps()
        victims = [pid for step in steps for pid in _descendants(step)]
        self.kill_slurmd()
        for pid in (*steps, *victims):
            _kill(pid)

    def start_slurmd(self) -> None:
        """Start the node's daemon, and wait until the controller has heard of it."""
        self._daemon("slurmd", "-D", "-N", _NODE)
        self._wait_for_node()

    def stop_controller(self) -> None:
        """Stop slurmctld; it keeps its state."""
        self._daemons["slurmctld"].terminate()
        self._daemons["slurmctld"].wait(60)

    def start_controller(self) -> None:
        """Start slurmctld again."""
        self._daemon("slurmctld", "-D")
        self._wait_for_node()

    def cancel_all(self) -> None:
        """Cancel every job, and wait until none is left."""
        self.run("scancel", "--user=root")
        listed = ("squeue", "--noheader")
        until(lambda: not self.run(*listed).strip(), "all jobs have ended")

    def _asked(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )

    def _start(self) -> None:
        for name in ("munge", "state", "spool"):
            (self.folder / name).mkdir()
        # munged wants to be sure that nobody else can change what leads to its socket.
        self.folder.chmod(0o755)
        self._start_munged()
        self._write_config()
        self._daemon("slurmctld", "-D")
        self.start_slurmd()

    def _start_munged(self) -> None:
        place = self.folder / "munge"
        place.chmod(0o711)
        key = place / "key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o400)
        self._daemon(
            "munged",
            "--foreground",
            f"--key-file={key}",
            f"--socket={place / 'socket'}",
            f"--pid-file={self.folder / 'munged.pid'}",
            f"--seed-file={place / 'seed'}",
            f"--log-file={place / 'log'}",
            "--force",
        )
        until((place / "socket").exists, "munged listens")

    def _write_config(self) -> None:
        host, folder = socket.gethostname(), self.folder
        controller, node = _free_ports(2)
        self.config.write_text(f"""\
ClusterName=evalrun
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket,cred_expire=5
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
MpiDefault=none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
KillWait=8
MinJobAge=300
MessageTimeout=5
BatchStartTimeout=5
SlurmdTimeout={DOWN_AFTER_S}
MaxArraySize=10
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SchedulerParameters=sched_interval=1,batch_sched_delay=0,bf_interval=1
SlurmdParameters=config_overrides
GresTypes=gpu
NodeName={_NODE} NodeHostname={host} NodeAddr=127.0.0.1 CPUs=16 RealMemory=64000 Gres=gpu:4
PartitionName=low Nodes={_NODE} Default=YES MaxTime=INFINITE PriorityTier=1 GraceTime=60
PartitionName=high Nodes={_NODE} MaxTime=INFINITE PriorityTier=10
""")

        for number in range(4):
            (folder / f"gpu{number}").touch()
        (folder / "gres.conf").write_text(f"Name=gpu File={folder}/gpu[0-3]\n")

    def _daemon(self, name: str, *arguments: str) -> None:
        """Start a daemon, which ends with this process, however that ends."""
        with (self.folder / f"{name}.err").open("ab") as log:
            self._daemons[name] = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", name, *arguments],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the tests
            )

    def _end(self, name: str) -> None:
        """Kill a daemon."""
        self._daemons[name].kill()
        self._daemons[name].wait(60)

    def _wait_for_node(self) -> None:
        up = {"idle", "mixed", "allocated", "completing"}

        def is_up() -> bool:
            states = self._asked("sinfo", "--noheader", "--format=%T")
            return states.returncode == 0 and set(states.stdout.split()) <= up

        until(is_up, "the node is up")

    def _steps(self) -> list[int]:
        """Return the processes that watch over steps of jobs on this cluster's node."""
        mark = f"SLURM_CONF={self.config}".encode()
        return [
            pid
            for pid in (int(path.name) for path in Path("/proc").glob("[0-9]*"))
            if b"slurmstepd" in _read(pid, "cmdline") and mark in _read(pid, "environ")
        ]

    def _stop(self) -> None:
        steps = self._steps()
        for name in self._daemons:
            self._end(name)
        for pid in (*(pid for step in steps for pid in _descendants(step)), *steps):
            _kill(pid)


def until(holds: Callable[[], bool], what: str, timeout_s: float = 90) -> None:
    """Wait until something holds; fail with `what` that is."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, f"in vain waited until {what}"
        time.sleep(0.1)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _descendants(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [one for child in map(int, children) for one in (child, *_descendants(child))]


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""

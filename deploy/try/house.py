"""A process in a root of its own, without an engine for containers and without systemd: what the trials here share.

Needs to be root of its namespaces. Processes run as nobody in particular, without capabilities or new rights, in a root
that they cannot write but where they are told to.
"""

import contextlib
import ctypes
import ctypes.util
import fcntl
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

# Generous: the machine may be busy.
PATIENCE = 180.0
LIBC = ctypes.CDLL(None, use_errno=True)
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_BIND = 1, 2, 4, 32, 4096


def inside():
    """The script's work folder, in namespaces of its own: what it mounts, listens on and starts is gone with it.

    Called first: starts the script once more in there, and cleans up after it.
    """
    work = os.environ.get("RAPPORTEUR_TRIAL")
    if not work:
        work = tempfile.mkdtemp(prefix="rapporteur-trial-")
        os.chmod(work, 0o755)
        alone = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--propagation", "private"]
        try:
            done = subprocess.run([*alone, sys.executable, *sys.argv], env={**os.environ, "RAPPORTEUR_TRIAL": work})
        finally:
            shutil.rmtree(work)
        sys.exit(done.returncode)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as it:
        # Loopback up: SIOCSIFFLAGS, IFF_UP.
        fcntl.ioctl(it, 0x8914, struct.pack("16sH14x", b"lo", 1))
    return pathlib.Path(work)


@contextlib.contextmanager
def telling(work):
    """Shows the end of each log when something goes wrong."""
    try:
        yield
    except BaseException:
        for log in sorted(work.glob("*.log")):
            lines = log.read_text(errors="replace").splitlines()[-12:]
            print(f"-- {log.stem}", *(line[:400] for line in lines), sep="\n", file=sys.stderr)
        raise


def mount(source, target, kind=None, flags=0, data=None):
    encode = lambda it: str(it).encode() if it is not None else None
    if LIBC.mount(encode(source), encode(target), encode(kind), flags, encode(data)):
        raise OSError(ctypes.get_errno(), f"mounting {source} at {target}")


def bind(source, target, writable=False):
    target.parent.mkdir(parents=True, exist_ok=True)
    target.mkdir(exist_ok=True) if pathlib.Path(source).is_dir() else target.touch()
    mount(source, target, flags=MS_BIND)
    if not writable:
        mount(None, target, flags=MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID)


class Root:
    """A root: a tmpfs that is read-only once `seal` was called, but for what was bound into it to be written."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.path.mkdir(parents=True)
        mount("root", self.path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755")
        for folder in ("proc", "dev", "tmp", "run", "etc"):
            (self.path / folder).mkdir()
        mount("proc", self.path / "proc", "proc", MS_NOSUID | MS_NODEV, "hidepid=invisible")
        for device in ("null", "zero", "random", "urandom"):
            bind(f"/dev/{device}", self.path / "dev" / device, writable=True)

    def write(self, path, text):
        file = self.path / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def seal(self):
        mount(None, self.path, flags=MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV)


def own(path, uid, mode):
    """A folder or file of a user."""
    os.chown(path, uid, uid)
    os.chmod(path, mode)
    return path


def system_calls(*groups, without=()):
    """The names of systemd's groups of system calls, as SystemCallFilter= takes them."""
    def named(group):
        listed = subprocess.run(["systemd-analyze", "syscall-filter", group], capture_output=True, text=True, check=True)
        for line in listed.stdout.splitlines()[1:]:
            name = line.strip()
            if name.startswith("@"):
                yield from named(name)
            elif name and not name.startswith("#"):
                yield name
    allowed = {name for group in groups for name in named(group)}
    return sorted(allowed - {name for group in without for name in named(group)})


def filter_for(names):
    """Loads a seccomp filter that answers EPERM to everything but these; to be called in the process itself."""
    lib = ctypes.CDLL(ctypes.util.find_library("seccomp") or "libseccomp.so.2")
    lib.seccomp_init.restype = ctypes.c_void_p
    errno_eperm, allow = 0x00050000 | 1, 0x7FFF0000

    def load():
        context = ctypes.c_void_p(lib.seccomp_init(errno_eperm))
        for name in names:
            number = lib.seccomp_syscall_resolve_name(name.encode())
            if number >= 0:
                lib.seccomp_rule_add(context, allow, number, 0)
        if lib.seccomp_load(context):
            raise OSError("the filter of system calls was not taken")
    return load


class Process:
    """A program in a root, as a user, with these variables and no others."""

    def __init__(self, name, root, uid, command, environment, log, filtered=None):
        self.name, self.log = name, pathlib.Path(log)

        def settle():
            os.chroot(root.path)
            os.chdir("/")
            os.umask(0o077)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            for capability in range(64):
                LIBC.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            if LIBC.prctl(38, 1, 0, 0, 0):  # PR_SET_NO_NEW_PRIVS
                raise OSError("no_new_privs")
            if filtered:
                filtered()

        with self.log.open("ab") as said:
            self.child = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said, preexec_fn=settle
            )

    def said(self):
        return self.log.read_text(errors="replace")

    def waits(self, what, so):
        """Waits until something is so; the process must not end before."""
        end = time.monotonic() + PATIENCE
        while not so():
            if self.child.poll() is not None:
                sys.exit(f"{self.name} ended with {self.child.returncode}, before {what}:\n{self.said()}")
            if time.monotonic() > end:
                sys.exit(f"{self.name}: not {what} within {PATIENCE:.0f} s:\n{self.said()}")
            time.sleep(0.02)

    def ends(self, seconds=PATIENCE):
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            sys.exit(f"{self.name} does not end:\n{self.said()}")

    def stop(self):
        self.child.send_signal(signal.SIGTERM)
        code = self.ends()
        if code:
            sys.exit(f"{self.name} stopped with {code}:\n{self.said()}")


class Tool:
    """The tool `rapporteur` for whoever tries, with these variables."""

    def __init__(self, program, home, **environment):
        self.program = str(program)
        self.environment = {"PATH": "/usr/bin:/bin", "XDG_CONFIG_HOME": str(home), **environment}

    def run(self, *arguments):
        return subprocess.run(
            [self.program, "--timeout=20", *map(str, arguments)], env=self.environment, capture_output=True, text=True
        )

    def ask(self, *arguments):
        done = self.run(*arguments)
        if done.returncode:
            sys.exit(f"rapporteur {' '.join(map(str, arguments))}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout


def known(program, environment, elsewhere=()):
    """Every setting is one that the program has: a variable with a slip in its name would be passed over in silence."""
    said = subprocess.run([str(program), "--help"], capture_output=True, text=True, check=True).stdout
    names = {name for name in environment if name.startswith("RAPPORTEUR_")}
    unknown = {name for name in names - set(elsewhere) if not re.search(rf"\[env:\s+{name}\b", said)}
    if unknown:
        sys.exit(f"{pathlib.Path(program).name} has no settings {sorted(unknown)}")


def programs(folder, to):
    """Copies of the four programs: where they were built, nobody else may be able to read."""
    to.mkdir(parents=True, mode=0o755)
    for name in ("rapporteur", "rapporteur-events", "rapporteur-recommendations", "rapporteur-gateway"):
        shutil.copy(folder / name, to / name)
    return to

"""Confinement by Landlock: the program gives up, for itself and all that it starts, what it may not reach.

Run as ``python -I -S landlock.py network|offline PATHS -- COMMAND...``, where PATHS are ``r:PATH``, ``w:PATH`` and
``h:PATH`` (readable, writable, hidden). It imports nothing of ours and next to nothing of Python's: it stands between
the engine and every program of the agent's.

What holds: files by the allow-list; other processes' memory, environment and open files (the system asks Landlock
before it lets one process read another); signals and abstract sockets to the outside from Linux 6.12 on; the network,
by a filter of system calls that leaves sockets of this machine only. What does not: names of files can be seen, and
sockets in the file system that other programs listen on, such as Docker's, can be reached; shared memory in
``/dev/shm`` is common to all programs of the user; times and modes of the user's files can be changed, though not
what is in them. Bubblewrap has none of these gaps.
"""

# ruff: noqa: PTH100, PTH112, PTH208 - pathlib takes longer to import than all that is done here

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys

LEAST_ABI = 3
"""Before (Linux 6.2) a file outside the writable folders could still be cut to nothing."""

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15
_MAKE_DEVICES = 1 << 6 | 1 << 11
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "shm")
_PR_SET_SECCOMP, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 22, 24, 38
_CAP_DAC_OVERRIDE = 1
_EPERM, _EACCES, _ENOSYS = 1, 13, 38

# For each machine: how the system names it to a filter, and the number of its call `socket`.
_MACHINES = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
_IO_URING_SETUP = 425  # it can make sockets past a filter of system calls


def abi() -> int:
    """Return the version of Landlock that the system speaks; 0 for none."""
    if not sys.platform.startswith("linux"):
        return 0
    return max(0, int(_libc().syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1))))


def filters_network() -> bool:
    """Return whether the network can be shut off wholly on this kind of machine, and not only TCP."""
    return platform.machine() in _MACHINES


def command(
    argv: list[str], readable: list[str], writable: list[str], hidden: list[str], *, network: bool
) -> list[str]:
    """Return the command that runs `argv` confined."""
    paths = [f"r:{p}" for p in readable] + [f"w:{p}" for p in writable] + [f"h:{p}" for p in hidden]
    here = os.path.abspath(__file__)
    return [sys.executable, "-I", "-S", here, "network" if network else "offline", *paths, "--", *argv]


def main(arguments: list[str]) -> None:
    """Confine this process and become the command."""
    network, *rest = arguments
    split = rest.index("--")
    paths, argv = rest[:split], rest[split + 1 :]
    marked = {mark: [path[2:] for path in paths if path[0] == mark] for mark in "rwh"}
    restrict(marked["r"], marked["w"], marked["h"], network=network == "network")
    os.execvp(argv[0], argv)  # noqa: S606


def restrict(readable: list[str], writable: list[str], hidden: list[str], *, network: bool) -> None:
    """Confine this process for good.

    Raises
    ------
    OSError
        If the system refuses.
    """
    version = abi()
    handled = (1 << (16 if version >= 5 else 15)) - 1
    offline = 0 if network or version < 4 else 3  # TCP: to listen and to connect
    scoped = 3 if version >= 6 else 0  # abstract sockets and signals
    attributes = struct.pack("QQQ", handled, offline, scoped)[: 8 if version < 4 else 16 if version < 6 else 24]
    libc = _libc()
    rules = _checked(libc.syscall(_CREATE, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0)))

    def allow(path: str, access: int) -> None:
        # No link is followed: only what was meant may be reached, not what somebody lets it lead to.
        try:
            place = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return
        if not os.path.isdir(path):
            access &= _OF_FILES
        rule = struct.pack("=Qi", access & handled, place)
        _checked(libc.syscall(_ADD_RULE, ctypes.c_int(rules), ctypes.c_int(1), rule, ctypes.c_uint32(0)))
        os.close(place)

    for path in (*readable, "/proc"):
        for place, whole in exposed(os.path.realpath(path), frozenset(hidden)):
            allow(place, _READ if whole else _READ_DIR)
    for path in writable:
        allow(path, handled & ~_MAKE_DEVICES)
    for name in _DEVICES:
        allow(f"/dev/{name}", handled & ~_MAKE_DEVICES)
    for name in os.listdir("/dev"):
        if name.startswith("nvidia") or name in ("dri", "kfd"):
            allow(f"/dev/{name}", handled & ~_MAKE_DEVICES)
    _drop_capabilities(libc)
    _checked(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    _checked(libc.syscall(_RESTRICT, ctypes.c_int(rules), ctypes.c_uint32(0)))
    os.close(rules)
    if not network:
        _shut_network(libc)


def exposed(path: str, hidden: frozenset[str]) -> list[tuple[str, bool]]:
    """Return what to allow so that `path` can be read without its hidden parts: (path, whether with all below).

    Landlock only knows what is allowed. Where something is hidden, its neighbours are named one by one.
    """
    if path in hidden:
        return []
    prefix = path.rstrip("/") + "/"
    if not any(other.startswith(prefix) for other in hidden):
        return [(path, True)]
    found = [(path, False)]
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if not entry.is_symlink():
                    found += exposed(entry.path, hidden)
    except OSError:
        pass
    return found


def _drop_capabilities(libc: ctypes.CDLL) -> None:
    """Let root be root over files only."""
    if os.geteuid() == 0:
        for capability in range(64):
            if capability != _CAP_DAC_OVERRIDE:
                libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)


def _shut_network(libc: ctypes.CDLL) -> None:
    """Refuse every socket but those between processes of this machine, and those that ask for its settings."""
    if not filters_network():
        return
    machine, socket = _MACHINES[platform.machine()]
    load, equal, greater, answer = 0x20, 0x15, 0x35, 0x06
    refuse, permit = 0x00050000, 0x7FFF0000
    program = [
        (load, 0, 0, 4),  # the kind of machine
        (equal, 1, 0, machine),
        (answer, 0, 0, refuse | _EPERM),
        (load, 0, 0, 0),  # the number of the call
        (greater, 0, 1, 0x40000000),
        (answer, 0, 0, refuse | _EPERM),
        (equal, 0, 1, _IO_URING_SETUP),
        (answer, 0, 0, refuse | _ENOSYS),
        (equal, 1, 0, socket),
        (answer, 0, 0, permit),
        (load, 0, 0, 16),  # its first argument: the family
        (equal, 2, 0, 1),  # AF_UNIX
        (equal, 1, 0, 16),  # AF_NETLINK
        (answer, 0, 0, refuse | _EACCES),
        (answer, 0, 0, permit),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
    head = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program), ctypes.addressof(code)))
    _checked(libc.prctl(_PR_SET_SECCOMP, 2, head, 0, 0))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except OSError as failure:
        print(f"Cannot be confined: {failure}", file=sys.stderr)
        sys.exit(126)

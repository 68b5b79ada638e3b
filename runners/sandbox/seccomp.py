"""System calls that no compiler or test needs, refused by the kernel: a filter for bubblewrap.

The program is classic BPF over `struct seccomp_data` (Linux, Documentation/userspace-api/
seccomp_filter.rst); numbers are those of the kernel's tables for x86-64 and of its generic table,
which aarch64 uses.
"""

from __future__ import annotations

import errno
import platform
import struct

import msgspec

# Memory that belongs to no process while it is not mapped would escape the memory limit; the rest
# are ways into the kernel that sandboxed programs are better kept from.
_CALLS = {
    "x86_64": {
        "shmget": 29,
        "add_key": 248,
        "request_key": 249,
        "keyctl": 250,
        "perf_event_open": 298,
        "memfd_create": 319,
        "bpf": 321,
        "userfaultfd": 323,
        "io_uring_setup": 425,
        "memfd_secret": 447,
    },
    "aarch64": {
        "shmget": 194,
        "add_key": 217,
        "request_key": 218,
        "keyctl": 219,
        "perf_event_open": 241,
        "memfd_create": 279,
        "bpf": 280,
        "userfaultfd": 282,
        "io_uring_setup": 425,
        "memfd_secret": 447,
    },
}
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# Calls of the x32 ABI, which x86-64 kernels may offer under the same AUDIT_ARCH.
_X32_BIT = 0x40000000

_LOAD, _JUMP_EQUAL, _JUMP_NOT_LESS, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER_OFFSET, _ARCH_OFFSET = 0, 4
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_FAIL = 0x00050000 | errno.ENOSYS


class _Step(msgspec.Struct, frozen=True):
    """One `struct sock_filter`; jumps count the steps that they skip."""

    code: int
    value: int
    if_true: int = 0
    if_false: int = 0

    def packed(self) -> bytes:
        return struct.pack("=HBBI", self.code, self.if_true, self.if_false, self.value)


def filter_program(machine: str = platform.machine()) -> bytes | None:
    """Return the filter for `machine`; None for a machine whose table of calls is not here.

    A refused call fails with ENOSYS, as on a kernel without it. Calls of another architecture
    (32-bit ones on x86-64) kill the process: their numbers mean something else.
    """
    if machine not in _CALLS:
        return None
    numbers = sorted(_CALLS[machine].values())
    steps = [
        _Step(_LOAD, _ARCH_OFFSET),
        _Step(_JUMP_EQUAL, _AUDIT_ARCH[machine], if_true=1),
        _Step(_RETURN, _KILL),
        _Step(_LOAD, _NUMBER_OFFSET),
        _Step(_JUMP_NOT_LESS, _X32_BIT, if_true=len(numbers) + 1),
        *(
            _Step(_JUMP_EQUAL, number, if_true=len(numbers) - place)
            for place, number in enumerate(numbers)
        ),
        _Step(_RETURN, _ALLOW),
        _Step(_RETURN, _FAIL),
    ]
    return b"".join(step.packed() for step in steps)

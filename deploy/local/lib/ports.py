#!/usr/bin/python3
"""Ports on 127.0.0.1.

  ports.py free COUNT    prints COUNT ports that nobody listens on, one a line
  ports.py taken PORT... prints "PORT HOLDER" for each that cannot be listened on, where HOLDER is
                         "NAME (pid PID)" or "another user's process"
"""

import contextlib
import errno
import itertools
import os
import pathlib
import random
import socket
import sys

LISTENING = "0A"


def free_ports(count):
    """Below the range that the kernel takes outgoing connections' ports from, so that nobody gets
    one before its server listens."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as numbers:
        end = int(numbers.read().split()[0])
    candidates = range(10_000, end) if end > 12_000 else range(10_000, 65_536)
    free = (port for port in random.sample(candidates, len(candidates)) if not is_taken(port))
    return list(itertools.islice(free, count))


def is_taken(port):
    with socket.socket() as probe:
        # As servers do: connections of the last one that are still in TIME_WAIT do not matter.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except OSError as error:
            return error.errno in (errno.EADDRINUSE, errno.EACCES)
    return False


def listening_inodes(port):
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(FileNotFoundError), open(table, encoding="ascii") as lines:
            for line in list(lines)[1:]:
                fields = line.split()
                if fields[3] == LISTENING and int(fields[1].rsplit(":", 1)[1], 16) == port:
                    inodes.add(f"socket:[{fields[9]}]")
    return inodes


def holder(port):
    """The process that listens on the port, as far as we may look."""
    inodes = listening_inodes(port)
    for descriptor in pathlib.Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            if os.readlink(descriptor) in inodes:
                process = descriptor.parent.parent
                name = (process / "comm").read_text(encoding="utf-8").strip()
                return f"{name} (pid {process.name})"
    return "another user's process"


def main(arguments):
    match arguments:
        case ["free", count]:
            print(*free_ports(int(count)), sep="\n")
        case ["taken", *ports]:
            for port in map(int, ports):
                if is_taken(port):
                    print(port, holder(port))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])

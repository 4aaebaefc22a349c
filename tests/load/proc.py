"""What /proc tells of a process."""

import os
import pathlib

_TICKS = os.sysconf("SC_CLK_TCK")


def processor_seconds(pid):
    """Return the time that a process has run, on all processors together."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident_bytes(pid):
    """Return the memory of a process; None where there is none of that number."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    lines = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(lines[0].split()[1]) << 10 if lines else None

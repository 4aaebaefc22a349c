"""Programs under test, each a process that ends with its test."""

import contextlib
import socket
import subprocess
import time
import urllib.error
import urllib.request


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@contextlib.contextmanager
def process(command, log, **options):
    """Run a command, its output in a file; it is told to end, and killed where it does not."""
    with log.open("ab") as output:
        started = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, **options)
    try:
        yield started
    finally:
        end(started)


def end(started, seconds=20):
    if started.poll() is None:
        started.terminate()
        try:
            started.wait(seconds)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait(seconds)


def wait_until(is_so, started, log, seconds=60):
    """Wait for what a process is to bring about."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if started.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{started.args[0]} is not ready (exit {started.poll()}):\n{log.read_text()[-4000:]}")
        time.sleep(0.02)


def answers(url):
    """Whether there is an answer of any kind."""
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except urllib.error.HTTPError as error:
        return error.code != 503
    except OSError:
        return False
    return True

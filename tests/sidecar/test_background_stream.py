"""The log of a process whose reader may stall."""

import io
import json
import threading

from tensorgate.serving.sidecar.background_stream import MAX_LINES, BackgroundStream


class StalledStream(io.StringIO):
    """Takes nothing until it is told to."""

    def __init__(self):
        super().__init__()
        self.may_go_on = threading.Event()

    def write(self, text):
        self.may_go_on.wait(20)
        return super().write(text)


def test_lines_are_written_in_order_before_it_is_closed():
    target = io.StringIO()
    with BackgroundStream(target) as stream:
        for number in range(500):
            stream.write(f"{number}\n")
    assert target.getvalue().splitlines() == [str(number) for number in range(500)]


def test_a_reader_that_stalls_keeps_nobody_waiting_and_is_told_what_it_missed():
    target = StalledStream()
    stream = BackgroundStream(target)
    for number in range(MAX_LINES + 100):
        stream.write(json.dumps({"number": number}) + "\n")
    target.may_go_on.set()
    stream.close()
    lines = [json.loads(line) for line in target.getvalue().splitlines()]
    numbers = [line["number"] for line in lines if "number" in line]
    dropped = sum(line["count"] for line in lines if line.get("event") == "lines_dropped")
    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= MAX_LINES
    assert len(numbers) + dropped == MAX_LINES + 100


def test_closing_does_not_wait_for_a_reader_that_has_stalled():
    target = StalledStream()
    stream = BackgroundStream(target)
    for _ in range(MAX_LINES + 2):
        stream.write("a line\n")
    stream.close()
    assert target.getvalue() == ""
    target.may_go_on.set()


def test_a_pipe_that_nobody_reads_harms_nobody():
    target = io.StringIO()
    target.close()
    with BackgroundStream(target) as stream:
        stream.write("a line\n")

"""A short run of tests/load: all kinds of requests as parts die, come back and change."""

from ..load.soak import plan, soak


def test_nothing_is_lost_and_nothing_bad_passes():
    report = soak(20)
    assert report.breaches == []
    assert [event for _, event, _ in report.events] == [event for _, event in plan(20)]
    assert all({"right", "after a retry", "cut"} & counts.keys() for counts in report.counts.values())

"""TensorFlow's side: the gate in front of functions, graphs and datasets. The only package that imports TensorFlow."""

from tensorgate.tf.assertions import assert_spec
from tensorgate.tf.datasets import check_dataset
from tensorgate.tf.export import export
from tensorgate.tf.guard import function, guard
from tensorgate.tf.retrace_report import Retrace, RetraceReport
from tensorgate.tf.retraces import RetraceError, RetraceWarning, watch_retraces
from tensorgate.tf.tally import BadElement, Tally

__all__ = [
    "BadElement",
    "Retrace",
    "RetraceError",
    "RetraceReport",
    "RetraceWarning",
    "Tally",
    "assert_spec",
    "check_dataset",
    "export",
    "function",
    "guard",
    "watch_retraces",
]

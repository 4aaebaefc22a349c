"""Random contracts, and batches for them as TensorFlow has them: as tensors, and as what a graph knows of them."""

import numpy as np
import tensorflow as tf
from hypothesis import assume
from hypothesis import strategies as st

from tensorgate import TensorSpec, nests
from tensorgate.leaves import leaves_of, replaced

from ..property import strategies


def known_dtypes(*names):
    """Those of the dtypes that this version of TensorFlow has."""
    known = {value.name for value in vars(tf.dtypes).values() if isinstance(value, tf.DType)}
    known |= {value.name for value in vars(tf.dtypes.experimental).values() if isinstance(value, tf.DType)}
    return [name for name in names if name in known]


def to_tensors(signature, batch):
    """The batch with a tensor for each array; Hypothesis draws another one where TensorFlow can't hold them."""
    wholes = {}
    for leaf in leaves_of(signature.inputs, batch):
        if isinstance(leaf.value, dict) and not isinstance(leaf.spec, TensorSpec):
            wholes[leaf.trail] = composite(leaf.value)
    batch = replaced(batch, wholes) if wholes else batch
    return nests.mapped(lambda _, leaf: tensor(leaf), batch)


def composite(parts):
    if set(parts) == {"values", "row_splits"}:
        values = composite(parts["values"]) if isinstance(parts["values"], dict) else tensor(parts["values"])
        return tf.RaggedTensor.from_row_splits(values, tf.constant(parts["row_splits"]), validate=False)
    if set(parts) == {"indices", "values", "dense_shape"}:
        return tf.SparseTensor(parts["indices"], tensor(parts["values"]), parts["dense_shape"])
    return parts


def tensor(leaf):
    if not isinstance(leaf, (np.ndarray, np.generic)):
        assume(isinstance(leaf, (tf.Tensor, tf.RaggedTensor, tf.SparseTensor)))
        return leaf
    array = np.ma.getdata(leaf)
    if array.dtype.kind in "OUS":
        assume(all(isinstance(element, (str, bytes)) for element in array.ravel().tolist()))
        assume("\ud800" not in array.ravel().tolist())
        return tf.constant(array.tolist(), tf.string, array.shape)
    return tf.constant(array.astype(array.dtype.newbyteorder("=")))


@st.composite
def signatures_with_tensors(draw):
    signature, batch = draw(strategies.signatures_with_batches(strategies.all_specs()))
    return signature, to_tensors(signature, batch)


@st.composite
def loosened(draw, spec):
    """A TypeSpec with sizes, or the rank, left open."""
    shape = spec.shape.as_list() if spec.shape.rank is not None else None
    if shape is not None:
        shape = [None if draw(st.booleans()) else size for size in shape]
    if isinstance(spec, tf.RaggedTensorSpec):
        return tf.RaggedTensorSpec(shape, spec.dtype, spec.ragged_rank, spec.row_splits_dtype)
    return type(spec)(None if draw(st.integers(0, 5)) == 3 else shape, spec.dtype)

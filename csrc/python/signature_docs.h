#pragma once

namespace tensorgate::python {

// What help() says of tensorgate.Signature. Every example runs as a test.

inline constexpr const char* kSignatureDoc =
    "Signature(inputs, outputs=None, *, name='serving_default', method_name='', batch_dim=None, source='')\n--\n\n"
    "The contract of one batch: the tensors that go into a model and, where known, those that come out.\n\n"
    "inputs, outputs: a nest of specs as in tf.nest: usually a dict of them by name; also a lone spec, a list, tuple,\n"
    "    namedtuple or dataclass, and these within each other. A dimension's name stands for the same size in all\n"
    "    inputs of one batch.\n"
    "name, method_name: as in a SavedModel's SignatureDef.\n"
    "batch_dim: the name of the dimension that counts rows, for `bad_rows`, `split` and `collate`.\n"
    "source: where it was read from, for messages.\n\n"
    "Raises TypeError or ValueError where an argument can't be met, among them a name with two sets of rules.\n"
    "Immutable and hashable; the order of the names does not count.\n\n"
    ">>> Signature({'x': TensorSpec((None, 3))}, name='predict')\n"
    "Signature({'x': TensorSpec(shape=(None, 3), dtype='float32')}, name='predict')\n";

inline constexpr const char* kCheckDoc =
    "check($self, batch, /)\n--\n\n"
    "Return None if `batch`, a dict of tensors by name, meets the contract; raise ValidationError with every\n"
    "violation if not.\n\n"
    ">>> import numpy as np\n"
    ">>> sig = Signature({'ids': TensorSpec(('batch', None), 'int64')})\n"
    ">>> sig.check({'ids': np.zeros((2, 5), np.int64)})\n";

inline constexpr const char* kAcceptsDoc =
    "accepts($self, batch, /)\n--\n\n"
    "Return whether `check` would pass. Never raises for bad data.\n\n"
    ">>> Signature({'x': TensorSpec((None,))}).accepts({})\n"
    "False\n";

inline constexpr const char* kViolationsDoc =
    "violations($self, batch, /)\n--\n\n"
    "Return a list of everything that is wrong with `batch`: unexpected names in its order, then the inputs in the\n"
    "signature's.\n\n"
    ">>> [str(v) for v in Signature({'image': TensorSpec((None,))}).violations({})]\n"
    "[\"inputs['image']  missing; expected float32 [None]\"]\n";

inline constexpr const char* kFromSavedModelDoc =
    "from_saved_model($type, path, signature='serving_default', version=None, tags=['serve'], batch_dim=None, "
    "batch_dim_except=())\n--\n\n"
    "Read a signature of a SavedModel, without TensorFlow and without the graph: the whole contract where\n"
    "tensorgate.tf.export has put it into assets.extra/tensorgate.json, else what saved_model.pb says.\n\n"
    "path: a version directory, or the base path above numbered ones, as TensorFlow Serving's model_base_path.\n"
    "version: the number to take; None takes the highest that has a saved_model.pb.\n"
    "tags: exactly the tags of the MetaGraph, as tf.saved_model.load.\n"
    "batch_dim: a name, or a Dim with one, for the leading unknown dimension of every input, which then must be the\n"
    "    same in all but for the inputs in batch_dim_except. A contract that has a batch_dim must have this one, and "
    "no\n"
    "    further input gets it.\n\n"
    "A sparse or composite input stands for its dense parts: x/indices, x/values, x/dense_shape; x/0, x/1 ...\n\n"
    "Raises OSError (FileNotFoundError ...) where there is no model, ValueError with the byte where its file is\n"
    "damaged, or with the names that there are where the signature is not among them; ValueError, too, where the\n"
    "contract is not of this model.\n\n"
    ">>> Signature.from_saved_model('no/such/model')\n"
    "Traceback (most recent call last):\n"
    "FileNotFoundError: [Errno 2] no such model directory: 'no/such/model'\n";

inline constexpr const char* kIsCompatibleWithDoc =
    "is_compatible_with($self, signature_or_batch, /)\n--\n\n"
    "Return whether some batch satisfies both signatures, or whether `accepts` takes the batch.\n\n"
    "Looks at inputs alone, and at tensors that have elements. Names of dimensions do not count.\n\n"
    ">>> a = Signature({'x': TensorSpec((None,), minimum=0.0)})\n"
    ">>> a.is_compatible_with(Signature({'x': TensorSpec((None,), maximum=-1.0)}))\n"
    "False\n";

inline constexpr const char* kIsSubtypeOfDoc =
    "is_subtype_of($self, other, /)\n--\n\n"
    "Return whether every batch of this signature is one of `other`.\n\n"
    "Looks at inputs alone. Dimensions' names are compared up to renaming: what `other` requires to be equal, this\n"
    "one must require too. Where the answer would need a search it is False.\n\n"
    ">>> n, m = TensorSpec(('n',)), TensorSpec(('m',))\n"
    ">>> Signature({'x': n, 'y': n}).is_subtype_of(Signature({'x': m, 'y': m}))\n"
    "True\n"
    ">>> Signature({'x': n, 'y': m}).is_subtype_of(Signature({'x': m, 'y': m}))\n"
    "False\n";

inline constexpr const char* kMostSpecificCommonSupertypeDoc =
    "most_specific_common_supertype($self, others, /)\n--\n\n"
    "Return a signature that takes every batch of this one and of `others`, or None where structures, dtypes or\n"
    "names of tensors differ. It has no outputs; an input that one of them lacks is optional.\n\n"
    ">>> a, b = (Signature({'x': TensorSpec((size,), maximum=size)}) for size in (2, 3))\n"
    ">>> a.most_specific_common_supertype([b])\n"
    "Signature({'x': TensorSpec(shape=(None,), dtype='float32', maximum=3.0)})\n";

inline constexpr const char* kFlattenDoc =
    "flatten($self, batch, /)\n--\n\n"
    "Return the batch's tensors as a list in tf.nest's order: a dict's by sorted key, all others' in their own.\n\n"
    "An absent optional input is None. Looks at the structure alone; raises ValidationError where it differs.\n\n"
    ">>> Signature({'b': TensorSpec(()), 'a': [TensorSpec(())]}).flatten({'b': 1, 'a': [2]})\n"
    "[2, 1]\n";

inline constexpr const char* kBatchKeyDoc =
    "batch_key($self, batch, /)\n--\n\n"
    "Return a 64-bit hash of what a tf.function without an input signature would trace `batch` by: its structure,\n"
    "dtypes and shapes, and the values of Python's own numbers and strings.\n\n"
    "Equal where `batch_spec` is; different otherwise, but for a collision. Takes any batch, not this contract's\n"
    "alone. The key of the hash is drawn anew in every process.\n\n"
    "Raises TypeError, with the place, for what `batch_spec` refuses.\n\n"
    ">>> import numpy as np\n"
    ">>> sig = Signature({'ids': TensorSpec((None,), 'int64')})\n"
    ">>> two, three = ({'ids': np.arange(size)} for size in (2, 3))\n"
    ">>> sig.batch_key(two) == sig.batch_key({'ids': np.zeros(2, np.int64)}) != sig.batch_key(three)\n"
    "True\n";

inline constexpr const char* kBatchSpecDoc =
    "batch_spec($self, batch, /)\n--\n\n"
    "Return what a tf.function without an input signature would trace `batch` by, as a hashable object that is equal\n"
    "where the trace is reused.\n\n"
    "A tensor is its TensorSpec; a container a tuple of its kind and its parts, a dict's sorted by key; a ragged,\n"
    "sparse or other composite tensor TensorFlow's own spec; a variable its spec, whether it is trainable, and which\n"
    "of the batch's variables it is; a Python number, str, bytes or None itself, as TensorFlow traces by its value\n"
    "(1, 1.0 and True are one).\n\n"
    "Where one batch is more general than another (a ragged tensor beside one of uniform rows, a variable of unknown\n"
    "shape), TensorFlow reuses the general one's trace if that was made first; the specs and keys differ.\n\n"
    "Raises TypeError, with the place, for what TensorFlow tells apart by identity or by an == of its own, such as\n"
    "an object of an unknown class; for symbolic tensors; and for dtypes that TensorFlow does not have.\n\n"
    ">>> import numpy as np\n"
    ">>> Signature({}).batch_spec({'ids': np.zeros((2, 3), np.int64), 'train': True})\n"
    "('dict', ('ids', TensorSpec(shape=(2, 3), dtype='int64')), ('train', True))\n";

inline constexpr const char* kBadRowsDoc =
    "bad_rows($self, batch, /)\n--\n\n"
    "Return an array of bool, one a row of the batch: True where the row holds a value that breaks a rule.\n\n"
    "Rows lie along the dimension named `batch_dim`, or, where the signature names none, along axis 0 of the inputs\n"
    "whose leading dimension is not fixed. Raises ValidationError for what no row owns: structure, dtypes, shapes,\n"
    "and values of inputs without rows; ValueError where no input has rows.\n\n"
    ">>> import numpy as np\n"
    ">>> sig = Signature({'x': TensorSpec(('batch', 2), finite=True)})\n"
    ">>> sig.bad_rows({'x': np.array([[1, 2], [np.nan, 4]], np.float32)}).tolist()\n"
    "[False, True]\n";

inline constexpr const char* kSplitDoc =
    "split($self, batch)\n--\n\n"
    "Part the good rows of a batch from the bad ones, by what `bad_rows` says.\n\n"
    "Returns Split(good, bad, rows, violations): two batches, the positions of the bad rows, and what is wrong with\n"
    "each. Inputs without rows are in both. The good rows are views where they lie side by side; where all are good,\n"
    "`good` is the batch itself. It meets the contract, but for what a Dim says of the number of rows.\n\n"
    ">>> import numpy as np\n"
    ">>> sig = Signature({'x': TensorSpec(('batch',), 'int64', minimum=0)})\n"
    ">>> good, bad, rows, violations = sig.split({'x': np.array([5, -1, 7])})\n"
    ">>> good['x'].tolist(), bad['x'].tolist(), rows.tolist()\n"
    "([5, 7], [-1], [1])\n"
    ">>> str(violations[0][0])\n"
    "\"inputs['x']  below_minimum: expected at least 0, got -1 at [1]\"\n";

inline constexpr const char* kCheckManyDoc =
    "check_many($self, batches, *, threads=1)\n--\n\n"
    "Check many requests, each a batch of its own, and return a Report with a verdict on each.\n\n"
    "Values of 64 KB and more are scanned with the GIL released, on so many threads, but no more than the machine has\n"
    "processors. Never raises for bad data.\n\n"
    ">>> import numpy as np\n"
    ">>> sig = Signature({'x': TensorSpec((None,), 'int64', minimum=0)})\n"
    ">>> report = sig.check_many([{'x': np.array([1, 2])}, {'x': np.array([3, -4])}])\n"
    ">>> report.ok.tolist()\n"
    "[True, False]\n"
    ">>> print(report.summary())\n"
    "1 of 2 requests refused\n"
    "  1 inputs['x'] below_minimum, first in request 1: expected at least 0, got -4 at [1]\n";

inline constexpr const char* kCollateDoc =
    "collate($self, requests, *, pad=None)\n--\n\n"
    "Check single requests and put the good ones into one contiguous batch.\n\n"
    "A request is a batch of any number of rows, or a single row without the batch axis. With `pad`, a value or a\n"
    "mapping of values by input, rows of different sizes are filled up at the end to the largest, and to a size that\n"
    "the contract allows. Returns Collated(batch, sizes, lengths, report): how many rows each request has in the\n"
    "batch, the sizes of unfixed dimensions before padding, and the verdicts. Raises ValueError where good requests\n"
    "can't be one batch: sizes that differ without `pad`, inputs that only some of them have, more rows than the\n"
    "contract allows.\n\n"
    ">>> import numpy as np\n"
    ">>> sig = Signature({'ids': TensorSpec(('batch', 'seq'), 'int64')})\n"
    ">>> rows = [{'ids': np.array([1, 2])}, {'ids': np.array([3])}, {'ids': np.array(['no'])}]\n"
    ">>> batch, sizes, lengths, report = sig.collate(rows, pad=0)\n"
    ">>> batch['ids'].tolist(), sizes.tolist(), lengths['seq'].tolist()\n"
    "([[1, 2], [3, 0]], [1, 1, 0], [2, 1])\n";

inline constexpr const char* kConformDoc =
    "conform($self, batch, casting='same_kind', *, pad=None, add_batch_dim=False)\n--\n\n"
    "Return Conformed(batch, changes): a batch that `check` accepts, made of one that nearly does, and what was "
    "done.\n\n"
    "casting: what NumPy's word ('no', 'equiv', 'safe', 'same_kind', 'unsafe') lets be cast. Under every word floats\n"
    "    may round but never overflow, and integers survive exactly: 2**40 into int32 is not_representable.\n"
    "pad: a value, or a mapping of values by input, that fills dimensions up to a size that the contract allows.\n"
    "add_batch_dim: whether an input that lacks its leading dimension gets one of size 1.\n\n"
    "Lists, Python's numbers and strings become arrays, big-endian arrays native ones, absent inputs their defaults.\n"
    "A tensor to which nothing is done is the same object. Raises ValidationError where the batch can't be mended.\n\n"
    ">>> conformed = Signature({'x': TensorSpec((None, 2))}).conform({'x': [[1, 2], [3, 4]]})\n"
    ">>> conformed.batch['x'].tolist()\n"
    "[[1.0, 2.0], [3.0, 4.0]]\n"
    ">>> print(*conformed.changes)\n"
    "inputs['x']: a Python list made float32 [2, 2]\n";

inline constexpr const char* kToJsonDoc =
    "to_json($self)\n--\n\n"
    "Return the contract as JSON text, of the form in tensorgate/schema/signature.schema.json.\n\n"
    ">>> sig = Signature({'x': TensorSpec(('batch', 3))})\n"
    ">>> Signature.from_json(sig.to_json()) == sig\n"
    "True\n";

inline constexpr const char* kFromJsonDoc =
    "from_json(text)\n--\n\n"
    "Return the signature that `to_json` wrote. Raises ValueError with the place where the text is no such "
    "contract.\n\n"
    ">>> Signature.from_json('{\"tensorgate\": 1}')\n"
    "Traceback (most recent call last):\n"
    "ValueError: ...\n";

inline constexpr const char* kToTfDoc =
    "to_tf($self)\n--\n\n"
    "Return the inputs as the same nest of tf.TensorSpec, tf.RaggedTensorSpec and tf.SparseTensorSpec, for\n"
    "tf.function(input_signature=...). What TensorFlow has no word for is left out: names of dimensions, rules,\n"
    "optional and default. Imports TensorFlow.\n\n"
    ">>> Signature({'x': TensorSpec(('batch', 3))}).to_tf()  # doctest: +SKIP\n"
    "{'x': TensorSpec(shape=(None, 3), dtype=tf.float32, name=None)}\n";

inline constexpr const char* kFromTfDoc =
    "from_tf(x)\n--\n\n"
    "Return the contract of a nest of TensorFlow's specs, a tf.function with an input_signature, a ConcreteFunction,\n"
    "a loaded SavedModel's signature or a tf.data.Dataset. Imports TensorFlow.\n\n"
    ">>> import tensorflow as tf  # doctest: +SKIP\n"
    ">>> Signature.from_tf({'x': tf.TensorSpec([None, 3])})  # doctest: +SKIP\n"
    "Signature({'x': TensorSpec(shape=(None, 3), dtype='float32')})\n";

inline constexpr const char* kFromKerasDoc =
    "from_keras(model)\n--\n\n"
    "Return the contract of a Keras model's inputs and outputs. Imports Keras.\n\n"
    ">>> import keras  # doctest: +SKIP\n"
    ">>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])  # doctest: +SKIP\n"
    ">>> Signature.from_keras(model).inputs  # doctest: +SKIP\n"
    "TensorSpec(shape=(None, 3), dtype='float32')\n";

inline constexpr const char* kFromBatchesDoc =
    "from_batches(batches, *, name='serving_default', batch_dim='batch', sizes=False, values=False)\n--\n\n"
    "Return the narrowest contract of its kind that accepts every batch of an iterable.\n\n"
    "Dimensions that varied are open; what varied together has one name. An input that some batch lacks is "
    "optional.\n\n"
    "batch_dim: a name for the leading dimension that most inputs share, open even if it never varied; None: none.\n"
    "sizes: whether dimensions that varied are bounded by the least and the greatest size seen.\n"
    "values: whether elements are bounded by the least and the greatest seen, and finite where all were.\n\n"
    "Raises ValueError, with the path, where there is no batch or where batches differ in structure or dtype.\n\n"
    ">>> import numpy as np\n"
    ">>> few, many = ({'x': np.zeros((n, 3), np.float32)} for n in (2, 5))\n"
    ">>> Signature.from_batches([few, many])\n"
    "Signature({'x': TensorSpec(shape=('batch', 3), dtype='float32')}, batch_dim='batch')\n";

}  // namespace tensorgate::python

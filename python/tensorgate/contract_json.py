"""Contracts as JSON, of the form that schema/signature.schema.json describes. Called by Signature's methods."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tensorgate import nests
from tensorgate._core import Dim, RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec
from tensorgate.json_form.document import (
    boolean,
    integer,
    items,
    layout,
    made,
    members,
    parse,
    shown,
    string,
    unexpected,
)
from tensorgate.json_form.elements import array_form, array_of, element_forms, elements_of

VERSION = 1

_LEAVES: dict[str, Any] = {"tensor": TensorSpec, "ragged": RaggedTensorSpec, "sparse": SparseTensorSpec}

# What may stand in an object beside what must, with its default: that is left out.
_NAMES = {"method_name": "", "batch_dim": None, "source": ""}
_SIZES = {"name": None, "min": 0, "max": None, "multiple_of": 1}
_RULES = {"name": None, "finite": False, "max_bytes": None, "utf8": False, "optional": False}
_RULES_OF: dict[str, dict[str, Any]] = {
    "tensor": _RULES,
    "ragged": _RULES | {"ragged_rank": None, "row_splits_dtype": "int64"},
    "sparse": _RULES,
}
_BOUNDS = ("minimum", "maximum")
_ARRAYS_OF = {"tensor": (*_BOUNDS, "default"), "ragged": _BOUNDS, "sparse": _BOUNDS}

_KINDS = ("dict", "list", "tuple", "namedtuple", "dataclass", *_LEAVES)

_READERS: dict[str, Callable[[str, object], Any]] = {
    "finite": boolean,
    "utf8": boolean,
    "optional": boolean,
    "max_bytes": integer,
    "ragged_rank": integer,
    "min": integer,
    "max": integer,
    "multiple_of": integer,
}


def to_json(signature: Signature) -> str:
    """Return the contract as JSON text for from_json: strict JSON, indented, with its source.

    >>> print(to_json(Signature({"x": TensorSpec(("batch", 3))})))
    {
      "tensorgate": 1,
      "name": "serving_default",
      "inputs": {"dict": {"x": {"tensor": {"shape": ["batch", 3], "dtype": "float32"}}}}
    }
    """
    return layout(to_form(signature))


def from_json(text: str | bytes) -> Signature:
    """Return the contract that a text describes. Floats may round to their dtype; other numbers must fit exactly.

    Raises:
        ValueError: the text is no JSON in UTF-8, not of the form, of another version, gives a key twice, or describes
            a contract that contradicts itself. The message says where.

    >>> from_json('{"tensorgate": 1, "name": "f", "inputs": {"tensor": {"shape": [null, 3.5], "dtype": "int32"}}}')
    Traceback (most recent call last):
    ValueError: inputs.tensor.shape[1]: expected an integer, a name, null or an object, got 3.5
    """
    return from_form(parse(text))


def to_form(signature: Signature) -> dict[str, Any]:
    """Return the value that to_json writes, to be part of another text.

    >>> to_form(Signature(TensorSpec(())))["inputs"]
    {'tensor': {'shape': [], 'dtype': 'float32'}}
    """
    form = {"tensorgate": VERSION, "name": signature.name, **_said(signature, _NAMES)}
    form["inputs"] = _nest_form(signature.inputs)
    if signature.outputs is not None:
        form["outputs"] = _nest_form(signature.outputs)
    return form


def from_form(document: object) -> Signature:
    """Return the contract that a value of json_form.document.parse describes.

    Raises:
        ValueError: as from_json, for what is not of the form.
    """
    version = members("contract", document).get("tensorgate")
    if type(version) is not int or version != VERSION:
        raise unexpected("tensorgate", f"{VERSION}, the version of the form", version)
    parts = members("contract", document, ("tensorgate", "name", "inputs"), (*_NAMES, "outputs"))
    names = {key: string(key, parts[key]) for key in ("name", *_NAMES) if key in parts}
    inputs = _nest("inputs", parts["inputs"], nests.MAX_DEPTH)
    outputs = parts.get("outputs")
    if outputs is not None:
        outputs = _nest("outputs", outputs, nests.MAX_DEPTH)
    signature: Signature = made("contract", Signature, inputs, outputs, **names)
    return signature


def _said(described: object, defaults: Mapping[str, Any]) -> dict[str, Any]:
    values = {key: getattr(described, key) for key in defaults}
    return {key: value for key, value in values.items() if value != defaults[key]}


def _nest_form(nest: Any) -> dict[str, Any]:
    for kind, leaf in _LEAVES.items():
        if isinstance(nest, leaf):
            return {kind: _spec_form(kind, nest)}
    parts = {key: _nest_form(part) for key, part in (nests.held(nest) or {}).items()}
    if isinstance(nest, Mapping):
        return {"dict": parts}
    if nests.field_names(type(nest)) is None:
        return {"list" if isinstance(nest, list) else "tuple": list(parts.values())}
    form = {"name": type(nest).__name__, "fields": [list(pair) for pair in parts.items()]}
    return {"namedtuple" if isinstance(nest, tuple) else "dataclass": form}


def _spec_form(kind: str, spec: Any) -> dict[str, Any]:
    shape = None if spec.shape is None else [_dim_form(dim) for dim in spec.shape]
    form = {"shape": shape, "dtype": spec.dtype, **_said(spec, _RULES_OF[kind])}
    for rule in _ARRAYS_OF[kind]:
        if (array := getattr(spec, rule)) is not None:
            form[rule] = array_form(array, spec.dtype)
    if spec.one_of is not None:
        form["one_of"] = element_forms(spec.one_of, spec.dtype)
    return form


def _dim_form(dim: int | str | Dim | None) -> Any:
    return _said(dim, _SIZES) if isinstance(dim, Dim) else dim


def _nest(place: str, form: object, depth: int) -> Any:
    parts = members(place, form)
    if len(parts) != 1:
        raise ValueError(f"{place}: expected an object with one key, got one with {len(parts)}")
    ((kind, content),) = parts.items()
    if kind not in _KINDS:
        raise ValueError(f"{place}: unknown kind of nest {shown(kind)}; one of {', '.join(_KINDS)} goes here")
    place = f"{place}.{kind}"
    if depth < 0:
        raise ValueError(f"{place[:80]}...: nested over {nests.MAX_DEPTH} deep")
    if kind in _LEAVES:
        return _spec(place, kind, content)
    if kind == "dict":
        held = members(place, content)
        return {name: _nest(f"{place}[{shown(name)}]", part, depth - 1) for name, part in held.items()}
    if kind in ("list", "tuple"):
        nest = [_nest(f"{place}[{index}]", part, depth - 1) for index, part in enumerate(items(place, content))]
        return nest if kind == "list" else tuple(nest)
    return _with_fields(place, kind, content, depth)


def _with_fields(place: str, kind: str, form: object, depth: int) -> Any:
    parts = members(place, form, ("name", "fields"))
    fields: dict[str, Any] = {}
    for index, pair in enumerate(items(f"{place}.fields", parts["fields"])):
        at = f"{place}.fields[{index}]"
        if not isinstance(pair, list) or len(pair) != 2:
            raise unexpected(at, "a list of a name and a nest", pair)
        name = string(f"{at}[0]", pair[0])
        if not name.isidentifier() or name.startswith("__") or name in fields:
            raise unexpected(f"{at}[0]", "the name of another field", name)
        fields[name] = _nest(f"{at}[1]", pair[1], depth - 1)
    name = string(f"{place}.name", parts["name"])
    return made(place, nests.named_tuple if kind == "namedtuple" else nests.dataclass, name, fields)


def _spec(place: str, kind: str, form: object) -> Any:
    rules, arrays = _RULES_OF[kind], _ARRAYS_OF[kind]
    parts = members(place, form, ("shape", "dtype"), (*rules, *arrays, "one_of"))
    dtype = string(f"{place}.dtype", parts["dtype"])
    proper = made(f"{place}.dtype", TensorSpec, None, dtype).dtype
    if dtype != proper:
        raise unexpected(f"{place}.dtype", repr(proper), dtype)
    shape = parts["shape"]
    if shape is not None:
        shape = [_dim(f"{place}.shape[{axis}]", dim) for axis, dim in enumerate(items(f"{place}.shape", shape))]
    given = _read(place, parts, rules)
    given |= {rule: array_of(f"{place}.{rule}", parts[rule], dtype) for rule in arrays if rule in parts}
    if "one_of" in parts:
        given["one_of"] = elements_of(f"{place}.one_of", parts["one_of"], dtype)
    return made(place, _LEAVES[kind], shape, dtype, **given)


def _dim(place: str, form: object) -> Any:
    if form is None or isinstance(form, str):
        return form
    if isinstance(form, dict):
        return made(place, Dim, **_read(place, members(place, form, (), _SIZES), _SIZES))
    if type(form) is not int:
        raise unexpected(place, "an integer, a name, null or an object", form)
    return form


def _read(place: str, parts: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    return {key: _READERS.get(key, string)(f"{place}.{key}", parts[key]) for key in keys if key in parts}

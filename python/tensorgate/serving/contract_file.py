"""The contract that lies in a SavedModel: assets.extra/tensorgate.json, which TensorFlow and its Serving pass over."""

from __future__ import annotations

import errno
import os
import pathlib
import stat
from collections.abc import Iterator, Mapping
from typing import Any

from tensorgate import contract_json
from tensorgate._core import Signature
from tensorgate.json_form.document import layout, members, parse, shown, unexpected
from tensorgate.serving.aliases import dense_parts, inputs_by_alias, outputs_by_alias

FILE = "assets.extra/tensorgate.json"
FORMAT = 1
MAX_BYTES = 8 << 20
MAX_PARTS = 100_000  # objects and lists: each takes a hundred times the memory of its text


def write(directory: pathlib.Path, signatures: Mapping[str, Signature]) -> None:
    """Put contracts, each under its own name, into a SavedModel's directory: all of the file, or none of it.

    Raises:
        ValueError: they take more than a file may have, or could not be read back.
    """
    forms = {name: contract_json.to_form(signature) for name, signature in signatures.items()}
    text = (layout({"format": FORMAT, "signatures": forms}) + "\n").encode()
    try:
        _contracts(text)
    except ValueError as error:
        raise ValueError(f"the contract can't be written to {FILE}: {error}") from error
    file = directory / FILE
    file.parent.mkdir(exist_ok=True)
    unfinished = file.with_suffix(".tmp")
    unfinished.write_bytes(text)
    unfinished.replace(file)


def fitted(directory: str, shown_directory: str, model: Signature) -> Signature:
    """Return a signature's whole contract from the file; what saved_model.pb says where the file has none of the name.

    Args:
        directory: that of saved_model.pb.
        shown_directory: the same for messages.
        model: what saved_model.pb says. Its name, method_name and source are kept, and its outputs where the contract
            has none.

    Raises:
        OSError: the file can't be read.
        ValueError: the file is damaged, or the contract is not of this model. The message names the file.
    """
    return _fitted(_read(directory, shown_directory), shown_directory, model)


def all_fitted(directory: str, shown_directory: str, models: Mapping[str, Signature]) -> dict[str, Signature]:
    """Return the same of all of a model's signatures.

    Raises:
        OSError, ValueError: as `fitted`; ValueError, too, for a contract of a signature that the model lacks.
    """
    contracts = _read(directory, shown_directory)
    for name in contracts:
        if name not in models:
            raise _misfit(shown_directory, f"the model has no signature {shown(name)}")
    return {name: _fitted(contracts, shown_directory, model) for name, model in models.items()}


def misfits(contract: Signature, model: Signature) -> Iterator[str]:
    """Yield why a contract can't be that of what a SavedModel says of a signature, or checks less of its inputs.

    >>> from tensorgate import TensorSpec
    >>> model = Signature({"x": TensorSpec((None, 3))})
    >>> list(misfits(Signature({"x": TensorSpec((None, 3)), "y": TensorSpec(())}), model))
    ["the model has no input 'y'"]
    """
    yield from _differences("input", inputs_by_alias(contract.inputs), model.inputs)
    if contract.outputs is not None:
        yield from _differences("output", outputs_by_alias(contract.outputs), model.outputs)


def _differences(what: str, specs: Mapping[str, Any], model: Any) -> Iterator[str]:
    parts = {name: part for alias, spec in specs.items() for name, part in dense_parts(alias, spec).items()}
    for name, part in parts.items():
        there = model.get(name)
        if there is None:
            yield f"the model has no {what} {shown(name)}"
        elif not there.is_compatible_with(part):
            yield f"{what} {shown(name)} is {part} in the contract and {there} in the model"
        elif what == "input" and not part.is_subtype_of(there):
            yield f"{what} {shown(name)} is {part} in the contract, which takes more than {there} in the model"
    yield from (f"the contract has no {what} {shown(name)}" for name in model if name not in parts)


def _fitted(contracts: Mapping[str, Signature], shown_directory: str, model: Signature) -> Signature:
    contract = contracts.get(model.name)
    if contract is None:
        return model
    for misfit in misfits(contract, model):
        raise _misfit(shown_directory, f"signature {shown(model.name)}: {misfit}")
    return Signature(
        contract.inputs,
        model.outputs if contract.outputs is None else contract.outputs,
        name=model.name,
        method_name=model.method_name,
        batch_dim=contract.batch_dim,
        source=model.source,
    )


def _misfit(shown_directory: str, what: str) -> ValueError:
    return ValueError(
        f"{shown_directory}/{FILE}: the contract is not of this saved_model.pb: {what}; "
        "export the model again, or remove the file"
    )


def _read(directory: str, shown_directory: str) -> dict[str, Signature]:
    text = _bytes(pathlib.Path(directory, FILE))
    try:
        return _contracts(text)
    except ValueError as error:
        raise ValueError(f"{shown_directory}/{FILE}: {error}") from None


def _bytes(path: pathlib.Path) -> bytes:
    # O_NONBLOCK, so that opening a pipe returns and can be refused.
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        return file.read(MAX_BYTES + 1)


def _contracts(text: bytes) -> dict[str, Signature]:
    if len(text) > MAX_BYTES:
        raise ValueError(f"more than {MAX_BYTES >> 20} MiB")
    if text.count(b"{") + text.count(b"[") > MAX_PARTS:
        raise ValueError(f"more than {MAX_PARTS:,} of '{{' and '['")
    document = parse(text)
    version = members("contract file", document).get("format")
    if type(version) is not int or version != FORMAT:
        raise unexpected("format", f"{FORMAT}, the version of the file", version)
    parts = members("contract file", document, ("format", "signatures"))
    contracts = {}
    for name, form in members("signatures", parts["signatures"]).items():
        place = f"signatures[{shown(name)}]"
        try:
            contracts[name] = contract_json.from_form(form)
        except ValueError as error:
            raise ValueError(f"{place}: {error}") from None
        if contracts[name].name != name:
            raise unexpected(f"{place}.name", shown(name), contracts[name].name)
    return contracts

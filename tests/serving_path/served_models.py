"""SavedModels in service: which versions there are, and what they answer to tensors."""

import threading
from pathlib import Path

import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

NOT_FOUND, INVALID_ARGUMENT, FAILED_PRECONDITION = 5, 3, 9


class ServingError(Exception):
    """What a request is answered with instead of an answer."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


def invalid(text):
    return ServingError(INVALID_ARGUMENT, text)


class Version:
    """A loaded SavedModel."""

    def __init__(self, number, path):
        self.number = number
        self._model = tf.saved_model.load(str(path))
        saved = saved_model_pb2.SavedModel.FromString((path / "saved_model.pb").read_bytes())
        self.signature_defs = dict(saved.meta_graphs[0].signature_def)
        del self.signature_defs["__saved_model_init_op"]

    def signature(self, name):
        if name not in self.signature_defs:
            raise ServingError(FAILED_PRECONDITION, f'Serving signature key "{name}" not found.')
        return self.signature_defs[name]

    def run(self, name, tensors):
        """Return a signature's outputs; TensorFlow's own complaint where it can't run the tensors as they are."""
        try:
            return self._model.signatures[name](**tensors)
        except tf.errors.OpError as error:
            raise ServingError(error.error_code, error.message) from None
        except (TypeError, ValueError) as error:
            raise invalid(str(error)) from None


class Model:
    """The versions of one model, as they lie below its base path: the highest, or all."""

    def __init__(self, name, base_path, labels, serves_all):
        self.name = name
        self.versions = {}
        self.failures = {}
        self._labels = labels
        self._base_path = Path(base_path)
        self._serves_all = serves_all

    def refresh(self):
        there = {int(path.parent.name): path.parent for path in self._base_path.glob("[0-9]*/saved_model.pb")}
        wanted = sorted(there) if self._serves_all else sorted(there)[-1:]
        if not wanted:
            return  # as TensorFlow Serving: what is loaded stays
        versions, failures = {}, {}
        for number in wanted:
            try:
                versions[number] = self.versions.get(number) or Version(number, there[number])
            except Exception as error:  # whatever a damaged file leads to
                failures[number] = str(error)
        self.versions, self.failures = versions or self.versions, failures

    def version(self, spec):
        """Return the version that a ModelSpec asks for."""
        number = spec.version.value if spec.HasField("version") else None
        if spec.version_label:
            if spec.version_label not in self._labels:
                raise invalid(f"Unrecognized servable version label: {spec.version_label}")
            number = self._labels[spec.version_label]
        versions = self.versions
        if number is None and versions:
            number = max(versions)
        if number not in versions:
            asked = f"Latest({self.name})" if number is None else f"Specific({self.name}, {number})"
            raise ServingError(NOT_FOUND, f"Servable not found for request: {asked}")
        return versions[number]


class Models:
    """All that is served; a thread takes up the versions that appear."""

    def __init__(self, models, interval):
        self._models = {model.name: model for model in models}
        self._interval = interval
        self._stopped = threading.Event()
        for model in models:
            model.refresh()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def model(self, spec):
        if not spec.name:
            raise invalid("Missing ModelSpec")
        if spec.name not in self._models:
            raise ServingError(NOT_FOUND, f"Servable not found for request: Latest({spec.name})")
        return self._models[spec.name]

    def version(self, spec):
        return self.model(spec).version(spec)

    def close(self):
        self._stopped.set()
        self._thread.join()

    def _watch(self):
        while not self._stopped.wait(self._interval):
            for model in self._models.values():
                model.refresh()

"""Messages in, messages out, as TensorFlow Serving's servables for SavedModels have it: no look at shapes or values."""

import tensorflow as tf
from served_models import FAILED_PRECONDITION, ServingError, invalid
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    inference_pb2,
    predict_pb2,
    regression_pb2,
)

CLASSIFY, REGRESS = "tensorflow/serving/classify", "tensorflow/serving/regress"


def predict(models, request):
    version = models.version(request.model_spec)
    name = request.model_spec.signature_name or "serving_default"
    signature = version.signature(name)
    tensors = _tensors(signature, request.inputs)
    wanted = list(request.output_filter) or list(signature.outputs)
    for alias in wanted:
        if alias not in signature.outputs:
            raise invalid(
                f"output tensor alias not found in signature: {alias} Outputs expected to be in the set {{}}."
            )
        if wanted.count(alias) > 1:
            raise invalid(f"duplicate output tensor alias: {alias}")
    outputs = version.run(name, tensors)
    response = predict_pb2.PredictResponse()
    _answered_by(response.model_spec, request.model_spec.name, version, name)
    for alias in wanted:
        response.outputs[alias].CopyFrom(tf.make_tensor_proto(outputs[alias].numpy()))
    return response


def classify(models, request):
    version, name, outputs = _of_examples(models, request.model_spec, request.input, CLASSIFY)
    response = classification_pb2.ClassificationResponse(result=_classifications(outputs))
    _answered_by(response.model_spec, request.model_spec.name, version, name)
    return response


def regress(models, request):
    version, name, outputs = _of_examples(models, request.model_spec, request.input, REGRESS)
    response = regression_pb2.RegressionResponse(result=_regressions(outputs))
    _answered_by(response.model_spec, request.model_spec.name, version, name)
    return response


def multi_inference(models, request):
    response = inference_pb2.MultiInferenceResponse()
    if not request.tasks:
        raise invalid("Inference request must have at least one task")
    seen = set()
    for task in request.tasks:
        spec = task.model_spec
        if spec.name != request.tasks[0].model_spec.name:
            raise invalid("All ModelSpecs in a MultiInferenceRequest must access the same model name.")
        if spec.signature_name in seen:
            raise invalid(f"Duplicate evaluation of signature: {spec.signature_name}")
        seen.add(spec.signature_name)
        if task.method_name not in (CLASSIFY, REGRESS):
            raise ServingError(12, f"Unsupported signature method_name: {task.method_name}")
        version, name, outputs = _of_examples(models, spec, request.input, task.method_name)
        result = response.results.add()
        _answered_by(result.model_spec, spec.name, version, name)
        if task.method_name == CLASSIFY:
            result.classification_result.CopyFrom(_classifications(outputs))
        else:
            result.regression_result.CopyFrom(_regressions(outputs))
    return response


def metadata(models, request):
    version = models.version(request.model_spec)
    if list(request.metadata_field) != ["signature_def"]:
        raise invalid("Metadata field must be signature_def")
    response = get_model_metadata_pb2.GetModelMetadataResponse()
    _answered_by(response.model_spec, request.model_spec.name, version, "")
    defs = get_model_metadata_pb2.SignatureDefMap(signature_def=version.signature_defs)
    response.metadata["signature_def"].Pack(defs)
    return response


def _tensors(signature, sent):
    expected, defaults = signature.inputs, signature.defaults
    if len(sent) > len(expected) or (len(sent) < len(expected) and not defaults):
        sizes = f"{len(sent)}!={len(expected)}"
        extra, missing = sorted(sent.keys() - expected.keys()), sorted(expected.keys() - sent.keys())
        raise invalid(
            f"input size does not match signature: {sizes} len({{{','.join(sorted(sent))}}}) != "
            f"len({{{','.join(sorted(expected))}}}). Sent extra: {{{','.join(extra)}}}. "
            f"Missing but required: {{{','.join(missing)}}}."
        )
    tensors = {}
    for alias, info in expected.items():
        if alias in sent:
            tensors[alias] = _tensor(alias, sent[alias])
        elif alias in defaults:
            tensors[alias] = _tensor(alias, defaults[alias])
        else:
            raise invalid(
                f"Signature input alias: {alias}(feed name: {info.name}) not found in request and no default value "
                f"provided. Inputs expected to be in the request {{{','.join(sorted(sent))}}}."
            )
    return tensors


def _tensor(alias, proto):
    try:
        # TensorFlow's C++ reads it here, as in TensorFlow Serving; its Python reads other things into bad messages.
        return tf.io.parse_tensor(proto.SerializeToString(), tf.as_dtype(proto.dtype))
    except (tf.errors.OpError, TypeError, ValueError):
        raise invalid(f"tensor parsing error: {alias}") from None


def _of_examples(models, spec, sent, method):
    version = models.version(spec)
    name = spec.signature_name or "serving_default"
    signature = version.signature_defs.get(name)
    if signature is None:
        raise invalid(f"No signature was found with the name: {name}")
    if signature.method_name != method:
        kind = method.rpartition("/")[2]
        raise ServingError(
            FAILED_PRECONDITION,
            f"Expected {kind} signature method_name to be {method}. Was: {signature.method_name}",
        )
    examples = [example.SerializeToString() for example in sent.example_list.examples]
    if sent.WhichOneof("kind") == "example_list_with_context":
        context = sent.example_list_with_context.context.SerializeToString()
        examples = [context + each.SerializeToString() for each in sent.example_list_with_context.examples]
    if not examples:
        raise invalid("Input is empty")
    return version, name, version.run(name, {"inputs": tf.constant(examples)})


def _classifications(outputs):
    result = classification_pb2.ClassificationResult()
    for labels, scores in zip(outputs["classes"].numpy(), outputs["scores"].numpy(), strict=True):
        row = result.classifications.add()
        for label, score in zip(labels, scores, strict=True):
            row.classes.add(label=label, score=score)
    return result


def _regressions(outputs):
    result = regression_pb2.RegressionResult()
    for value in outputs["outputs"].numpy().ravel():
        result.regressions.add(value=value)
    return result


def _answered_by(spec, name, version, signature_name):
    spec.name, spec.signature_name = name, signature_name
    spec.version.value = version.number

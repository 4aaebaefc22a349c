"""The SavedModels behind all tests of the serving path; `python model.py FOLDER` writes them to be served elsewhere."""

import sys
from pathlib import Path

import tensorflow as tf

CLASSES = ("low", "high")


class Ranker(tf.Module):
    """Scores are made so that TensorFlow runs whatever shapes come."""

    def __init__(self, version):
        super().__init__()
        self.weight = tf.Variable(float(version))

    @tf.function(
        input_signature=[
            tf.TensorSpec((None, 8, 8, 3), tf.float32, "image"),
            tf.TensorSpec((None, 4), tf.int64, "ids"),
        ]
    )
    def rank(self, image, ids):
        brightness = tf.reduce_mean(image, [-3, -2, -1])
        return {"score": self.weight * (brightness + tf.cast(tf.reduce_max(ids, -1), tf.float32))}


class Scorer(tf.Module):
    """A signature for each kind of values that a request may bring."""

    @tf.function(input_signature=[tf.TensorSpec((None, 3), tf.float32, "x")])
    def mean(self, x):
        return {"mean": tf.reduce_mean(x, -1)}

    @tf.function(input_signature=[tf.TensorSpec((None, 4), tf.uint8, "pixels")])
    def pixels(self, pixels):
        return {"sum": tf.reduce_sum(tf.cast(pixels, tf.int64), -1), "pixels": pixels}

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.bool, "flags")])
    def flags(self, flags):
        return {"flags": flags}

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, "words")])
    def words(self, words):
        return {"length": tf.strings.length(words), "words_bytes": words}


class Classifier(tf.Module):
    """Takes serialized Examples with the feature x, a vector of two."""

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, "inputs")])
    def classify(self, inputs):
        high = tf.sigmoid(self._sums(inputs))
        classes = tf.tile(tf.constant([CLASSES]), [tf.size(inputs), 1])
        return {"classes": classes, "scores": tf.stack([1 - high, high], 1)}

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, "inputs")])
    def regress(self, inputs):
        return {"outputs": self._sums(inputs)}

    def _sums(self, inputs):
        features = tf.io.parse_example(inputs, {"x": tf.io.FixedLenFeature([2], tf.float32)})
        return tf.reduce_sum(features["x"], 1)


def write_ranker(base_path, version):
    """Write a version that multiplies its scores by its number."""
    model = Ranker(version)
    tf.saved_model.save(model, f"{base_path}/{version}", {"serving_default": model.rank})


def write_scorer(base_path):
    model = Scorer()
    signatures = {"serving_default": model.mean, "pixels": model.pixels, "flags": model.flags, "words": model.words}
    tf.saved_model.save(model, f"{base_path}/1", signatures)


def write_classifier(base_path):
    model = Classifier()
    tf.saved_model.save(model, f"{base_path}/1", {"serving_default": model.classify, "regress": model.regress})
    names = tf.compat.v1.saved_model.signature_def_utils.MethodNameUpdater(f"{base_path}/1")
    names.replace_method_name("serving_default", "tensorflow/serving/classify")
    names.replace_method_name("regress", "tensorflow/serving/regress")
    names.save()


def write_models(folder):
    """Write ranker (versions 1 and 2), scorer and classifier, and return their base paths by name."""
    paths = {name: Path(folder, name) for name in ("ranker", "scorer", "classifier")}
    for version in (1, 2):
        write_ranker(paths["ranker"], version)
    write_scorer(paths["scorer"])
    write_classifier(paths["classifier"])
    return paths


if __name__ == "__main__":
    for name, path in write_models(sys.argv[1]).items():
        print(name, path)

"""A SavedModel of one input, served by KServe over both of its protocols."""

import argparse

import kserve
import numpy as np
import tensorflow as tf
from kserve.model_server import parser


class Predictor(kserve.Model):
    def __init__(self, name, path):
        super().__init__(name)
        self.model = tf.saved_model.load(path)  # kept, as the signature alone does not keep its variables
        self.signature = self.model.signatures["serving_default"]
        self.ready = True

    def predict(self, payload, headers=None, response_headers=None):  # noqa: ARG002
        if isinstance(payload, dict):
            return {"predictions": self._run(np.array(payload["instances"], np.float32)).tolist()}
        result = self._run(payload.get_input_by_name("x").as_numpy())
        output = kserve.InferOutput("mean", list(result.shape), "FP32")
        output.set_data_from_numpy(result, binary_data=False)
        return kserve.InferResponse(payload.id or "", self.name, [output])

    def _run(self, x):
        return self.signature(x=tf.constant(x))["mean"].numpy()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(parents=[parser])
    arguments.add_argument("--contract", required=True)
    args = arguments.parse_args()
    kserve.ModelServer().start([Predictor(args.model_name, args.contract)])

import os

# Before TensorFlow is imported: its C++ side logs to stderr by itself, and has no GPU to look for.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

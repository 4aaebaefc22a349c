"""TensorFlow's and Keras' side: the only package that imports them."""

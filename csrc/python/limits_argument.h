#pragma once

#include <pybind11/pybind11.h>

#include "serving/limits.h"

namespace tensorgate::python {

// None stands for the defaults. Throws TypeError for anything but a tensorgate.serving.Limits.
const serving::Limits& limits_argument(pybind11::handle limits);

}  // namespace tensorgate::python

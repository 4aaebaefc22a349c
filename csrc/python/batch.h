#pragma once

#include <pybind11/pybind11.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/inspection.h"
#include "core/nest.h"
#include "core/plan.h"
#include "python/gate.h"

namespace tensorgate::python {

namespace py = pybind11;

// A nest of specs made ready to meet batches: its names as Python strings beside the plan of its tensors.
class BatchGate {
 public:
  explicit BatchGate(const Nest& inputs);

  // The hot path: for NumPy arrays in a dict no Python call and no allocation. Unsure where only a slow look can tell,
  // as for a mapping that is no dict. With `put_off` scans of elements are left to the caller.
  enum class Verdict { accepted, refused, unsure };
  Verdict judge(PyObject* batch, ValueWork* put_off = nullptr) const {
    return is_lone_ ? judge_lone(batch, put_off) : judge_nest(batch, put_off);
  }

  // The slow look: adds everything that is wrong with the batch. Without elements' values where `elements` is false.
  void inspect(py::handle batch, const Nest& inputs, Violations& out, bool elements = true,
               const std::string& root = "inputs") const;

  // A tensor of a batch: where it stands, and null where it is absent.
  struct Leaf {
    std::string path;
    const TensorSpec* spec;
    std::size_t tensor;  // its position in the plan
    py::object value;
  };
  // A batch's tensors as tf.nest orders them. Nothing where the batch has another structure.
  std::optional<std::vector<Leaf>> flatten(py::handle batch, const Nest& inputs) const;

  // A batch's tensors by their position in the plan, null where absent; a batch that was accepted has this structure.
  // False where it has changed since.
  bool collect(PyObject* batch, std::span<py::object> out) const { return collect_node(*root_, batch, out); }

  const Plan& plan() const { return plan_; }

 private:
  struct Node;

  struct Child {
    PyObject* name;    // of a dict's key; owned by the Node
    ArrayPlan tensor;  // of a dense tensor; else of a dtype that no array has
    bool required;
    const Node* nested;  // null for a dense tensor
  };

  // A container, or a tensor of several parts.
  struct Node {
    Nest::Kind kind = Nest::Kind::dict;
    std::size_t tensor = 0;  // the position of the first tensor within
    std::vector<Child> children;
    std::vector<py::str> names;
    py::dict index;  // name: position
    // The children as a dict's keys named them the last time: the next dict most likely has the same order. The GIL
    // guards it.
    mutable std::vector<const Child*> order;
    std::size_t required = 0;
    std::vector<std::unique_ptr<Node>> nested;
  };

  std::unique_ptr<Node> make_node(const Nest& nest, std::size_t& tensors) const;
  // The child of that name, which is the expected one from then on. Null where there is none, or the key is no exact
  // str.
  static const Child* find(const Node& node, const Child*& expected, PyObject* key);

  Verdict judge_nest(PyObject* batch, ValueWork* put_off) const;
  Verdict judge_lone(PyObject* value, ValueWork* put_off) const;
  template <bool may_lack>
  static Verdict judge_items(const Node& node, PyObject* batch, std::size_t size, Bindings& bindings);
  static Verdict judge_dict(const Node& node, PyObject* batch, Bindings& bindings);
  static Verdict judge_node(const Node& node, PyObject* value, Bindings& bindings);
  static Verdict judge_child(const Child& child, PyObject* value, Bindings& bindings);

  void inspect_node(const Node& node, const Nest& nest, py::handle value, const std::string& path,
                    Inspection& inspection, bool elements) const;
  // The children of a container in its order, null where absent; nothing, and a violation, for another structure.
  static std::optional<std::vector<py::object>> children_of(const Node& node, const Nest& nest, py::handle value,
                                                            const std::string& path, Inspection& inspection);
  static std::vector<py::object> dict_children(const Node& node, const Nest& nest,
                                               const std::vector<std::pair<py::object, py::object>>& items,
                                               const std::string& path, Inspection& inspection);
  bool flatten_node(const Node& node, const Nest& nest, const py::object& value, const std::string& path,
                    Inspection& inspection, std::vector<Leaf>& out) const;

  static bool collect_node(const Node& node, PyObject* value, std::span<py::object> out);

  Plan plan_;
  std::unique_ptr<Node> root_;
  bool is_lone_ = false;  // the root is a tensor, not a container
};

}  // namespace tensorgate::python

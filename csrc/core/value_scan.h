#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/arc_array.h"
#include "core/broadcast_dims.h"
#include "core/number_format.h"
#include "core/number_set.h"
#include "core/strided_tensor.h"
#include "core/value_kernels.h"
#include "core/value_rules.h"

namespace tensorgate {

// What may be wrong with an element. One that breaks several rules counts for the first of them alone.
enum class ValueFault : std::uint8_t { not_finite, below_minimum, above_maximum, not_one_of };

struct ValueFinding {
  ValueFault fault;
  std::int64_t first;  // in row-major order
  std::int64_t count;
  std::array<std::byte, 16> element;  // the first one's bytes, as they were judged

  bool operator==(const ValueFinding&) const = default;
};

// Value rules made ready for one dtype. Immutable, and used from many threads at once.
//
// Numbers compare as in IEEE 754: -0.0 equals 0.0, and NaN satisfies no bound. It is one of a set that holds a NaN,
// whatever the sign and the payload of both; a complex number is NaN where either part is.
//
// Another thread may change the elements meanwhile: they get some verdict, and `findings` may then be empty although
// `passes` was false.
class ValueScan {
 public:
  // The rules hold together and suit the dtype: no bounds for bool and complex numbers, none that is NaN.
  ValueScan(DType dtype, const ValueRules& rules, const ValueKernels& kernels = **usable_kernels());

  // Each takes a tensor of the dtype, against whose dims the bounds broadcast.
  bool passes(const StridedTensor& tensor) const noexcept;
  // At most one of each fault, in their order.
  std::vector<ValueFinding> findings(const StridedTensor& tensor) const;
  // Sets bad[i] where an element of row i along axis 0 breaks a rule, and leaves the others as they are.
  void mark_rows(const StridedTensor& tensor, bool* bad) const;

 private:
  // What tells whether a piece of memory has a fault, beside arcs that differ from element to element: one arc, a few
  // codes, a table of all codes, or a look at each element by itself.
  enum class Method : std::uint8_t { nothing, arc, codes, table, each_element };

  struct Bound {
    BroadcastDims dims;
    std::vector<std::int64_t> places;  // NumberFormat::order of each element
  };
  struct Choice {
    NumberSet numbers;
    bool nan;
  };
  struct Interval {
    std::int64_t lowest;
    std::int64_t highest;

    bool contains(std::int64_t place) const { return lowest <= place && place <= highest; }
  };
  struct Number {
    NumberPlace place;
    bool nan;
    bool finite;
  };

  static Arc arc_of(const NumberFormat& format, Interval interval);
  std::optional<Bound> bound(const std::optional<TensorValue>& value) const;
  std::optional<Choice> choice(const std::optional<TensorValue>& value) const;
  void choose_method();
  void add_arc_arrays(Interval limits);
  void choose_codes(Interval limits);
  void fill_table();

  Number read(const std::byte* element) const;
  std::optional<ValueFault> fault(const std::byte* element, std::int64_t first,
                                  std::span<const std::int64_t> dims) const;
  bool is_clean(const std::byte* data, std::size_t count, std::int64_t first, std::span<const std::int64_t> dims) const;
  template <class Sink>
  void each_fault(const StridedTensor& tensor, const Sink& sink) const;

  const ValueKernels* kernels_;
  NumberFormat format_;
  std::size_t parts_;  // of an element: two of a complex number
  bool finite_;
  std::optional<Bound> minimum_, maximum_;
  std::optional<Choice> one_of_;
  bool by_position_;  // a bound differs from element to element

  Method method_ = Method::nothing;
  Arc arc_{};
  std::vector<std::uint64_t> codes_;
  std::array<bool, 256> table_{};  // by the code of an element of one byte
  std::vector<ArcArray> arc_arrays_;
};

}  // namespace tensorgate

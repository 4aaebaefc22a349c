#include "serving/decoded_tensor.h"

#include <new>

namespace tensorgate::serving {

void NumberBuffer::resize(std::size_t bytes) {
  auto* moved = static_cast<std::byte*>(std::realloc(memory_.get(), bytes == 0 ? 1 : bytes));
  if (moved == nullptr) throw std::bad_alloc();
  static_cast<void>(memory_.release());
  memory_.reset(moved);
  size_ = bytes;
}

}  // namespace tensorgate::serving

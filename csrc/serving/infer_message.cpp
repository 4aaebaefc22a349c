#include "serving/infer_message.h"

#include "serving/infer_tensor.h"
#include "serving/span_reader.h"

namespace tensorgate::serving {
namespace {

struct Piece {
  std::string_view bytes;
  std::uint64_t offset;
};

Piece piece_of(SpanReader& wire) {
  const std::string_view bytes = wire.bytes();
  return {bytes, wire.offset() - bytes.size()};
}

// ModelInferRequest as it lies there: of more inputs, outputs, parameters than there may be, only so many are kept that
// one can tell.
struct Message {
  InferRequest head;
  std::vector<Piece> inputs;
  std::vector<Piece> raw;
};

void read_parameter(SpanReader& wire, std::optional<InferParameter>& out) {
  wire.nested([&](Field f) {
    if (f.is(1, WireType::varint)) {
      out = wire.varint() != 0;
    } else if (f.is(2, WireType::varint)) {
      out = static_cast<std::int64_t>(wire.varint());
    } else if (f.is(3, WireType::length)) {
      out = std::string(wire.utf8("a parameter"));
    } else {
      wire.skip(f);
    }
  });
}

// An entry of map<string, InferParameter>; a parameter that says nothing is none.
void read_parameters(SpanReader& wire, InferParameters& out, std::size_t most) {
  std::string key;
  std::optional<InferParameter> value;
  wire.nested([&](Field f) {
    if (f.is(1, WireType::length)) {
      key = wire.utf8("a key");
    } else if (f.is(2, WireType::length)) {
      read_parameter(wire, value);
    } else {
      wire.skip(f);
    }
  });
  if (!value) {
    out.erase(key);
  } else if (out.size() <= most) {
    out.insert_or_assign(std::move(key), std::move(*value));
  }
}

void pass_parameters(SpanReader& wire) {
  InferParameters unused;
  read_parameters(wire, unused, 1);
}

void read_output(SpanReader& wire, std::vector<std::string>& out, std::size_t most) {
  std::string_view name;
  wire.nested([&](Field f) {
    if (f.is(1, WireType::length)) {
      name = wire.utf8("an output's name");
    } else if (f.is(2, WireType::length)) {
      pass_parameters(wire);
    } else {
      wire.skip(f);
    }
  });
  if (out.size() <= most) out.emplace_back(name);
}

Message read_message(std::string_view bytes, const Limits& limits) {
  Message out;
  SpanReader wire(bytes);
  wire.message([&](Field f) {
    if (f.type != WireType::length) return wire.skip(f);
    switch (f.number) {
      case 1:
        out.head.model_name = wire.utf8("the model's name");
        return;
      case 2:
        out.head.model_version = wire.utf8("the model's version");
        return;
      case 3:
        out.head.id = wire.utf8("the id");
        return;
      case 4:
        return read_parameters(wire, out.head.parameters, limits.max_inputs);
      case 5: {
        const Piece input = piece_of(wire);
        if (out.inputs.size() <= limits.max_inputs) out.inputs.push_back(input);
        return;
      }
      case 6:
        return read_output(wire, out.head.outputs, limits.max_inputs);
      case 7: {
        const Piece raw = piece_of(wire);
        if (out.raw.size() <= limits.max_inputs) out.raw.push_back(raw);
        return;
      }
      default:
        wire.skip(f);
    }
  });
  return out;
}

// InferInputTensor.
struct InputMessage {
  std::string_view name;
  std::string_view datatype;
  Piece contents{};       // the last of them
  std::size_t parts = 0;  // how many: protobuf merges them
};

void read_shape(SpanReader& wire, Field f, TensorHeader& out) {
  const auto add = [&] {
    const auto size = static_cast<std::int64_t>(wire.varint());
    if (out.rank < kMaxRank) out.sizes[out.rank] = size;
    ++out.rank;
  };
  if (f.type == WireType::varint) return add();
  wire.packed(add);
}

InputMessage read_input(const Piece& piece, TensorHeader& header) {
  InputMessage out;
  header.offset = piece.offset;
  SpanReader wire(piece.bytes, piece.offset, 1);
  wire.message([&](Field f) {
    if (f.is(1, WireType::length)) {
      out.name = wire.utf8("an input's name");
    } else if (f.is(2, WireType::length)) {
      out.datatype = wire.utf8("a datatype");
    } else if (f.is(3, WireType::length) || f.is(3, WireType::varint)) {
      read_shape(wire, f, header);
    } else if (f.is(4, WireType::length)) {
      pass_parameters(wire);
    } else if (f.is(5, WireType::length)) {
      out.contents = piece_of(wire);
      ++out.parts;
    } else {
      wire.skip(f);
    }
  });
  return out;
}

void read_contents(std::string_view bytes, std::uint64_t offset, TensorHeader& out) {
  out.body = bytes;
  out.offset = offset;
  SpanReader wire(bytes, offset, 2);
  wire.message([&](Field f) {
    if (f.number < kFirstContents || f.number > kLastContents) return wire.skip(f);
    read_repeated(wire, f, infer_contents_form(f.number), out);
  });
}

// Messages merge, which is what the pieces one after the other mean.
std::string joined_contents(const Piece& piece) {
  std::string out;
  SpanReader wire(piece.bytes, piece.offset, 1);
  wire.message([&](Field f) {
    if (!f.is(5, WireType::length)) return wire.skip(f);
    const Piece part = piece_of(wire);
    TensorHeader unused;
    read_contents(part.bytes, part.offset, unused);  // what is merged is parsed by itself
    out += part.bytes;
  });
  return out;
}

// Reads what an InferInputTensor says and sends.
class InputReader {
 public:
  InputReader(const Message& message, const Nest& contract, const Limits& limits, Violations& out)
      : message_(message), tensors_(contract, limits, out), out_(out) {}

  InferInput read(std::size_t position) {
    const Piece& piece = message_.inputs[position];
    InferInput out{.path = "inputs[" + std::to_string(position) + "]", .offset = piece.offset};
    try {
      TensorHeader header;
      const InputMessage input = read_input(piece, header);
      out.name = input.name;
      out.path = tensors_.path(input.name);
      if (tensors_.is_first(input.name, out.path, piece.offset) &&
          tensors_.describe(input.datatype, header, out.path)) {
        out.tensor =
            message_.raw.empty() ? contents(piece, input, header, out.path) : raw(position, input, header, out.path);
      }
    } catch (const Malformed& malformed) {
      out_.add({.path = out.path,
                .code = ViolationCode::malformed,
                .got = malformed.what,
                .offset = static_cast<std::int64_t>(malformed.offset)});
    }
    return out;
  }

 private:
  std::optional<DecodedTensor> raw(std::size_t position, const InputMessage& input, const TensorHeader& header,
                                   const std::string& path) {
    if (input.parts > 0) {
      out_.add({.path = path,
                .code = ViolationCode::structure,
                .expected = "contents or raw_input_contents",
                .got = "both",
                .offset = static_cast<std::int64_t>(input.contents.offset)});
      return std::nullopt;
    }
    if (position >= message_.raw.size()) return std::nullopt;
    const Piece& raw = message_.raw[position];
    return tensors_.from_raw(header, raw.bytes, raw.offset, path);
  }

  std::optional<DecodedTensor> contents(const Piece& piece, const InputMessage& input, TensorHeader& header,
                                        const std::string& path) {
    if (input.parts <= 1) {
      if (input.parts == 1) read_contents(input.contents.bytes, input.contents.offset, header);
      return tensors_.from_contents(header, path);
    }
    const std::string joined = joined_contents(piece);
    read_contents(joined, piece.offset, header);
    std::optional<DecodedTensor> out = tensors_.from_contents(header, path);
    if (out) own_strings(*out);
    return out;
  }

  static void own_strings(DecodedTensor& tensor) {
    for (std::string_view& text : tensor.strings) text = tensor.own_strings.emplace_back(text);
  }

  const Message& message_;
  InferTensors tensors_;
  Violations& out_;
};

bool has_allowed_counts(const Message& message, const Limits& limits, Violations& out) {
  const auto is_allowed = [&](std::size_t count, const char* what) {
    if (count <= limits.max_inputs) return true;
    out.add({.path = what,
             .code = ViolationCode::too_large,
             .expected = "at most " + std::to_string(limits.max_inputs),
             .got = "more"});
    return false;
  };
  return is_allowed(message.inputs.size(), "inputs") && is_allowed(message.raw.size(), "raw_input_contents") &&
         is_allowed(message.head.outputs.size(), "outputs") && is_allowed(message.head.parameters.size(), "parameters");
}

}  // namespace

std::optional<InferRequest> read_infer_message(std::string_view bytes, const Nest& contract, const Limits& limits,
                                               Violations& out) {
  Message message = read_message(bytes, limits);
  if (!has_allowed_counts(message, limits, out)) return std::nullopt;
  if (!message.raw.empty() && message.raw.size() != message.inputs.size()) {
    out.add({.path = "raw_input_contents",
             .code = ViolationCode::structure,
             .expected = std::to_string(message.inputs.size()) + ", one for each input",
             .got = std::to_string(message.raw.size())});
  }
  InputReader reader(message, contract, limits, out);
  std::vector<InferInput> inputs;
  inputs.reserve(message.inputs.size());
  for (std::size_t i = 0; i < message.inputs.size(); ++i) inputs.push_back(reader.read(i));
  InferRequest request = std::move(message.head);
  request.inputs = std::move(inputs);
  return request;
}

}  // namespace tensorgate::serving

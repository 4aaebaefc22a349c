#include "serving/tfrecord.h"

#include "core/errors.h"
#include "core/text.h"
#include "serving/crc32c.h"

namespace tensorgate::serving {
namespace {

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::uint64_t kChecksumBytes = 4;
constexpr std::uint64_t kHeaderBytes = kLengthBytes + kChecksumBytes;

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t out = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) out = out << 8 | static_cast<std::uint8_t>(bytes[i]);
  return out;
}

// RFC 1952 and 1950: what TFRecordWriter writes with compression.
std::string compression_hint(std::string_view header) {
  const bool is_gzip = header.starts_with("\x1F\x8B");
  const auto first_two = static_cast<std::uint8_t>(header[0]) * 256 + static_cast<std::uint8_t>(header[1]);
  const bool is_zlib = header[0] == '\x78' && first_two % 31 == 0;
  if (!is_gzip && !is_zlib) return "; it is damaged, or no TFRecord file";
  return std::string("; it looks ") + (is_gzip ? "gzip" : "zlib") + "-compressed: decompress it first";
}

}  // namespace

void RecordReader::fail(const std::string& what) const {
  throw InvalidInput(path_text(file_.path()) + ": record " + std::to_string(number_) + " at byte " +
                     std::to_string(start_) + ": " + what);
}

std::uint32_t RecordReader::checksum() {
  std::uint32_t out = 0;
  for (std::uint32_t shift = 0; shift < 32; shift += 8) out |= std::uint32_t{file_.byte()} << shift;
  return out;
}

std::optional<std::uint64_t> RecordReader::next_length() {
  start_ = file_.position();
  const std::uint64_t left = file_.size() - start_;
  if (left == 0) return std::nullopt;
  if (left < kHeaderBytes) {
    fail("the file ends " + std::to_string(left) + " bytes into its header of " + std::to_string(kHeaderBytes));
  }
  file_.read(kLengthBytes, bytes_);
  length_ = little_endian(bytes_);
  if (checksum() != masked_crc32c(bytes_)) {
    fail("its length has a wrong checksum" + (number_ == 0 ? compression_hint(bytes_) : std::string()));
  }
  if (length_ > max_record_bytes_) {
    fail("it has " + std::to_string(length_) + " bytes; Limits.max_request_bytes is " +
         std::to_string(max_record_bytes_));
  }
  if (length_ + kChecksumBytes > left - kHeaderBytes) {
    fail("the file ends " + std::to_string(left - kHeaderBytes) + " bytes into its " +
         std::to_string(length_ + kChecksumBytes) + " bytes of data and checksum");
  }
  return length_;
}

std::string_view RecordReader::record() {
  file_.read(length_, bytes_);
  if (checksum() != masked_crc32c(bytes_)) {
    fail("its " + std::to_string(length_) + " bytes of data have a wrong checksum");
  }
  ++number_;
  return bytes_;
}

}  // namespace tensorgate::serving

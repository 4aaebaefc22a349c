#include "serving/json_number.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string>

namespace tensorgate::serving {
namespace {

struct Baseline;

constexpr std::uint64_t kMostDigits = std::numeric_limits<std::uint64_t>::max();
// Beyond all that a double can be, whatever the digits are.
constexpr std::int64_t kFarExponent = 1 << 30;

bool is_digit(const char* at, const char* end) { return at != end && *at >= '0' && *at <= '9'; }

// The digits of a number as they come, of which the first 19 or so count.
class Digits {
 public:
  void add(char digit, bool fraction) {
    const auto value = static_cast<std::uint64_t>(digit - '0');
    if (full_ || digits_ > kMostDigits / 10 || digits_ * 10 > kMostDigits - value) {
      full_ = true;
      cut_ = cut_ || value != 0;
      exponent_ += fraction ? 0 : 1;
      return;
    }
    digits_ = digits_ * 10 + value;
    exponent_ -= fraction ? 1 : 0;
  }
  std::uint64_t digits() const { return digits_; }
  std::int64_t exponent() const { return exponent_; }
  bool cut() const { return cut_; }

 private:
  std::uint64_t digits_ = 0;
  std::int64_t exponent_ = 0;
  bool full_ = false;
  bool cut_ = false;  // of digits other than 0
};

std::optional<std::int64_t> read_exponent(const char*& at, const char* end) {
  const bool negative = at != end && *at == '-';
  if (at != end && (*at == '-' || *at == '+')) ++at;
  if (!is_digit(at, end)) return std::nullopt;
  std::int64_t out = 0;
  for (; is_digit(at, end); ++at) {
    if (out < kFarExponent) out = out * 10 + (*at - '0');
  }
  return negative ? -out : out;
}

double from_text(std::string_view text, int exponent) {
  double out = 0;
  // Out of its range from_chars sets nothing, and does not say on which side: 1e-400 is 0.
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error == std::errc::result_out_of_range) return exponent > 0 ? std::numeric_limits<double>::infinity() : 0;
  return out;
}

double from_decimal(Decimal decimal) {
  double out = 0;
  if (decimal.digits == 0 || Rounding<Baseline>::to_double(decimal, out)) return out;
  return from_text(std::to_string(decimal.digits) + "e" + std::to_string(decimal.exponent), decimal.exponent);
}

}  // namespace

std::optional<JsonNumber> read_number(const char*& at, const char* end) {
  const char* const start = at;
  const bool negative = at != end && *at == '-';
  if (negative) ++at;
  if (!is_digit(at, end)) return std::nullopt;
  Digits digits;
  bool whole = true;
  if (*at == '0') {
    ++at;
  } else {
    for (; is_digit(at, end); ++at) digits.add(*at, false);
  }
  if (at != end && *at == '.') {
    whole = false;
    ++at;
    if (!is_digit(at, end)) return std::nullopt;
    for (; is_digit(at, end); ++at) digits.add(*at, true);
  }
  std::int64_t exponent = digits.exponent();
  if (at != end && (*at == 'e' || *at == 'E')) {
    whole = false;
    ++at;
    const auto power = read_exponent(at, end);
    if (!power) return std::nullopt;
    exponent += *power;
  }
  return JsonNumber{.text = {start, static_cast<std::size_t>(at - start)},
                    .decimal = {digits.digits(), static_cast<int>(std::clamp(exponent, -kFarExponent, kFarExponent))},
                    .negative = negative,
                    .has_all_digits = !digits.cut(),
                    .whole = whole};
}

double JsonNumber::to_double() const {
  double out = from_decimal(decimal);
  // The number lies between this one and the next that has as many digits. (Past the last of 64 bits that is 0: in
  // doubt.)
  if (!has_all_digits && from_decimal({decimal.digits + 1, decimal.exponent}) != out) {
    out = from_text(negative ? text.substr(1) : text, decimal.exponent);
  }
  return negative ? -out : out;
}

std::optional<std::uint64_t> JsonNumber::magnitude() const {
  if (!whole || !has_all_digits || decimal.exponent != 0) return std::nullopt;
  return decimal.digits;
}

}  // namespace tensorgate::serving

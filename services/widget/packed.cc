#include "services/widget/packed.h"

#include <cstring>
#include <stdexcept>

namespace accoil::widget {
namespace {

constexpr unsigned kBits = 7;
constexpr unsigned char kMore = 0x80;

/// Small numbers of either sign become small ones without.
std::uint64_t Folded(std::int64_t number) {
  return (static_cast<std::uint64_t>(number) << 1) ^ static_cast<std::uint64_t>(number >> 63);
}
std::int64_t Unfolded(std::uint64_t number) {
  return static_cast<std::int64_t>(number >> 1) ^ -static_cast<std::int64_t>(number & 1);
}

}  // namespace

void Packer::Add(std::int64_t number) { AddCount(Folded(number)); }

void Packer::Add(double number) {
  char bytes[sizeof number];
  std::memcpy(bytes, &number, sizeof number);
  bytes_.append(bytes, sizeof number);
}

void Packer::Add(std::string_view text) {
  AddCount(text.size());
  bytes_ += text;
}

void Packer::AddCount(std::size_t count) {
  while (count >= kMore) {
    bytes_ += static_cast<char>(count | kMore);
    count >>= kBits;
  }
  bytes_ += static_cast<char>(count);
}

std::string_view Unpacker::Bytes(std::size_t size) {
  if (size > rest_.size()) throw std::logic_error("packed values are cut off");
  const auto bytes = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return bytes;
}

std::int64_t Unpacker::Number() { return Unfolded(Count()); }

double Unpacker::Double() {
  double number = 0;
  std::memcpy(&number, Bytes(sizeof number).data(), sizeof number);
  return number;
}

bool Unpacker::Flag() { return Bytes(1).front() != '\0'; }

std::string_view Unpacker::Text() { return Bytes(Count()); }

std::size_t Unpacker::Count() {
  constexpr unsigned kWidth = 64;
  std::size_t count = 0;
  for (unsigned shift = 0; shift < kWidth; shift += kBits) {
    const auto byte = static_cast<unsigned char>(Bytes(1).front());
    count |= static_cast<std::size_t>(byte & (kMore - 1)) << shift;
    if ((byte & kMore) == 0) return count;
  }
  throw std::logic_error("a packed number is too long");
}

}  // namespace accoil::widget

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Values as one run of bytes, for what is kept in memory by the hundred thousand: one allocation
/// each and nothing between the values. Never leaves the process's version, so it is not versioned.
namespace accoil::widget {

/// Writes values one behind the other.
class Packer {
 public:
  void Add(std::int64_t number);
  void Add(double number);
  void Add(bool yes) { bytes_ += yes ? '\1' : '\0'; }
  void Add(std::string_view text);
  void Add(const char* text) { Add(std::string_view(text)); }
  /// How many of something follow.
  void AddCount(std::size_t count);

  std::string Take() { return std::move(bytes_); }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

/// Reads what a Packer wrote, in the same order. Throws std::logic_error where it did not.
class Unpacker {
 public:
  /// `bytes` outlive it and the texts that it answers.
  explicit Unpacker(std::string_view bytes) : rest_(bytes) {}

  std::int64_t Number();
  double Double();
  bool Flag();
  std::string_view Text();
  std::size_t Count();
  bool AtEnd() const { return rest_.empty(); }

 private:
  std::string_view Bytes(std::size_t size);

  std::string_view rest_;
};

}  // namespace accoil::widget

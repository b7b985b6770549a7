#include "libs/core/json.h"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "libs/core/errors.h"
#include "libs/core/text.h"

namespace accoil::core {
namespace {

using nlohmann::json;

// Bytes of an object's name that a message repeats.
constexpr std::size_t kNameShown = 64;

/// Builds the value while nlohmann's parser (which does not recurse) walks the text, so that a
/// limit stops it at once instead of after everything is in memory.
class Builder final : public nlohmann::json_sax<json> {
 public:
  Builder(std::string_view text, const JsonLimits& limits) : text_(text), limits_(limits) {}

  json Take() { return std::move(root_); }

  bool null() override { return Add(nullptr); }
  bool boolean(bool value) override { return Add(value); }
  bool number_integer(number_integer_t value) override { return Add(value); }
  bool number_unsigned(number_unsigned_t value) override { return Add(value); }
  bool number_float(number_float_t value, const string_t& written) override {
    // nlohmann-json falls back to a double, silently changing digits.
    if (written.find_first_of(".eE") == std::string::npos) {
      throw InvalidArgument(Path(), "an integer of more than 64 bits");
    }
    return Add(value);
  }
  bool string(string_t& value) override { return Add(std::move(value)); }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return Open(json::object()); }
  bool start_array(std::size_t) override { return Open(json::array()); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }

  bool key(string_t& name) override {
    auto& object = open_.back()->get_ref<json::object_t&>();
    const auto [at, added] = object.try_emplace(std::move(name));
    names_.back() = &at->first;
    if (!added) throw InvalidArgument(Path(), "appears twice in its object");
    slot_ = &at->second;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    constexpr int kNumberOverflow = 406;
    if (error.id == kNumberOverflow) {
      throw InvalidArgument(Path(), "a number beyond what a double holds");
    }
    if (!IsUtf8(text_)) throw InvalidArgument(Path(), "not UTF-8");
    throw InvalidArgument(Path(), "not JSON at byte " + std::to_string(position));
  }

 private:
  /// Puts a value where it belongs and answers its place, which stays valid while it is open: maps
  /// do not move their values, and an array grows only after its last element was closed.
  template <typename Value>
  json* Place(Value&& value) {
    if (open_.empty()) {
      root_ = std::forward<Value>(value);
      return &root_;
    }
    if (open_.back()->is_array()) {
      auto& array = open_.back()->get_ref<json::array_t&>();
      return &array.emplace_back(std::forward<Value>(value));
    }
    *slot_ = std::forward<Value>(value);
    return slot_;
  }

  template <typename Value>
  bool Add(Value&& value) {
    Place(std::forward<Value>(value));
    Finished();
    return true;
  }

  bool Open(json&& container) {
    if (open_.size() >= limits_.depth) {
      throw InvalidArgument(Path(),
                            "nested deeper than " + std::to_string(limits_.depth) + " levels");
    }
    open_.push_back(Place(std::move(container)));
    names_.push_back(nullptr);
    return true;
  }

  bool Close() {
    open_.pop_back();
    names_.pop_back();
    Finished();
    return true;
  }

  void Finished() {
    if (!names_.empty()) names_.back() = nullptr;
  }

  /// Where the reader stands: the value that is being read, else the container around it.
  std::string Path() const {
    std::string path;
    for (std::size_t i = 0; i < open_.size(); ++i) {
      const bool innermost = i + 1 == open_.size();
      if (open_[i]->is_array()) {
        // The element that is open is in the array already; one that cannot be read is not.
        const auto index = open_[i]->size() - (innermost ? 0 : 1);
        path += "[" + std::to_string(index) + "]";
      } else if (names_[i] != nullptr) {
        if (!path.empty()) path += '.';
        path += CutUtf8(*names_[i], kNameShown);
      }
    }
    return path;
  }

  std::string_view text_;
  JsonLimits limits_;
  json root_;
  std::vector<json*> open_;
  /// For each open object the name whose value is being read; nullptr between members.
  std::vector<const std::string*> names_;
  json* slot_ = nullptr;
};

}  // namespace

json ParseJson(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.size) {
    throw InvalidArgument("", "longer than " + std::to_string(limits.size) + " bytes");
  }
  Builder builder(text, limits);
  json::sax_parse(text.data(), text.data() + text.size(), &builder);
  return builder.Take();
}

}  // namespace accoil::core

#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/core/errors.h"

namespace accoil::gateway {

/// What kind of rule a field breaks; a label of metrics.
enum class Fault { kMalformed, kUnknownField, kMissingField, kWrongType, kInvalidValue };

/// The name of a fault as metrics write it, for example unknown_field.
std::string_view NameOf(Fault fault);

/// An InvalidArgument that also says what kind of rule was broken.
class FieldProblem final : public core::InvalidArgument {
 public:
  FieldProblem(Fault fault, const std::string& field, const std::string& problem)
      : core::InvalidArgument(field, problem), fault_(fault) {}
  Fault fault() const { return fault_; }

 private:
  Fault fault_;
};

/// Reads a JSON object strictly: every member by name and type, and nothing besides what was asked
/// for. Every method throws FieldProblem with the path of the member.
///
///   JsonObject object(body);
///   request.set_name(object.Text("name"));
///   object.Finish();
class JsonObject {
 public:
  /// `path` is put before the members' names, for example "catalogue[3]". Refers to `value`.
  explicit JsonObject(const nlohmann::json& value, std::string path = {});

  /// A required string.
  const std::string& Text(std::string_view name);
  /// A string that may be left out.
  const std::string* FindText(std::string_view name);
  bool Boolean(std::string_view name, bool fallback);
  /// A required number.
  double Number(std::string_view name);
  /// A required integer within int64.
  std::int64_t Integer(std::string_view name);
  /// An integer within int64, if it is there.
  std::optional<std::int64_t> FindInteger(std::string_view name);
  /// The elements of a required array.
  const std::vector<nlohmann::json>& Array(std::string_view name);
  /// The elements of an array that may be left out.
  const std::vector<nlohmann::json>* FindArray(std::string_view name);
  /// Any value, nullptr when the member is not there.
  const nlohmann::json* Find(std::string_view name);

  /// Refuses the members that nobody asked for.
  void Finish() const;

  /// The path of a member, for problems that the caller finds.
  std::string PathOf(std::string_view name) const;

 private:
  [[noreturn]] void Missing(std::string_view name) const;
  [[noreturn]] void WrongType(std::string_view name, std::string_view right) const;

  const nlohmann::json& value_;
  std::string path_;
  std::vector<std::string_view> asked_;
};

/// Which of `choices` a text is. Throws FieldProblem naming `field` and the choices.
std::size_t ChoiceOf(std::string_view text, std::span<const std::string_view> choices,
                     const std::string& field);

/// The path of an array's element: "actions[2]".
std::string Element(const std::string& array, std::size_t index);

/// The string at `path`, which is an element of an array; throws FieldProblem if it is none.
const std::string& TextAt(const nlohmann::json& value, const std::string& path);

}  // namespace accoil::gateway

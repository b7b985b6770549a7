#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <utility>

/// Strong types for the ids of the domain: a ProductId never goes where a SubjectId belongs.
namespace accoil::core {

/// A value of type T that only mixes with others of the same Tag.
template <typename Tag, typename T>
class Id {
 public:
  using Value = T;
  Id() = default;
  explicit Id(T value) : value_(std::move(value)) {}
  const T& value() const { return value_; }
  friend auto operator<=>(const Id&, const Id&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Id& id) { return out << id.value_; }

 private:
  T value_{};
};

/// A customer product, the tenant; above 0.
using ProductId = Id<struct ProductIdTag, std::int64_t>;
/// The product's own id of a user or an account.
using SubjectId = Id<struct SubjectIdTag, std::string>;
/// A scoring model within a product; stays when the profile is renamed.
using ProfileId = Id<struct ProfileIdTag, std::string>;
/// Intercom's id_code of a workspace (app).
using WorkspaceId = Id<struct WorkspaceIdTag, std::string>;
/// Intercom's id of a contact: 24 hex characters.
using ContactId = Id<struct ContactIdTag, std::string>;
/// Intercom's id of a company (not the customer's own company_id): 24 hex characters.
using CompanyId = Id<struct CompanyIdTag, std::string>;

}  // namespace accoil::core

template <typename Tag, typename T>
struct std::hash<accoil::core::Id<Tag, T>> {
  std::size_t operator()(const accoil::core::Id<Tag, T>& id) const noexcept {
    return std::hash<T>()(id.value());
  }
};

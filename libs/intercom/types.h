#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "libs/core/clock.h"
#include "libs/core/ids.h"

/// What this suite knows of Intercom's objects (REST API 2.14).
namespace accoil::intercom {

enum class Role { kUser, kLead };

struct Contact {
  core::ContactId id;
  /// The customer's own id of the user; empty when it has none.
  std::string external_id;
  /// Lower case, as Intercom stores it; empty when it has none.
  std::string email;
  Role role = Role::kUser;
  std::optional<core::TimePoint> last_seen_at;
  /// The first ten at most.
  std::vector<core::CompanyId> companies;
  /// Whether there are more than those.
  bool has_more_companies = false;
};

struct Company {
  core::CompanyId id;
  /// The customer's own id, fixed at creation.
  std::string company_id;
  std::string name;
};

/// A page of a list; `next` is the cursor of the following page, empty on the last.
template <typename T>
struct Page {
  std::vector<T> items;
  std::string next;
  std::int64_t total_count = 0;
};

/// Which objects an attribute belongs to.
enum class Model { kContact, kCompany };
const char* ToString(Model model);

/// The definition behind a custom attribute.
struct DataAttribute {
  std::int64_t id = 0;
  Model model = Model::kContact;
  std::string name;
  /// string, integer, float, boolean, date, …
  std::string data_type;
  std::string description;
  bool archived = false;
  /// False for Intercom's own attributes.
  bool custom = false;
};

/// A custom attribute's value as JSON knows it; monostate is null, which clears it.
using AttributeValue = std::variant<std::monostate, std::string, std::int64_t, double, bool>;
using AttributeValues = std::map<std::string, AttributeValue>;

/// A tag of a workspace; names compare without case.
struct Tag {
  std::string id;
  std::string name;
};

/// The workspace that a token opens (GET /me).
struct Workspace {
  core::WorkspaceId id;
  std::string name;
  /// US, EU or AU.
  std::string region;
};

}  // namespace accoil::intercom

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

/// The objects of a workspace. Times are Unix seconds, as Intercom has them.
namespace accoil::simulator {

/// Custom attributes by name; never null.
using Attributes = std::map<std::string, nlohmann::json>;

enum class Model { kContact, kCompany };

struct Contact {
  std::string id;
  std::string external_id;
  /// Lower-case.
  std::string email;
  std::string name;
  std::string phone;
  std::string avatar;
  bool is_user = true;
  std::int64_t created_at = 0;
  std::int64_t updated_at = 0;
  std::optional<std::int64_t> signed_up_at;
  std::optional<std::int64_t> last_seen_at;
  std::optional<std::int64_t> owner_id;
  bool unsubscribed_from_emails = false;
  Attributes custom_attributes;
  /// Ids of companies, in the order of attaching.
  std::vector<std::string> companies;
  /// Ids of tags.
  std::vector<std::string> tags;
};

/// Contacts are never changed but replaced, so that search can hold on to an earlier state.
using ContactPtr = std::shared_ptr<const Contact>;

struct Company {
  std::string id;
  std::string company_id;
  std::string name;
  std::string plan;
  std::string website;
  std::string industry;
  std::optional<std::int64_t> size;
  std::int64_t monthly_spend = 0;
  std::int64_t remote_created_at = 0;
  std::int64_t created_at = 0;
  std::int64_t updated_at = 0;
  Attributes custom_attributes;
  std::vector<std::string> tags;
  /// Ids of the contacts that are attached and not archived; without any the company is invisible.
  std::set<std::string> contacts;
};

struct Tag {
  std::string id;
  std::string name;
};

/// The definition of a custom attribute.
struct DataAttribute {
  std::int64_t id = 0;
  Model model = Model::kContact;
  std::string name;
  std::string description;
  /// string, integer, float, boolean or date; options are strings with a list.
  std::string data_type;
  std::vector<std::string> options;
  bool messenger_writable = false;
  bool archived = false;
  std::int64_t created_at = 0;
  std::int64_t updated_at = 0;
};

/// One page of a list.
template <typename T>
struct Page {
  std::vector<T> items;
  std::size_t total = 0;
  /// Where the next page begins; empty at the end.
  std::string next;
};

}  // namespace accoil::simulator

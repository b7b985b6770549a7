#pragma once

#include <cstddef>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "libs/core/clock.h"
#include "libs/core/ids.h"

/// What one look into the Inbox shows, as the read model knows it.
namespace accoil::widget {

enum class SubjectKind : std::int16_t { kUser = 1, kAccount = 2 };
/// Numbered as accoil.events.v1.TraitType.
enum class TraitType : std::int16_t { kString = 1, kInteger, kFloat, kBoolean, kDate };
/// Numbered as accoil.events.v1.SyncMode.
enum class SyncMode : std::int16_t { kOff = 1, kSegmentsOnly, kAllTraits };

struct TraitDefinition {
  std::string name;
  TraitType type = TraitType::kString;
  bool on_users = false;
  bool on_accounts = false;
  std::string definition;
};

/// What a profile measures. Cheap to copy: it never changes.
class Catalogue {
 public:
  Catalogue() = default;
  Catalogue(std::initializer_list<TraitDefinition> traits)
      : Catalogue(std::vector<TraitDefinition>(traits)) {}
  explicit Catalogue(std::vector<TraitDefinition> traits)
      : traits_(std::make_shared<const std::vector<TraitDefinition>>(std::move(traits))) {}

  const TraitDefinition* begin() const { return traits_ ? traits_->data() : nullptr; }
  const TraitDefinition* end() const { return begin() + size(); }
  std::size_t size() const { return traits_ ? traits_->size() : 0; }
  bool empty() const { return size() == 0; }

 private:
  std::shared_ptr<const std::vector<TraitDefinition>> traits_;
};

/// Which profile: a workspace may serve several products, whose profiles may have the same id.
struct ProfileKey {
  core::ProductId product;
  core::ProfileId profile;

  friend auto operator<=>(const ProfileKey&, const ProfileKey&) = default;
};
/// "7.trial-users", and back; nothing when it is none.
std::string ToText(const ProfileKey& key);
std::optional<ProfileKey> ParseProfileKey(std::string_view text);

/// A scoring model of a product.
struct Profile {
  ProfileKey key;
  std::string name;
  SyncMode mode = SyncMode::kOff;
  bool summary = false;
  Catalogue catalogue;
};

/// A trait's value as JSON knows it; dates are RFC 3339 text.
using Value = std::variant<std::string, double, bool>;

/// A trait that a subject has.
struct Trait {
  Value value;
  /// What a number was a week ago, or first within the week; nothing when it has not changed since.
  std::optional<Value> week_ago;
};

struct Segment {
  std::string name;
  /// When the subject entered it.
  core::TimePoint since;
};

/// What is known of a subject in one profile.
struct Measures {
  std::map<std::string, Trait> traits;
  /// Those it is in, sorted by name.
  std::vector<Segment> segments;
  /// Those it left within the last week.
  std::vector<std::string> left;
  /// When the newest of the values was stated; 1970 when the source never said.
  core::TimePoint newest;

  bool empty() const { return traits.empty() && segments.empty(); }
};

/// A user or an account.
struct Subject {
  SubjectKind kind = SubjectKind::kUser;
  core::SubjectId id;
  std::string name;
  /// Users only.
  std::string email;
  /// By profile; profiles without anything are missing.
  std::map<core::ProfileId, Measures> measures;
};

/// Why there is nothing to show.
enum class Situation {
  /// There is.
  kMatched,
  /// No product was ever connected to the workspace.
  kNotConnected,
  /// It was, and is not any more.
  kDisconnected,
  /// The contact is not matched with a user.
  kUnknownContact,
  /// The same, and it is a lead.
  kLead,
};

/// Everything that a canvas may show, already limited to what the workspace may see.
struct Inbox {
  Situation situation = Situation::kNotConnected;
  /// Of the products in which the contact is matched, in order of their names; those that are off
  /// among them.
  std::vector<Profile> profiles;
  /// Names of these products; more than one only when several share the workspace.
  std::map<core::ProductId, std::string> products;
  /// The profile that is shown, one of `profiles`; nothing when there is none.
  std::optional<ProfileKey> shown;
  /// The product of the profile that is shown; without one, the first in which there is a user.
  core::ProductId product;
  /// In this product.
  std::optional<Subject> user;
  /// The user's accounts: the one of the conversation's company first, then by name.
  std::vector<Subject> accounts;
};

}  // namespace accoil::widget

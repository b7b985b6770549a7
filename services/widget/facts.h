#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/core/clock.h"
#include "services/widget/inbox.h"
#include "services/widget/packed.h"

/// The facts that canvases show, as they are kept: packed, and what they say.
namespace accoil::widget {

/// A product that is, or was, connected to a workspace.
struct ConnectedProduct {
  core::ProductId product;
  /// Now.
  bool connected = false;
  std::string name;
};
std::string Pack(const std::vector<ConnectedProduct>& products);
std::vector<ConnectedProduct> UnpackConnections(std::string_view packed);

/// A user who is, or was, matched with a contact: what counts is the user's own match.
struct MatchedUser {
  core::ProductId product;
  core::SubjectId subject;
};
std::string Pack(const std::vector<MatchedUser>& users);
std::vector<MatchedUser> UnpackMatched(std::string_view packed);

/// A user or an account. An account that only its users named is not known.
struct SubjectFact {
  bool known = false;
  bool removed = false;
  std::string name;
  std::string email;
  std::vector<std::string> accounts;
  /// Of two subjects that are matched with one contact, the newer match counts.
  std::int64_t match_version = 0;
  std::string match_workspace;
  /// Empty: not matched.
  std::string match_target;
};
std::string Pack(const SubjectFact& subject);
SubjectFact UnpackSubject(std::string_view packed);

/// A profile and the version of it, which says when its catalogue is another one.
struct ProfileFact {
  Profile profile;
  std::int64_t version = 0;
};
std::string Pack(const std::vector<ProfileFact>& profiles);
std::vector<ProfileFact> UnpackProfiles(std::string_view packed);

/// Gathers the traits and segments of a subject in a profile.
class MeasuresPacker {
 public:
  /// `value` and `history` as the table has them. What is no value to a canvas is left out: JSON
  /// has no NaN, and no canvas a list.
  void AddTrait(std::string_view name, const std::string& value,
                const std::optional<std::string>& history, core::TimePoint stated);
  /// A segment that the subject is in, or left. In order of the names.
  void AddSegment(std::string_view name, bool inside, core::TimePoint since);

  std::string Take();

 private:
  std::size_t traits_ = 0;
  std::size_t segments_ = 0;
  Packer traits_packer_;
  Packer segments_packer_;
};
/// As seen at that time.
Measures UnpackMeasures(std::string_view packed, core::TimePoint now);

}  // namespace accoil::widget

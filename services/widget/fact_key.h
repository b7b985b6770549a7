#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "libs/core/ids.h"
#include "services/widget/inbox.h"

namespace accoil::widget {

struct ContactKey {
  core::WorkspaceId workspace;
  core::ContactId contact;
};
struct SubjectKey {
  core::ProductId product;
  SubjectKind kind = SubjectKind::kUser;
  core::SubjectId subject;
};
struct MeasuresKey {
  SubjectKey subject;
  core::ProfileId profile;
};
struct TeammateKey {
  core::WorkspaceId workspace;
  std::string admin;

  friend auto operator<=>(const TeammateKey&, const TeammateKey&) = default;
};

/// What a fact that canvases show is about. A fact is all that is read with one key: a row, or the
/// rows of one owner.
class FactKey {
 public:
  /// The products that are connected to a workspace.
  explicit FactKey(const core::WorkspaceId& workspace);
  /// Whom a contact is matched with.
  explicit FactKey(const ContactKey& contact);
  /// The profiles of a product, without their catalogues.
  explicit FactKey(core::ProductId product);
  /// A user or an account, and its match.
  explicit FactKey(const SubjectKey& subject);
  /// The traits and segments of a subject in a profile.
  explicit FactKey(const MeasuresKey& measures);
  /// What a teammate chose last.
  explicit FactKey(const TeammateKey& teammate);

  /// The key whose bytes they are.
  static FactKey FromBytes(std::string bytes) { return FactKey(std::move(bytes)); }

  /// Different for different keys.
  const std::string& bytes() const { return bytes_; }
  /// The same in every replica. Others may have it too, so it only ever says what to forget.
  std::uint64_t hash() const { return hash_; }

 private:
  explicit FactKey(std::string bytes);

  std::string bytes_;
  std::uint64_t hash_;
};

}  // namespace accoil::widget

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "libs/intercom/permits.h"
#include "libs/intercom/types.h"
#include "services/tagging-automation/subjects/subject.h"

namespace accoil::tagging {

/// A product's workspace in Intercom, as far as this service calls it: each method is one call,
/// blocks, and throws for nothing that Intercom or the network does. Any thread.
class Workspace {
 public:
  virtual ~Workspace() = default;

  virtual const core::WorkspaceId& id() const = 0;
  /// Gives the tag to 1 to 100 contacts (of users) or companies (of accounts), or takes it from
  /// them; all or none.
  virtual intercom::Outcome<intercom::Tag> Tag(SubjectKind kind, const std::string& tag,
                                               const std::vector<std::string>& ids, bool untag) = 0;
  /// The tag of that name, made when there is none.
  virtual intercom::Outcome<intercom::Tag> FindOrCreateTag(const std::string& tag) = 0;
  /// Tells `connections` that the token was answered with 401. Throws core::Error when it cannot.
  virtual void ReportUnauthorized() = 0;
};

/// The way to the workspaces and to their call budgets. Any thread.
class Intercom : public intercom::CallLeases {
 public:
  /// Throws core::FailedPrecondition when the product is not connected, core::Unavailable when
  /// that cannot be learnt now.
  virtual std::unique_ptr<Workspace> Open(core::ProductId product) = 0;
  /// The connection changed: learn anew how the workspace is reached.
  virtual void Forget(core::ProductId product) = 0;
};

}  // namespace accoil::tagging

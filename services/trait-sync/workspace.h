#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "libs/core/ids.h"
#include "libs/intercom/outcome.h"
#include "libs/intercom/permits.h"
#include "libs/intercom/types.h"
#include "services/trait-sync/subject.h"

namespace accoil::traitsync {

/// A product's workspace in Intercom, as far as this service calls it: each method is one call,
/// blocks, and throws for nothing that Intercom or the network does. Any thread.
class Workspace {
 public:
  virtual ~Workspace() = default;

  virtual const core::WorkspaceId& id() const = 0;
  /// Sets custom attributes of a contact or a company; null clears one, those not named stay.
  virtual intercom::Outcome<intercom::Done> Write(SubjectKind kind, const std::string& target_id,
                                                  const intercom::AttributeValues& values) = 0;
  /// All definitions of a model, archived ones among them.
  virtual intercom::Outcome<std::vector<intercom::DataAttribute>> ListAttributes(
      intercom::Model model) = 0;
  virtual intercom::Outcome<intercom::DataAttribute> CreateAttribute(
      intercom::Model model, const std::string& name, const std::string& data_type,
      const std::string& description) = 0;
  /// Brings an archived definition back.
  virtual intercom::Outcome<intercom::DataAttribute> RestoreAttribute(std::int64_t id) = 0;
  virtual intercom::Outcome<intercom::DataAttribute> ArchiveAttribute(std::int64_t id) = 0;
  /// Tells `connections` that the token was answered with 401. Throws core::Error when it cannot.
  virtual void ReportUnauthorized() = 0;
};

/// The way to the workspaces and to their call budgets. Any thread.
class Intercom : public intercom::CallLeases {
 public:
  /// Throws core::FailedPrecondition when the product is not connected, core::Unavailable when
  /// that cannot be learnt now.
  virtual std::unique_ptr<Workspace> Open(core::ProductId product) = 0;
  /// The same, also while the product is being disconnected; only to archive what it wanted.
  virtual std::unique_ptr<Workspace> OpenToCleanUp(core::ProductId product) = 0;
  /// The connection changed: learn anew how the workspace is reached.
  virtual void Forget(core::ProductId product) = 0;
};

}  // namespace accoil::traitsync

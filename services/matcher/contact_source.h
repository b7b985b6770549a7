#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "libs/core/errors.h"
#include "libs/core/ids.h"
#include "libs/intercom/outcome.h"
#include "libs/intercom/types.h"

namespace accoil::matcher {

/// Intercom did not give what was asked for: the work cannot go on now.
class SourceFailed : public core::Unavailable {
 public:
  explicit SourceFailed(const intercom::Failure& failure)
      : core::Unavailable(failure.ToString()),
        retryable_(failure.retryable()),
        refused_(failure.kind == intercom::Failure::Kind::kRefused) {}
  SourceFailed(const std::string& what, bool retryable)
      : core::Unavailable(what), retryable_(retryable) {}
  /// Whether the same call may succeed later; a cursor that is refused never will.
  bool retryable() const { return retryable_; }
  /// Whether Intercom refused this very call, which says nothing of others.
  bool refused() const { return refused_; }

 private:
  bool retryable_;
  bool refused_ = false;
};

/// The work has to pause although nothing failed: no calls were granted, or the service stops.
class Postponed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Where a product's workspace is read from: Intercom, or a test's fake. Every method is one call
/// that counts, and throws SourceFailed or Postponed when it has no answer. Belongs to one thread.
class ContactSource {
 public:
  virtual ~ContactSource() = default;

  virtual const core::WorkspaceId& workspace() const = 0;
  /// Calls made so far.
  virtual int calls() const = 0;

  virtual intercom::Page<intercom::Contact> ListContacts(const std::string& cursor) = 0;
  /// Contacts whose `field` (email, external_id) is one of the values.
  virtual intercom::Page<intercom::Contact> SearchContacts(const std::string& field,
                                                           const std::vector<std::string>& values,
                                                           const std::string& cursor) = 0;
  /// Nothing when there is no such contact: deleted, archived or merged into another.
  virtual std::optional<intercom::Contact> GetContact(const core::ContactId& id) = 0;
  /// Nothing when there is no such contact. Pages count from 1.
  virtual std::optional<intercom::Page<intercom::Company>> ListContactCompanies(
      const core::ContactId& id, int page) = 0;
  /// Nothing when there is no such company, or nobody is attached to it.
  virtual std::optional<intercom::Company> GetCompany(const core::CompanyId& id) = 0;
  /// Pages count from 1.
  virtual intercom::Page<intercom::Company> ListCompanies(int page) = 0;
};

/// Opens sources. Any thread.
class ContactSources {
 public:
  virtual ~ContactSources() = default;
  /// The source of a product that is connected to `workspace`. Throws core::FailedPrecondition when
  /// the product is not connected, core::Unavailable when that cannot be found out, or when it is
  /// connected to another workspace.
  virtual std::unique_ptr<ContactSource> Open(core::ProductId product,
                                              const core::WorkspaceId& workspace) = 0;
};

}  // namespace accoil::matcher

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "libs/core/errors.h"
#include "libs/core/ids.h"
#include "libs/intercom/budget.h"
#include "libs/intercom/client.h"
#include "libs/rpc/tls.h"

namespace accoil::intercom {

/// How a product's workspace is called.
struct Access {
  core::WorkspaceId workspace;
  std::string token;
  std::string base_url;
};

/// Knows the access of every product, asked of `connections` and remembered for half a minute. Any
/// thread.
class Directory {
 public:
  explicit Directory(const rpc::Target& connections);
  ~Directory();

  /// Throws core::FailedPrecondition when the product is not connected, core::Unavailable when
  /// `connections` cannot be reached.
  Access Get(core::ProductId product);
  /// The same, also while the product is being disconnected. Asked every time, for what is right
  /// then is right for who cleans up alone, and for moments.
  Access GetToCleanUp(core::ProductId product);
  /// The connection changed: ask again next time.
  void Forget(core::ProductId product);
  /// Intercom answered 401 to this access: tells `connections`.
  void ReportUnauthorized(core::ProductId product, const Access& access);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

/// Thrown by Session::Call when no call was granted in time.
class BudgetExhausted : public core::Unavailable {
 public:
  using core::Unavailable::Unavailable;
};

/// Single calls to one product's workspace, each with a permit of the budget: for work that goes
/// step by step (matching, definitions). Belongs to one thread; what it is made of outlives it.
class Session {
 public:
  /// `patience`: how long one call waits for its permit.
  Session(Transport& transport, Budget& budget, Directory& directory, core::ProductId product,
          Priority priority, std::chrono::milliseconds patience = std::chrono::seconds(30));

  const core::WorkspaceId& workspace() const { return access_.workspace; }
  /// How many calls were sent so far.
  int calls() const { return calls_; }

  /// Waits for a permit, makes the call, reports its outcome; a 401 is passed on to `connections`.
  /// Throws BudgetExhausted, or core::Unavailable when the authority cannot be reached.
  ///
  ///   auto page = session.Call([&](Client& client) { return client.ListContacts(cursor); });
  template <typename Work>
  auto Call(Work&& work) {
    const auto window = AwaitPermit();
    // A permit that is not given back would hold its place: report whatever happens.
    PermitReturn permit(*this, window);
    auto outcome = work(client_);
    permit.Ended(outcome.rate_limit(),
                 !outcome.ok() && outcome.failure().kind == Failure::Kind::kThrottled);
    if (!outcome.ok() && outcome.failure().kind == Failure::Kind::kUnauthorized) {
      directory_.ReportUnauthorized(product_, access_);
    }
    return outcome;
  }

 private:
  class PermitReturn {
   public:
    PermitReturn(Session& session, std::int64_t window) : session_(session), window_(window) {}
    ~PermitReturn();
    PermitReturn(const PermitReturn&) = delete;
    PermitReturn& operator=(const PermitReturn&) = delete;
    void Ended(const std::optional<RateLimit>& rate_limit, bool throttled);

   private:
    Session& session_;
    std::int64_t window_;
    bool ended_ = false;
  };
  /// Answers the window of the permit.
  std::int64_t AwaitPermit();

  Budget& budget_;
  Directory& directory_;
  core::ProductId product_;
  Priority priority_;
  std::chrono::milliseconds patience_;
  Access access_;
  Client client_;
  int calls_ = 0;
};

}  // namespace accoil::intercom

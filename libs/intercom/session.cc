#include "libs/intercom/session.h"

#include <mutex>
#include <thread>
#include <unordered_map>

#include "accoil/connections/v1/connections.grpc.pb.h"
#include "libs/rpc/call.h"

namespace accoil::intercom {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kCallTimeout(2'000);
constexpr std::chrono::seconds kRemembered(30);
constexpr milliseconds kShortestWait(20);

}  // namespace

struct Directory::Implementation {
  explicit Implementation(const rpc::Target& connections)
      : stub(connections::v1::Connections::NewStub(rpc::MakeChannel(connections))) {}

  struct Entry {
    Access access;
    std::chrono::steady_clock::time_point until;
  };

  Access Ask(core::ProductId product, bool while_disconnecting) {
    connections::v1::GetWorkspaceAccessRequest request;
    request.set_product_id(product.value());
    request.set_while_disconnecting(while_disconnecting);
    const auto response = rpc::Call(*stub, &connections::v1::Connections::Stub::GetWorkspaceAccess,
                                    request, kCallTimeout, "GetWorkspaceAccess");
    return {core::WorkspaceId(response.workspace_id()), response.access_token(),
            response.base_url()};
  }

  std::unique_ptr<connections::v1::Connections::Stub> stub;
  std::mutex mutex;
  std::unordered_map<core::ProductId, Entry> entries;  // guarded by mutex
};

Directory::Directory(const rpc::Target& connections)
    : implementation_(std::make_unique<Implementation>(connections)) {}

Directory::~Directory() = default;

Access Directory::Get(core::ProductId product) {
  {
    const std::lock_guard lock(implementation_->mutex);
    const auto found = implementation_->entries.find(product);
    if (found != implementation_->entries.end() &&
        std::chrono::steady_clock::now() < found->second.until) {
      return found->second.access;
    }
  }
  auto access = implementation_->Ask(product, false);
  const std::lock_guard lock(implementation_->mutex);
  implementation_->entries[product] = {access, std::chrono::steady_clock::now() + kRemembered};
  return access;
}

Access Directory::GetToCleanUp(core::ProductId product) {
  return implementation_->Ask(product, true);
}

void Directory::Forget(core::ProductId product) {
  const std::lock_guard lock(implementation_->mutex);
  implementation_->entries.erase(product);
}

void Directory::ReportUnauthorized(core::ProductId product, const Access& access) {
  Forget(product);
  connections::v1::ReportUnauthorizedRequest request;
  request.set_workspace_id(access.workspace.value());
  request.set_access_token(access.token);
  rpc::Call(*implementation_->stub, &connections::v1::Connections::Stub::ReportUnauthorized,
            request, kCallTimeout, "ReportUnauthorized");
}

Session::Session(Transport& transport, Budget& budget, Directory& directory,
                 core::ProductId product, Priority priority, milliseconds patience)
    : budget_(budget),
      directory_(directory),
      product_(product),
      priority_(priority),
      patience_(patience),
      access_(directory.Get(product)),
      client_(transport, access_.base_url, access_.token) {}

std::int64_t Session::AwaitPermit() {
  const auto give_up = std::chrono::steady_clock::now() + patience_;
  while (true) {
    const auto grant = budget_.Lease(access_.workspace, priority_, 1);
    if (grant.calls > 0) {
      ++calls_;
      return grant.window_id;
    }
    const auto wait = std::max(grant.retry_after, kShortestWait);
    if (std::chrono::steady_clock::now() + wait >= give_up) {
      throw BudgetExhausted("no call to workspace " + access_.workspace.value() +
                            " was granted within " + std::to_string(patience_.count()) + "ms");
    }
    std::this_thread::sleep_for(wait);
  }
}

Session::PermitReturn::~PermitReturn() {
  if (!ended_) session_.budget_.Ended(session_.access_.workspace, window_, std::nullopt, false);
}

void Session::PermitReturn::Ended(const std::optional<RateLimit>& rate_limit, bool throttled) {
  ended_ = true;
  session_.budget_.Ended(session_.access_.workspace, window_, rate_limit, throttled);
}

}  // namespace accoil::intercom

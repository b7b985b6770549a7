#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "libs/core/ids.h"
#include "libs/rpc/tls.h"

namespace accoil::traitsync {

/// Tells `connections` what came of disconnecting. Any thread.
class ConnectionsClient {
 public:
  explicit ConnectionsClient(const rpc::Target& connections);
  ~ConnectionsClient();

  /// What the product had in its workspace is archived, but for what is left behind. `version` is
  /// the connection's that was acted upon. Throws core::Error when it could not be told.
  void FinishDisconnect(core::ProductId product, std::int64_t version,
                        const std::string& left_behind);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace accoil::traitsync

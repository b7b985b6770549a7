#include "libs/rpc/polling.h"

#include <cstdlib>
#include <mutex>

namespace accoil::rpc {

void PollOften() {
  static std::once_flag once;
  // gRPC reads it once, when it is first used, and offers no other way to set it.
  std::call_once(once, [] { setenv("GRPC_CLIENT_CHANNEL_BACKUP_POLL_INTERVAL_MS", "100", 0); });
}

}  // namespace accoil::rpc

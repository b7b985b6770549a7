#pragma once

#include <functional>
#include <memory>

#include "libs/core/clock.h"
#include "libs/postgres/database.h"
#include "libs/telemetry/log.h"
#include "services/matcher/store.h"

namespace grpc {
class Service;
}

namespace accoil::matcher {

/// The gRPC face of matcher (proto/accoil/matcher/v1). Any thread; what it is made of outlives it.
class Service {
 public:
  /// `wake` is called when there is work.
  Service(postgres::Database& database, Store& store, const core::Clock& clock,
          const telemetry::Logger& logger, std::function<void()> wake);
  ~Service();

  grpc::Service* grpc();

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace accoil::matcher

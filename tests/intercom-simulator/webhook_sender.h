#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "libs/core/run.h"
#include "libs/http/client.h"
#include "tests/intercom-simulator/simulation.h"

namespace accoil::simulator {

/// Sends what is in the simulation's webhook queue, from threads of its own. What is not answered
/// with 2xx in time is sent once again after a while, as Intercom does.
class WebhookSender final : public core::Part {
 public:
  explicit WebhookSender(Simulation& simulation) : simulation_(simulation) {}
  ~WebhookSender() override { Stop(); }

  void Start() override;
  /// Waits for what is being sent; drops the rest. May be called twice.
  void Stop() override;

 private:
  void Run();
  SentDelivery Send(Delivery delivery, std::chrono::milliseconds timeout);
  /// The client for the URL's scheme, host and port.
  std::shared_ptr<http::Client> ClientFor(const std::string& base_url,
                                          std::chrono::milliseconds timeout);

  Simulation& simulation_;
  std::mutex mutex_;
  std::map<std::pair<std::string, std::chrono::milliseconds>, std::shared_ptr<http::Client>>
      clients_;
  std::vector<std::thread> threads_;
};

}  // namespace accoil::simulator

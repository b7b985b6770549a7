#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "libs/core/environment.h"
#include "libs/telemetry/log.h"

namespace accoil::http {

/// Accepts connections and runs them on a few threads, each of which has an event loop of its own
/// and keeps the connections that were given to it.
class Listener {
 public:
  struct Hooks {
    /// A client has connected. Called on the I/O thread of the socket; `scratch` is memory for that
    /// thread alone.
    std::function<void(boost::asio::ip::tcp::socket socket, std::span<char> scratch)> accepted;
    /// The process cannot open more sockets: some connection should go.
    std::function<void()> out_of_descriptors;
  };

  /// Listens, but does not accept yet. Throws when the address cannot be listened on.
  Listener(const core::HostPort& address, int threads, Hooks hooks,
           const telemetry::Logger& logger);
  /// Ends as Stop does.
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// The port that it listens on.
  std::uint16_t port() const { return port_; }

  void Start();
  /// Closes the port; connections go on.
  void Close();
  /// Ends the threads and with them all connections. May be called twice.
  void Stop();

 private:
  struct IoThread;

  void Accept();
  void OnAccepted(const boost::system::error_code& error, boost::asio::ip::tcp::socket socket,
                  IoThread& thread);
  void RunLoop(boost::asio::io_context& context);

  const Hooks hooks_;
  const telemetry::Logger logger_;
  std::vector<std::unique_ptr<IoThread>> threads_;
  /// These belong to the first thread once it runs.
  std::unique_ptr<boost::asio::ip::tcp::acceptor> acceptor_;
  std::unique_ptr<boost::asio::steady_timer> pause_;
  std::size_t next_ = 0;
  std::chrono::steady_clock::time_point warned_;
  std::uint16_t port_ = 0;
};

}  // namespace accoil::http

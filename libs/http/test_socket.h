#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <string>
#include <string_view>

/// Bare sockets, for tests that have to misbehave where an HTTP library would not.
namespace accoil::http {

/// A connection whose bytes the test decides.
class TestSocket {
 public:
  explicit TestSocket(std::uint16_t port) : socket_(context_) {
    socket_.connect({boost::asio::ip::make_address("127.0.0.1"), port});
  }

  /// Answers false when the other side has closed.
  bool Send(std::string_view bytes) {
    boost::system::error_code error;
    boost::asio::write(socket_, boost::asio::buffer(bytes), error);
    return !error;
  }

  /// What has arrived until `end` appears, the other side closes or `limit` passes.
  std::string ReadUntil(std::string_view end,
                        std::chrono::milliseconds limit = std::chrono::seconds(10)) {
    std::string received;
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (received.find(end) == std::string::npos) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          deadline - std::chrono::steady_clock::now());
      pollfd wait{socket_.native_handle(), POLLIN, 0};
      if (left.count() <= 0 || poll(&wait, 1, static_cast<int>(left.count())) <= 0) break;
      char bytes[4096];
      const auto count = recv(socket_.native_handle(), bytes, sizeof bytes, 0);
      if (count <= 0) {
        closed_ = true;
        break;
      }
      received.append(bytes, static_cast<std::size_t>(count));
    }
    return received;
  }

  /// All until the other side closes.
  std::string ReadAll() { return ReadUntil("\n\nno server ever sends this\n\n"); }
  /// Whether the other side was seen to close.
  bool closed() const { return closed_; }

  /// Closes so that the other side sees a reset.
  void Reset() {
    socket_.set_option(boost::asio::socket_base::linger(true, 0));
    socket_.close();
  }

 private:
  boost::asio::io_context context_;
  boost::asio::ip::tcp::socket socket_;
  bool closed_ = false;
};

}  // namespace accoil::http

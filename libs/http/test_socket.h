#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>
#include <system_error>

/// Bare sockets, for tests that have to misbehave where an HTTP library would not.
namespace accoil::http {

/// A connection whose bytes the test decides.
class TestSocket {
 public:
  explicit TestSocket(std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (socket_ < 0 ||
        connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      const int problem = errno;
      if (socket_ >= 0) close(socket_);
      throw std::system_error(problem, std::generic_category(), "connect");
    }
  }
  ~TestSocket() {
    if (socket_ >= 0) close(socket_);
  }
  TestSocket(const TestSocket&) = delete;
  TestSocket& operator=(const TestSocket&) = delete;

  /// Answers false when the other side has closed.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto count = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  /// What has arrived until `end` appears, the other side closes or `limit` passes.
  std::string ReadUntil(std::string_view end,
                        std::chrono::milliseconds limit = std::chrono::seconds(10)) {
    std::string received;
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (received.find(end) == std::string::npos) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          deadline - std::chrono::steady_clock::now());
      pollfd wait{socket_, POLLIN, 0};
      if (left.count() <= 0 || poll(&wait, 1, static_cast<int>(left.count())) <= 0) break;
      char bytes[4096];
      const auto count = recv(socket_, bytes, sizeof bytes, 0);
      if (count <= 0) {
        closed_ = true;
        break;
      }
      received.append(bytes, static_cast<std::size_t>(count));
    }
    return received;
  }

  /// All until the other side closes.
  std::string ReadAll(std::chrono::milliseconds limit = std::chrono::seconds(10)) {
    return ReadUntil("\n\nno server ever sends this\n\n", limit);
  }
  /// Whether the other side was seen to close.
  bool closed() const { return closed_; }

  /// Tells the other side that no more will be sent; it can still answer.
  void EndSending() { shutdown(socket_, SHUT_WR); }

  /// Closes so that the other side sees a reset.
  void Reset() {
    const linger at_once{1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(socket_);
    socket_ = -1;
  }

 private:
  int socket_;
  bool closed_ = false;
};

}  // namespace accoil::http

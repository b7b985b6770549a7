#include "tests/load/http_load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace accoil::load {
namespace {

using Clock = std::chrono::steady_clock;

/// A kept-alive connection that is made again when it broke.
class Connection {
 public:
  explicit Connection(const LoadPlan& plan) : plan_(plan) {}
  ~Connection() { Close(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// The status of the answer; 0 when there was no whole one.
  int Ask(const std::string& request) {
    if (socket_ < 0 && !Open()) return 0;
    if (!Send(request)) return Broken();
    received_.clear();
    std::size_t head = std::string::npos;
    while ((head = received_.find("\r\n\r\n")) == std::string::npos) {
      if (!Receive()) return Broken();
    }
    body_at_ = head + 4;
    const auto whole = body_at_ + ContentLength(std::string_view(received_).substr(0, head));
    while (received_.size() < whole) {
      if (!Receive()) return Broken();
    }
    int status = 0;
    constexpr std::size_t kStatusAt = 9;  // after "HTTP/1.1 "
    std::from_chars(received_.data() + kStatusAt, received_.data() + kStatusAt + 3, status);
    return status;
  }
  /// Of the last whole answer, until the next question.
  std::string_view body() const { return std::string_view(received_).substr(body_at_); }

 private:
  bool Open() {
    socket_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(plan_.port);
    if (inet_pton(AF_INET, plan_.host.c_str(), &address.sin_addr) != 1) {
      throw std::invalid_argument("not an IPv4 address: " + plan_.host);
    }
    if (socket_ < 0 ||
        connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      Close();
      return false;
    }
    const int yes = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return true;
  }

  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  bool Receive() {
    char buffer[16 << 10];
    const auto got = recv(socket_, buffer, sizeof buffer, 0);
    if (got <= 0) return false;
    received_.append(buffer, static_cast<std::size_t>(got));
    return true;
  }

  static std::size_t ContentLength(std::string_view head) {
    constexpr std::string_view kName = "\r\ncontent-length:";
    std::string lower(head);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    auto at = lower.find(kName);
    if (at == std::string::npos) return 0;
    at = lower.find_first_not_of(' ', at + kName.size());
    std::size_t length = 0;
    std::from_chars(lower.data() + at, lower.data() + lower.size(), length);
    return length;
  }

  int Broken() {
    Close();
    return 0;
  }
  void Close() {
    if (socket_ >= 0) close(socket_);
    socket_ = -1;
  }

  const LoadPlan& plan_;
  int socket_ = -1;
  std::string received_;
  std::size_t body_at_ = 0;
};

}  // namespace

std::chrono::microseconds LoadResult::At(double share) const {
  if (latencies.empty()) return {};
  const auto last = static_cast<double>(latencies.size() - 1);
  return latencies[static_cast<std::size_t>(share * last)];
}

LoadResult Run(const LoadPlan& plan, const RequestMaker& make, const AnswerCheck& good) {
  LoadResult result;
  std::mutex mutex;
  std::atomic<std::uint64_t> next = 0;
  const auto began = Clock::now();
  const auto until = began + plan.duration;
  const auto work = [&] {
    Connection connection(plan);
    std::vector<std::chrono::microseconds> latencies;
    std::uint64_t errors = 0;
    while (true) {
      const auto number = next++;
      if (plan.requests > 0 && number >= plan.requests) break;
      auto due = Clock::now();
      if (plan.rate > 0) {
        due = began + std::chrono::duration_cast<Clock::duration>(
                          std::chrono::duration<double>(static_cast<double>(number) / plan.rate));
        if (due >= until) break;
        std::this_thread::sleep_until(due);
      } else if (due >= until) {
        break;
      }
      const int status = connection.Ask(make(number));
      latencies.push_back(
          std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - due));
      constexpr int kGood = 200;
      if (status != kGood || !good(connection.body())) ++errors;
    }
    const std::lock_guard lock(mutex);
    result.latencies.insert(result.latencies.end(), latencies.begin(), latencies.end());
    result.errors += errors;
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < plan.connections; ++i) threads.emplace_back(work);
  for (auto& thread : threads) thread.join();
  result.took = Clock::now() - began;
  std::sort(result.latencies.begin(), result.latencies.end());
  return result;
}

}  // namespace accoil::load

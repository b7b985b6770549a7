#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "libs/http/connection_table.h"
#include "libs/http/message.h"
#include "libs/http/request_parser.h"
#include "libs/http/server.h"
#include "libs/http/server_metrics.h"

namespace accoil::http {

/// A request on its way through the server.
struct Task {
  Request request;
  /// The pattern of its route; "none" while or when it has none.
  std::string route = "none";
  const Handler* handler = nullptr;
  std::size_t body_limit = 0;
  std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
};

/// What connections ask of their server. Called on I/O threads: does not block. Outlives them.
class Application {
 public:
  virtual ~Application() = default;
  /// The head of a request has arrived: finds its route and its body limit, or answers what to
  /// refuse it with. `query` is still encoded.
  virtual std::optional<Response> Admit(Task& task, const std::string& query) = 0;
  /// Has the request handled; `reply` is called once, on any thread. When there is no room, answers
  /// what to refuse it with, and `reply` is not called.
  virtual std::optional<Response> Handle(std::shared_ptr<Task> task,
                                         std::function<void(Response)> reply) = 0;
  /// The server is about to stop: connections are closed after their answer.
  virtual bool leaving() const = 0;
};

/// A client's connection, from its being accepted to its end: reads a request, has it answered,
/// reads the next. Everything happens on the I/O thread of its socket, but for what says otherwise.
/// It keeps itself alive as long as it waits for something.
///
/// At most one wait for bytes is under way, and one for the deadline. Bytes are only read once they
/// are there, into memory that the connections of a thread share, so that an idle connection
/// holds next to nothing. While a request is handled and its answer sent, nothing is read: what
/// a client sends meanwhile waits with the operating system.
class Connection final : public ConnectionTable::Member,
                         public std::enable_shared_from_this<Connection> {
 public:
  /// `config`, `table`, `metrics`, `application` and `scratch` outlive it; `scratch` is used by
  /// this thread alone.
  Connection(boost::asio::ip::tcp::socket socket, const ServerConfig& config,
             ConnectionTable& table, ServerMetrics& metrics, Application& application,
             std::span<char> scratch);

  /// Begins, or refuses the client when there is no room.
  void Open();
  void CrowdOut() override;

 private:
  enum class Stage { kIdle, kHead, kBody, kWorking, kAnswering, kLingering, kClosed };
  using Error = boost::system::error_code;

  void AwaitRequest();
  void AwaitBytes();
  void OnBytes(const Error& error);
  void OnEnd();
  std::size_t ReadSize() const;

  /// Takes what can be taken of `input_` and of `bytes`, which come behind it.
  void Take(std::string_view bytes);
  /// Goes on after the parser has taken bytes: reads more, handles or refuses.
  void Advance();
  void AdvanceBody();
  void Admit();
  void Continue100();

  void Handle();
  void Answer(Response response, bool close);
  void OnAnswered(const Error& error);
  void Linger();
  void Close();
  void OnCrowdedOut();

  void SetDeadline(std::chrono::milliseconds from_now);
  void AwaitDeadline();
  void OnTimer(const Error& error);
  void OnDeadline();

  boost::asio::ip::tcp::socket socket_;
  const ServerConfig& config_;
  ConnectionTable& table_;
  ServerMetrics& metrics_;
  Application& application_;
  const std::span<char> scratch_;
  std::unique_ptr<ConnectionTable::Seat> seat_;

  Stage stage_ = Stage::kIdle;
  bool first_request_ = true;
  bool awaiting_bytes_ = false;
  /// What has arrived and not been taken.
  std::string input_;

  std::optional<RequestParser> parser_;
  std::shared_ptr<Task> task_;
  /// What the request is answered with once its body has been thrown away.
  std::optional<Response> refusal_;
  bool continued_ = false;

  std::string answer_head_;
  std::string answer_body_;
  bool close_ = false;
  std::size_t linger_left_ = 0;

  boost::asio::steady_timer timer_;
  bool timer_runs_ = false;
  std::chrono::steady_clock::time_point deadline_;
};

}  // namespace accoil::http

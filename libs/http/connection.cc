#include "libs/http/connection.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include "libs/http/response_head.h"

namespace accoil::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Doing = ConnectionTable::Doing;
using GivenUp = ServerMetrics::GivenUp;

/// A body that is longer than its route allows by no more than this is read and thrown away, so
/// that the client can read the refusal and go on; after a longer one the connection is closed.
constexpr std::size_t kDrainLimit = 1 << 20;
/// How long, after the last answer, we wait for the client to close: closing while it still sends
/// would have the operating system take the answer away from it.
constexpr std::chrono::seconds kLingerTime{2};
/// The least that is read at once, so that small head limits do not make for small reads.
constexpr std::size_t kLeastRead = 4'096;

Response Overloaded(std::string_view reason) {
  auto response = Problem(503, reason);
  response.headers["Retry-After"] = "1";
  return response;
}

}  // namespace

Connection::Connection(tcp::socket socket, const ServerConfig& config, ConnectionTable& table,
                       ServerMetrics& metrics, Application& application, std::span<char> scratch)
    : socket_(std::move(socket)),
      config_(config),
      table_(table),
      metrics_(metrics),
      application_(application),
      scratch_(scratch),
      timer_(socket_.get_executor()) {}

void Connection::Open() {
  Error error;
  socket_.non_blocking(true, error);
  if (!error) socket_.set_option(tcp::no_delay(true), error);
  if (error) return;  // the client has gone already
  seat_ = table_.Enter(weak_from_this());
  if (!seat_) {
    const auto refusal = Overloaded("too many connections at once");
    const auto bytes = ResponseHead(refusal, {.close = true}) + refusal.body;
    // It fits into the socket's empty buffer, or the client goes without.
    socket_.write_some(asio::buffer(bytes), error);
    return;
  }
  AwaitRequest();
}

void Connection::AwaitRequest() {
  parser_.emplace(config_.header_limit);
  task_.reset();
  refusal_.reset();
  continued_ = false;
  seat_->Now(Doing::kIdle);
  if (!input_.empty()) {
    stage_ = Stage::kHead;
    SetDeadline(config_.header_timeout);
    return Take({});
  }
  std::string().swap(input_);
  stage_ = Stage::kIdle;
  SetDeadline(first_request_ ? config_.header_timeout : config_.idle_timeout);
  AwaitBytes();
}

void Connection::AwaitBytes() {
  // One that began before a request was given up may still be under way.
  if (awaiting_bytes_) return;
  awaiting_bytes_ = true;
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](const Error& error) {
    self->awaiting_bytes_ = false;
    self->OnBytes(error);
  });
}

std::size_t Connection::ReadSize() const {
  // More than the body is only read where its end is unknown, and then little: what follows it has
  // to be kept while the request is handled.
  const auto body = stage_ == Stage::kBody ? parser_->remaining() : 0;
  const auto wanted = body > 0 ? body : std::max(config_.header_limit, kLeastRead);
  return static_cast<std::size_t>(std::min<std::uint64_t>(wanted, scratch_.size()));
}

void Connection::OnBytes(const Error& error) {
  const bool reading = stage_ == Stage::kIdle || stage_ == Stage::kHead || stage_ == Stage::kBody;
  if (!reading && stage_ != Stage::kLingering) return;
  if (error) return Close();
  Error problem;
  const auto size = socket_.read_some(
      asio::buffer(scratch_.data(), reading ? ReadSize() : scratch_.size()), problem);
  if (problem == asio::error::would_block) return AwaitBytes();
  if (problem == asio::error::eof) return OnEnd();
  if (problem) return Close();
  if (stage_ == Stage::kLingering) {
    if (size > linger_left_) return Close();
    linger_left_ -= size;
    return AwaitBytes();
  }
  if (stage_ == Stage::kIdle) {
    stage_ = Stage::kHead;
    if (!first_request_) SetDeadline(config_.header_timeout);
  }
  Take({scratch_.data(), size});
}

void Connection::OnEnd() {
  // A client that has said all it wants to say may still read.
  if (stage_ == Stage::kHead || stage_ == Stage::kBody) {
    return Answer(Problem(400, "the request did not arrive whole"), true);
  }
  Close();
}

void Connection::Take(std::string_view bytes) {
  if (!input_.empty()) {
    input_ += bytes;
    bytes = input_;
  }
  auto taken = parser_->Parse(bytes);
  if (parser_->state() != RequestParser::State::kHead && !task_) {
    first_request_ = false;
    Admit();
  }
  if (parser_->state() == RequestParser::State::kBody) {
    taken += parser_->Parse(bytes.substr(taken));
  }
  if (input_.empty()) {
    input_.assign(bytes.substr(taken));
  } else {
    input_.erase(0, taken);
  }
  Advance();
}

void Connection::Admit() {
  task_ = std::make_shared<Task>();
  seat_->BeginRequest();
  if (parser_->state() == RequestParser::State::kMalformed) return;
  task_->request = std::move(parser_->request());
  refusal_ = application_.Admit(*task_, parser_->query());
  if (refusal_) parser_->DiscardBody();
  if (parser_->state() == RequestParser::State::kBody) {
    stage_ = Stage::kBody;
    seat_->Now(Doing::kTransferring);
    SetDeadline(config_.request_timeout);
  }
}

void Connection::Advance() {
  switch (parser_->state()) {
    case RequestParser::State::kHead:
      return AwaitBytes();
    case RequestParser::State::kMalformed:
      return Answer(parser_->problem(), true);
    case RequestParser::State::kBody:
    case RequestParser::State::kWhole:
      return AdvanceBody();
  }
}

void Connection::AdvanceBody() {
  const bool whole = parser_->state() == RequestParser::State::kWhole;
  const auto limit = task_->body_limit;
  if (!refusal_ && parser_->announced() > limit) {
    refusal_ = Problem(413, "the body may have at most " + std::to_string(limit) + " bytes");
    parser_->DiscardBody();
  }
  if (refusal_) {
    // Who waits for 100 Continue reads the refusal instead and may send the body or not, so that
    // the next request cannot be told from it.
    const bool hopeless =
        parser_->announced() > limit + kDrainLimit || (!whole && parser_->expects_continue());
    if (whole || hopeless) return Answer(*std::move(refusal_), !whole);
    return AwaitBytes();
  }
  const auto& body = parser_->request().body;
  if (!body.empty() && !seat_->Hold(body.capacity())) {
    return Answer(Overloaded("too much is being sent at once"), true);
  }
  if (whole) return Handle();
  if (parser_->expects_continue() && !continued_ && body.empty()) Continue100();
  AwaitBytes();
}

void Connection::Continue100() {
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  continued_ = true;
  Error ignored;
  // Nothing else is being sent, so it fits; a client that does not see it sends the body anyway
  // after a while.
  socket_.write_some(asio::buffer(kContinue), ignored);
}

void Connection::Handle() {
  stage_ = Stage::kWorking;
  seat_->Now(Doing::kWorking);
  task_->request.body = std::move(parser_->request().body);
  auto refusal = application_.Handle(task_, [self = shared_from_this()](Response response) mutable {
    const auto executor = self->socket_.get_executor();
    asio::post(executor, [self = std::move(self), response = std::move(response)]() mutable {
      self->Answer(std::move(response), false);
    });
  });
  if (refusal) Answer(*std::move(refusal), false);
}

void Connection::Answer(Response response, bool close) {
  if (stage_ == Stage::kClosed) return;
  stage_ = Stage::kAnswering;
  if (!task_) task_ = std::make_shared<Task>();
  metrics_.Answered(task_->route, task_->request.method, response.status,
                    std::chrono::steady_clock::now() - task_->began);
  const bool no_body =
      task_->request.method == "HEAD" || response.status == 204 || response.status == 304;
  const bool understood = parser_->state() == RequestParser::State::kWhole;
  close_ = close_ || close || response.cut_off || application_.leaving() || !understood ||
           !parser_->keep_alive();
  answer_head_ = ResponseHead(
      response, {.close = close_, .old_version = understood && parser_->old_version()});
  answer_body_ = no_body ? std::string() : std::move(response.body);
  // The body of the request is needed no more.
  task_.reset();
  parser_->DiscardBody();
  seat_->Now(Doing::kTransferring);
  // An answer that is there is sent, however much there is; what it takes away is missing to those
  // who have not sent theirs.
  seat_->Hold(answer_body_.size());
  SetDeadline(config_.answer_timeout);
  asio::async_write(
      socket_, std::array{asio::buffer(answer_head_), asio::buffer(answer_body_)},
      [self = shared_from_this()](const Error& error, std::size_t) { self->OnAnswered(error); });
}

void Connection::OnAnswered(const Error& error) {
  if (stage_ == Stage::kClosed) return;
  std::string().swap(answer_body_);
  seat_->Hold(0);
  seat_->EndRequest();
  if (error) return Close();  // the client has gone; that is its own business
  if (close_) return Linger();
  AwaitRequest();
}

void Connection::Linger() {
  stage_ = Stage::kLingering;
  std::string().swap(input_);
  parser_.reset();
  linger_left_ = kDrainLimit;
  seat_->Now(Doing::kIdle);
  Error error;
  socket_.shutdown(tcp::socket::shutdown_send, error);
  if (error) return Close();
  SetDeadline(kLingerTime);
  AwaitBytes();
}

void Connection::Close() {
  stage_ = Stage::kClosed;
  timer_.cancel();
  Error ignored;
  socket_.close(ignored);
  seat_.reset();
}

void Connection::CrowdOut() {
  asio::post(socket_.get_executor(), [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->OnCrowdedOut();
  });
}

void Connection::OnCrowdedOut() {
  switch (stage_) {
    case Stage::kIdle:
    case Stage::kHead:
    case Stage::kAnswering:
    case Stage::kLingering:
      return Close();
    case Stage::kBody:
      return Answer(Overloaded("too much is being sent at once"), true);
    case Stage::kWorking:
      // Its request became whole just now.
      close_ = true;
      return;
    case Stage::kClosed:
      return;
  }
}

void Connection::SetDeadline(std::chrono::milliseconds from_now) {
  deadline_ = std::chrono::steady_clock::now() + from_now;
  // A timer that runs out earlier looks at the deadline then: most requests are answered without
  // touching it.
  if (!timer_runs_ || deadline_ < timer_.expiry()) AwaitDeadline();
}

void Connection::AwaitDeadline() {
  timer_runs_ = true;
  timer_.expires_at(deadline_);
  timer_.async_wait([self = shared_from_this()](const Error& error) { self->OnTimer(error); });
}

void Connection::OnTimer(const Error& error) {
  // Cancelled means set anew, or closed.
  if (error || stage_ == Stage::kClosed) return;
  // Nothing is waited for from the client: whoever goes on sets a deadline.
  timer_runs_ = false;
  if (stage_ == Stage::kWorking) return;
  if (std::chrono::steady_clock::now() < deadline_) return AwaitDeadline();
  OnDeadline();
}

void Connection::OnDeadline() {
  switch (stage_) {
    case Stage::kHead:
      metrics_.Gave(GivenUp::kSlow);
      return Answer(Problem(408, "the head of the request did not arrive in time"), true);
    case Stage::kBody:
      metrics_.Gave(GivenUp::kSlow);
      return Answer(Problem(408, "the request did not arrive whole in time"), true);
    case Stage::kAnswering:
      metrics_.Gave(GivenUp::kSlow);
      return Close();
    case Stage::kIdle:
    case Stage::kLingering:
    case Stage::kWorking:
    case Stage::kClosed:
      return Close();
  }
}

}  // namespace accoil::http

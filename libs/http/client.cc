#include "libs/http/client.h"

#include <cpprest/http_client.h>
#include <cpprest/producerconsumerstream.h>
#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <cerrno>
#include <cstring>

#include "libs/core/errors.h"
#include "libs/http/runtime.h"

namespace accoil::http {
namespace {

using boost::asio::ip::tcp;
using web::http::client::http_client_config;

/// After a request has been given up: how long its end is waited for, to learn whether it was sent.
constexpr std::chrono::seconds kAbortGrace{1};

/// The pooled connection had been closed by the server while it was idle. Nothing was sent.
class StaleConnection : public std::runtime_error {
 public:
  StaleConnection() : std::runtime_error("the kept-alive connection has been closed") {}
};

/// cpprest takes a connection from its pool without looking at it. A request written to one that
/// the server has closed meanwhile fails in a way that looks as if the server might have done it,
/// so we look before anything is written: nothing may be there to be read.
void RefuseStale(tcp::socket& socket) {
  if (!socket.is_open()) return;  // a new one, not connected yet
  char byte = 0;
  const auto count = recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
  throw StaleConnection();
}

/// What one request's callbacks, which run on cpprest's threads, share with Send.
struct Attempt {
  /// All headers were handed to the operating system, so the server may act on them.
  std::atomic<bool> sent = false;
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  bool stale = false;
  Reply reply;

  void Finish(Reply outcome, bool was_stale) {
    const std::lock_guard lock(mutex);
    if (outcome.result != Reply::Result::kAnswered) {
      outcome.result = sent ? Reply::Result::kUnknown : Reply::Result::kNotSent;
    }
    reply = std::move(outcome);
    stale = was_stale;
    done = true;
    changed.notify_all();
  }
};

Reply ToReply(const web::http::http_response& response) {
  Reply reply;
  reply.result = Reply::Result::kAnswered;
  reply.status = response.status_code();
  for (const auto& [name, value] : response.headers()) reply.headers[name] = value;
  auto buffer = response.body().streambuf();
  reply.body.resize(buffer.in_avail());
  if (!reply.body.empty()) {
    buffer.scopy(reinterpret_cast<std::uint8_t*>(reply.body.data()), reply.body.size());
  }
  return reply;
}

void CheckHeader(const std::string& name, const std::string& value) {
  constexpr std::string_view kForbidden("\r\n\0", 3);
  if (name.empty() || name.find_first_of(kForbidden) != std::string::npos ||
      value.find_first_of(kForbidden) != std::string::npos) {
    throw core::InvalidArgument(name, "is not a header that can be sent");
  }
}

web::http::http_request MakeRequest(const std::string& method, const std::string& path_and_query,
                                    const Headers& headers, const std::string& body) {
  web::http::http_request request(method);
  try {
    request.set_request_uri(web::uri(path_and_query));
  } catch (const web::uri_exception& error) {
    throw core::InvalidArgument("path", error.what());
  }
  for (const auto& [name, value] : headers) {
    CheckHeader(name, value);
    request.headers().add(name, value);
  }
  // cpprest sends a request a second time, by itself, when a reused connection breaks before the
  // answer, although the server may have done it. It cannot when the body is a stream that does
  // not go back; an empty one serves as well.
  concurrency::streams::producer_consumer_buffer<std::uint8_t> buffer(body.size() + 1);
  if (!body.empty()) {
    std::memcpy(buffer.alloc(body.size()), body.data(), body.size());
    buffer.commit(body.size());
  }
  buffer.close(std::ios_base::out).wait();
  request._get_impl()->set_instream(buffer.create_istream());
  request.headers().set_content_length(body.size());
  return request;
}

}  // namespace

struct Client::Implementation {
  static http_client_config CpprestConfig(const ClientConfig& config) {
    http_client_config cpprest;
    // Counts from the last sign of life; the time-out from the request's beginning is ours.
    cpprest.set_timeout(config.timeout + std::chrono::seconds(1));
    cpprest.set_max_redirects(0);
    const bool https = config.base_url.starts_with("https:");
    cpprest.set_nativehandle_options([https](web::http::client::native_handle handle) {
      if (https) {
        using Stream = boost::asio::ssl::stream<tcp::socket&>;
        RefuseStale(static_cast<Stream*>(handle)->next_layer());
      } else {
        RefuseStale(*static_cast<tcp::socket*>(handle));
      }
    });
    return cpprest;
  }

  explicit Implementation(ClientConfig client_config)
      : config(std::move(client_config)),
        runtime(Runtime::Acquire()),
        client(web::uri(config.base_url), CpprestConfig(config)) {}

  std::shared_ptr<Attempt> Try(web::http::http_request request,
                               std::chrono::steady_clock::time_point deadline);

  const ClientConfig config;
  const std::shared_ptr<Runtime> runtime;
  web::http::client::http_client client;
};

std::shared_ptr<Attempt> Client::Implementation::Try(
    web::http::http_request request, std::chrono::steady_clock::time_point deadline) {
  auto attempt = std::make_shared<Attempt>();
  const auto limit = config.answer_limit;
  const auto check_size = [limit](std::uint64_t size) {
    if (size > limit) {
      throw std::runtime_error("the answer is longer than " + std::to_string(limit) + " bytes");
    }
  };
  request.set_progress_handler(
      [attempt, check_size](web::http::message_direction::direction way, utility::size64_t so_far) {
        if (way == web::http::message_direction::upload) {
          attempt->sent = true;  // cpprest first reports it when the headers have been written
        } else {
          check_size(so_far);
        }
      });
  pplx::cancellation_token_source cancellation;
  client.request(request, cancellation.get_token())
      .then([check_size](const web::http::http_response& response) {
        std::uint64_t length = 0;
        response.headers().match(web::http::header_names::content_length, length);
        check_size(length);
        return response.content_ready();
      })
      .then([attempt](const pplx::task<web::http::http_response>& answer) {
        Reply reply;
        bool stale = false;
        try {
          reply = ToReply(answer.get());
        } catch (const StaleConnection& error) {
          reply.error = error.what();
          stale = true;
        } catch (const std::exception& error) {
          reply.error = error.what();
        }
        attempt->Finish(std::move(reply), stale);
      });

  std::unique_lock lock(attempt->mutex);
  const auto done = [&attempt] { return attempt->done; };
  const bool in_time = attempt->changed.wait_until(lock, deadline, done);
  if (in_time && attempt->reply.result == Reply::Result::kAnswered) return attempt;
  // Closes the connection, also where what is too long is still coming in.
  lock.unlock();
  cancellation.cancel();
  lock.lock();
  attempt->changed.wait_for(lock, kAbortGrace, done);
  if (!in_time && attempt->reply.result != Reply::Result::kAnswered) {
    attempt->reply.error = "no whole answer within " + std::to_string(config.timeout.count()) +
                           " ms" + (attempt->sent ? "" : ", not even a connection");
  }
  return attempt;
}

Client::Client(ClientConfig config)
    : implementation_(std::make_unique<Implementation>(std::move(config))) {}

Client::~Client() = default;

Reply Client::Send(const std::string& method, const std::string& path_and_query,
                   const Headers& headers, const std::string& body) {
  const auto deadline = std::chrono::steady_clock::now() + implementation_->config.timeout;
  while (true) {
    const auto attempt =
        implementation_->Try(MakeRequest(method, path_and_query, headers, body), deadline);
    const std::lock_guard lock(attempt->mutex);
    // Each stale connection is taken from the pool by being found stale; a new one is made in the
    // end.
    if (!attempt->stale) return attempt->reply;
  }
}

}  // namespace accoil::http

#include "libs/http/request_parser.h"

#include <boost/beast/http/basic_parser.hpp>
#include <limits>
#include <optional>

#include "libs/core/text.h"

namespace accoil::http {
namespace {

namespace beast = boost::beast::http;
using Error = boost::system::error_code;

/// The path and the query of a request target, in its origin form ("/a?b") or its absolute form
/// ("http://host/a?b").
struct Target {
  std::string path;
  std::string query;
};

Target SplitTarget(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (core::ToLower(target.substr(0, scheme.size())) != scheme) continue;
    target.remove_prefix(scheme.size());
    target.remove_prefix(std::min(target.find_first_of("/?"), target.size()));
  }
  const auto question = target.find('?');
  auto path = std::string(target.substr(0, question));
  if (path.empty()) path = "/";
  return {std::move(path),
          question == std::string_view::npos ? "" : std::string(target.substr(question + 1))};
}

std::string_view View(boost::beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

class RequestParser::Sink final : public beast::basic_parser<true> {
 public:
  explicit Sink(std::size_t head_limit) : head_limit_(head_limit) {
    header_limit(static_cast<std::uint32_t>(head_limit));
    // How long a body may be depends on its route; whoever owns this decides by announced(). (To
    // Beast 1.74 no limit at all is less than any length.)
    body_limit(std::numeric_limits<std::uint64_t>::max());
  }

  std::size_t Parse(std::string_view bytes) {
    std::size_t taken = 0;
    // Empty lines may stand before a request (RFC 9112, 2.2): some clients end a body so.
    while (!got_some() && bytes.substr(taken).starts_with("\r\n")) taken += 2;
    const bool half_a_line = !got_some() && bytes.substr(taken) == "\r";
    const bool in_head = !is_header_done();
    while (taken < bytes.size() && !half_a_line && !problem_ && !is_done()) {
      Error error;
      taken += put({bytes.data() + taken, bytes.size() - taken}, error);
      if (error == beast::error::need_more) break;
      if (error) Refuse(error);
      if (in_head) break;
    }
    const auto left = bytes.size() - taken;
    if (in_head) {
      // Beast's own limit is for what it has not taken yet: it does not bound the sum.
      head_bytes_ += taken;
      if (head_bytes_ + (is_header_done() ? 0 : left) > head_limit_) RefuseHead();
    } else if (!is_done() && left > head_limit_) {
      Refuse(400, "the head of a chunk is too long");
    }
    return taken;
  }

  State state() const {
    if (problem_) return State::kMalformed;
    if (!is_header_done()) return State::kHead;
    return is_done() ? State::kWhole : State::kBody;
  }

  std::uint64_t remaining() const { return content_length_remaining().value_or(0); }

  void DiscardBody() {
    discard_ = true;
    std::string().swap(request_.body);
  }

  std::optional<Response> problem_;
  Request request_;
  std::string query_;
  std::uint64_t announced_ = 0;
  bool old_version_ = false;
  bool expects_continue_ = false;

 private:
  /// The first problem stands.
  void Refuse(int status, std::string_view detail) {
    if (!problem_) problem_ = Problem(status, detail);
  }
  void RefuseHead() {
    Refuse(431, "the head of a request may have at most " + std::to_string(head_limit_) + " bytes");
  }
  void Refuse(const Error& error) {
    if (error == beast::error::header_limit) return RefuseHead();
    Refuse(400, "this is not an HTTP request: " + error.message());
  }
  /// Refuses in the middle of Beast's work.
  void Refuse(int status, std::string_view detail, Error& error) {
    Refuse(status, detail);
    error = beast::error::bad_field;
  }

  void on_request_impl(beast::verb, boost::beast::string_view method,
                       boost::beast::string_view target, int version, Error&) override {
    request_.method = View(method);
    auto split = SplitTarget(View(target));
    request_.path = std::move(split.path);
    query_ = std::move(split.query);
    old_version_ = version < 11;
  }

  void on_field_impl(beast::field field, boost::beast::string_view name,
                     boost::beast::string_view value, Error& error) override {
    // A trailer comes when the request has been judged by its head; it must not change it.
    if (is_header_done()) return;
    switch (field) {
      case beast::field::host:
        if (request_.headers.contains("Host")) Refuse(400, "there are two Host headers", error);
        break;
      case beast::field::content_length:
        if (request_.headers.contains("Content-Length") ||
            value.find(',') != boost::beast::string_view::npos) {
          Refuse(400, "there are two lengths", error);
        }
        break;
      case beast::field::transfer_encoding:
        if (core::ToLower(View(value)) != "chunked") {
          Refuse(501, "the only Transfer-Encoding that is understood is chunked", error);
        } else if (old_version_) {
          Refuse(400, "HTTP/1.0 has no Transfer-Encoding", error);
        }
        break;
      case beast::field::expect:
        expects_continue_ = !old_version_ && core::ToLower(View(value)) == "100-continue";
        break;
      default:
        break;
    }
    const auto [header, fresh] =
        request_.headers.try_emplace(std::string(View(name)), std::string(View(value)));
    if (!fresh) {
      header->second += field == beast::field::cookie ? "; " : ", ";
      header->second += View(value);
    }
  }

  void on_header_impl(Error& error) override {
    if (!old_version_ && !request_.headers.contains("Host")) {
      Refuse(400, "the Host header is missing", error);
    }
    announced_ = content_length().value_or(0);
  }

  std::size_t on_body_impl(boost::beast::string_view body, Error&) override {
    if (!discard_) request_.body.append(body.data(), body.size());
    received_ += body.size();
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t size, boost::beast::string_view, Error&) override {
    const auto most = std::numeric_limits<std::uint64_t>::max() - received_;
    announced_ = received_ + std::min(size, most);
  }
  std::size_t on_chunk_body_impl(std::uint64_t, boost::beast::string_view body,
                                 Error& error) override {
    return on_body_impl(body, error);
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>&, Error&) override {}
  void on_finish_impl(Error&) override {}
  void on_response_impl(int, boost::beast::string_view, int, Error&) override {}

  const std::size_t head_limit_;
  std::size_t head_bytes_ = 0;
  std::uint64_t received_ = 0;
  bool discard_ = false;
};

RequestParser::RequestParser(std::size_t head_limit) : sink_(std::make_unique<Sink>(head_limit)) {}
RequestParser::~RequestParser() = default;
RequestParser::RequestParser(RequestParser&&) noexcept = default;
RequestParser& RequestParser::operator=(RequestParser&&) noexcept = default;

std::size_t RequestParser::Parse(std::string_view bytes) { return sink_->Parse(bytes); }
RequestParser::State RequestParser::state() const { return sink_->state(); }
const Response& RequestParser::problem() const { return sink_->problem_.value(); }
Request& RequestParser::request() { return sink_->request_; }
const std::string& RequestParser::query() const { return sink_->query_; }
std::uint64_t RequestParser::announced() const { return sink_->announced_; }
std::uint64_t RequestParser::remaining() const { return sink_->remaining(); }
bool RequestParser::keep_alive() const { return sink_->keep_alive(); }
bool RequestParser::old_version() const { return sink_->old_version_; }
bool RequestParser::expects_continue() const { return sink_->expects_continue_; }
void RequestParser::DiscardBody() { sink_->DiscardBody(); }

}  // namespace accoil::http

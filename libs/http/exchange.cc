#include "libs/http/exchange.h"

#include <cpprest/rawptrstream.h>
#include <pplx/threadpool.h>

#include "libs/http/percent.h"

namespace accoil::http {

Exchange::Exchange(const web::http::http_request& message)
    : message_(message), timer_(crossplat::threadpool::shared_instance().service()) {}

Request Exchange::ReadHead() const {
  Request request;
  request.method = message_.method();
  request.path = message_.request_uri().path();
  for (const auto& [name, value] : message_.headers()) request.headers[name] = value;
  return request;
}

void Exchange::AwaitBody(std::chrono::milliseconds timeout, std::function<void(Body)> arrived) {
  const auto self = shared_from_this();
  const auto once = [self, arrived = std::move(arrived)](Body body) {
    if (self->settled_.exchange(true)) return;
    self->whole_ = body == Body::kWhole;
    arrived(body);
  };
  timer_.expires_after(timeout);
  timer_.async_wait([once](const boost::system::error_code& error) {
    if (!error) once(Body::kLate);
  });
  pplx::create_task(message_._get_impl()->_get_data_available())
      .then([once](const pplx::task<utility::size64_t>& body) {
        try {
          body.get();
        } catch (const std::exception&) {
          // The client went away; its request comes to an end like any other.
          once(Body::kBroken);
          return;
        }
        once(Body::kWhole);
      });
}

std::string Exchange::TakeBody() {
  auto buffer = message_.body().streambuf();
  std::string body(buffer.in_avail(), '\0');
  if (body.empty()) return body;
  const auto read = buffer.scopy(reinterpret_cast<std::uint8_t*>(body.data()), body.size());
  body.resize(read == static_cast<std::size_t>(-1) ? 0 : read);
  return body;
}

void Exchange::Reply(Response response, bool close, std::function<void()> done) {
  web::http::http_response message(static_cast<web::http::status_code>(response.status));
  for (const auto& [name, value] : response.headers) message.headers().add(name, value);
  if (close) message.headers()["Connection"] = "close";
  const auto length = response.body.size();
  if (response.cut_off) {
    // Promises more than there is: cpprest then closes the connection in the middle of the answer.
    message.headers()["Connection"] = "close";
    message.set_body(concurrency::streams::bytestream::open_istream(std::move(response.body)),
                     length + 1, response.content_type);
  } else if (length > 0 && message_.method() != web::http::methods::HEAD) {
    message.set_body(std::move(response.body), response.content_type);
  }
  message_.reply(message).then(
      [self = shared_from_this(), done = std::move(done)](const pplx::task<void>& sent) {
        try {
          sent.get();
        } catch (const std::exception&) {
          // The client went away before it had its answer; that is its own business.
        }
        done();
      });
  if (close && !whole_) {
    settled_ = true;
    message_._get_impl()->_complete(
        0, std::make_exception_ptr(web::http::http_exception("the body is not waited for")));
  }
  timer_.cancel();
}

}  // namespace accoil::http

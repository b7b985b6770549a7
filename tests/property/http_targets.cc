#include <array>
#include <exception>
#include <string>
#include <utility>

#include "libs/core/text.h"
#include "libs/http/failure.h"
#include "libs/http/percent.h"
#include "libs/http/request_parser.h"
#include "libs/http/response_head.h"
#include "libs/http/router.h"
#include "libs/telemetry/trace.h"
#include "services/gateway/faked_routes.h"
#include "tests/property/targets.h"

namespace accoil::test {
namespace {

using http::RequestParser;
using State = http::RequestParser::State;

constexpr std::size_t kHeadLimit = 16 << 10;

/// Gives the parser all bytes in pieces of `step`, as a connection does. Answers what is left.
std::string Feed(RequestParser& parser, std::string_view bytes, std::size_t step) {
  std::string input;
  while (!bytes.empty() && parser.state() < State::kWhole) {
    input += bytes.substr(0, step);
    bytes.remove_prefix(std::min(step, bytes.size()));
    // The head and the body take a call each.
    for (int call = 0; call < 2 && parser.state() < State::kWhole; ++call) {
      const auto taken = parser.Parse(input);
      Demand(taken <= input.size(), "took more than there was");
      input.erase(0, taken);
    }
  }
  return input + std::string(bytes);
}

void DemandSame(RequestParser& a, RequestParser& b) {
  const auto none = [](RequestParser& parser) {
    return parser.state() == State::kHead || parser.state() == State::kMalformed;
  };
  // That half a head will never be a request may be seen sooner or later.
  if (none(a) && none(b)) return;
  Demand(a.state() == b.state(), "ends otherwise when its bytes are cut");
  Demand(a.request().method == b.request().method && a.request().path == b.request().path &&
             a.query() == b.query() && a.request().headers == b.request().headers &&
             a.request().body == b.request().body && a.keep_alive() == b.keep_alive(),
         "is another request when its bytes are cut");
}

/// The gateway's routes over stand-ins, found as http::Server finds them.
class Routes {
 public:
  Routes() {
    // An outcome that is none would be a defect.
    faked_.connections.finished_connect.set_outcome(connections::v1::CONNECT_DONE);
    for (std::size_t i = 0; i < faked_.routes.size(); ++i) {
      const auto& route = faked_.routes[i];
      router_.Add(route.method, route.path, i);
      handlers_.push_back(faked_.gate.Guard(route));
    }
  }

  /// The status of the answer.
  int Answer(http::Request request, const std::string& query) {
    auto match = router_.Find(request.method, request.path);
    if (!match.route) return match.allowed.empty() ? 404 : 405;
    request.parameters = std::move(match.parameters);
    auto parameters = http::ParseQuery(query);
    if (!parameters) return 400;
    request.query = *std::move(parameters);
    const auto& route = faked_.routes[*match.route];
    const bool operators = route.scope == gateway::Scope::kOperator;
    // Whoever knocks without a key gets no further, which nothing is learnt by.
    request.headers.try_emplace("Authorization",
                                "Bearer " + (operators ? gateway::kOperatorKey : "all"));
    http::Response response;
    try {
      response = handlers_[*match.route](request);
    } catch (const std::exception&) {
      response = http::FromFailure(std::current_exception(), request, telemetry::Logger::Silent());
    }
    http::CheckHeaders(response);
    Demand(response.status != 500, "is answered with 500 at " + route.path);
    Demand(core::IsUtf8(response.body), "is answered with what is no text at " + route.path);
    const auto problems = faked_.description.Problems(route.method, route.path, response);
    Demand(problems.empty(), "is answered otherwise than described at " + route.path + ": " +
                                 (problems.empty() ? "" : problems.front()));
    faked_.sink.published.clear();
    return response.status;
  }

 private:
  gateway::FakedRoutes faked_;
  http::Router router_;
  std::vector<http::Handler> handlers_;
};

/// One request as a client sends it, byte by byte.
bool ReadRequest(std::string_view text) {
  RequestParser whole(kHeadLimit);
  const auto left = Feed(whole, text, text.size());
  RequestParser cut(kHeadLimit);
  const auto left_of_cut = Feed(cut, text, 1 + text.size() % 7);
  DemandSame(whole, cut);
  if (whole.state() != State::kWhole) return false;
  Demand(left == left_of_cut, "leaves something else when its bytes are cut");
  telemetry::ParseTraceparent(whole.request().Header("traceparent"));
  static Routes routes;
  return routes.Answer(whole.request(), whole.query()) < 400;
}

constexpr std::array kTargets{Target{"http-request", ReadRequest}};

}  // namespace

std::span<const Target> HttpTargets() { return kTargets; }

}  // namespace accoil::test

#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "libs/core/clock.h"

namespace accoil::simulator {

/// A call of the API, as assertions want to see it.
struct LoggedCall {
  std::uint64_t seq = 0;
  core::TimePoint time;
  std::string method;
  std::string path;
  /// The endpoint as documented: "/contacts/{id}".
  std::string endpoint;
  /// 0 when no whole answer was sent.
  int status = 0;
  /// The workspace of the token; empty when the token is unknown.
  std::string workspace;
  std::chrono::microseconds duration{0};
  /// Contacts, companies and tags that were changed.
  std::vector<std::string> ids;
  /// The kind of fault that was played; empty for none.
  std::string fault;
  /// As the answer carries it in X-Request-Id.
  std::string request_id;
};

nlohmann::json ToJson(const LoggedCall& call);

/// The calls of the API, the last of them one by one, all of them as totals. Any thread.
class CallLog {
 public:
  /// `most` is how many calls are kept.
  void Add(LoggedCall call, std::size_t most);
  /// Calls with a greater seq, oldest first.
  std::vector<LoggedCall> Since(std::uint64_t seq) const;
  /// "PUT /contacts/{id}" → status → how many.
  std::map<std::string, std::map<int, std::uint64_t>> Totals() const;
  /// Forgets all but the sequence.
  void Clear();

 private:
  mutable std::mutex mutex_;
  std::uint64_t last_seq_ = 0;
  std::deque<LoggedCall> calls_;
  std::map<std::string, std::map<int, std::uint64_t>> totals_;
};

}  // namespace accoil::simulator

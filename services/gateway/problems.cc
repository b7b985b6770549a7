#include "services/gateway/problems.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>

#include "libs/core/errors.h"
#include "libs/core/hex.h"
#include "libs/core/text.h"
#include "services/gateway/enum_json.h"
#include "services/gateway/remedies.h"

namespace accoil::gateway {
namespace {

using events::v1::ConnectionState;
using events::v1::MatchDecision;
using events::v1::SubjectKind;

constexpr std::string_view kConnection = "connection.";
constexpr std::string_view kService = "service.";
constexpr std::string_view kMatch = "match.";
constexpr std::string_view kSync = "sync.";
constexpr std::string_view kTagging = "tagging.";
constexpr std::string_view kUnknownProfile = "unknown_profile";
constexpr std::string_view kRuleBroken = "rule_broken";

// The decisions that are a problem: those of removed subjects and unconnected products are none.
constexpr std::array kUnmatched{MatchDecision::NO_EMAIL,      MatchDecision::NO_CONTACT,
                                MatchDecision::CONTACT_TAKEN, MatchDecision::NO_MATCHED_USER,
                                MatchDecision::NO_COMPANY,    MatchDecision::AMBIGUOUS_COMPANY,
                                MatchDecision::COMPANY_TAKEN};

Problem Unconnected(const std::string& kind, std::string reason, ConnectionState state) {
  Problem problem;
  problem.id = std::string(kConnection) + kind;
  problem.kind = kind;
  problem.reason = std::move(reason);
  problem.remedy = RemedyForConnection(state);
  return problem;
}

std::optional<Problem> OfConnection(const std::optional<connections::v1::Connection>& connection) {
  if (!connection) {
    return Unconnected("not_connected", "The product is not connected to an Intercom workspace.",
                       ConnectionState::CONNECTION_STATE_UNSPECIFIED);
  }
  switch (connection->state()) {
    case ConnectionState::CONNECTED:
      return std::nullopt;
    case ConnectionState::DISCONNECTING:
      return Unconnected("disconnecting",
                         "The product is being disconnected; what was delivered is being archived.",
                         connection->state());
    default:
      return Unconnected("disconnected",
                         connection->state_reason().empty()
                             ? "The product is disconnected from its Intercom workspace."
                             : connection->state_reason(),
                         connection->state());
  }
}

Problem OfService(const std::string& name, const std::string& silence) {
  Problem problem;
  problem.id = std::string(kService) + name;
  problem.kind = "service_unavailable";
  problem.reason = silence;
  problem.remedy = RemedyForSilence(name);
  return problem;
}

Problem OfMatching(const matcher::v1::ListProblemsResponse::Group& group) {
  Problem problem;
  problem.kind = EnumToJson(group.decision());
  problem.id = std::string(kMatch) + EnumToJson(group.kind()) + "." + problem.kind;
  problem.count = group.subjects();
  for (const auto& example : group.examples()) {
    problem.examples.push_back({group.kind(), example.subject_id(), example.reason()});
  }
  if (!problem.examples.empty()) problem.reason = problem.examples.front().reason;
  problem.remedy = RemedyForMatch(group.kind(), group.decision());
  if (group.has_since()) problem.since = group.since();
  problem.retryable = true;
  return problem;
}

/// What the groups of trait-sync and tagging-automation have both.
template <typename Group>
Problem OfGroup(std::string_view service, const Group& group) {
  Problem problem;
  problem.id = std::string(service) + group.key();
  problem.kind = group.reason_class();
  // The reason of some groups does not say which attribute, profile, tag or rule it is about.
  problem.reason = group.name().empty() || group.reason().find(group.name()) != std::string::npos
                       ? group.reason()
                       : group.name() + ": " + group.reason();
  problem.count = group.subjects();
  for (const auto& subject : group.examples()) {
    problem.examples.push_back({subject.kind(), subject.subject_id(), {}});
  }
  if (group.has_since()) problem.since = group.since();
  if (group.has_retry_at()) problem.retry_at = group.retry_at();
  return problem;
}

Problem OfSync(const traitsync::v1::ListProblemsResponse::Group& group) {
  auto problem = OfGroup(kSync, group);
  problem.remedy = RemedyForSync(group.reason_class());
  // Only the profile's coming helps.
  problem.retryable = group.reason_class() != kUnknownProfile;
  return problem;
}

Problem OfTagging(const tagging::v1::ListProblemsResponse::Group& group) {
  auto problem = OfGroup(kTagging, group);
  problem.remedy = RemedyForTagging(group.reason_class());
  // Only changing the rule or the catalogue helps.
  problem.retryable = group.reason_class() != kRuleBroken;
  return problem;
}

/// Where a problem stands in the list: by how much it holds up, then by how many it concerns. The
/// id makes it a place of its own.
using Place = std::tuple<int, std::int64_t, std::string>;
Place PlaceOf(const Problem& problem) {
  const int rank = problem.id.starts_with(kConnection) ? 0
                   : problem.id.starts_with(kService)  ? 1
                                                       : 2;
  return {rank, -problem.count, problem.id};
}

// Ids have characters that mean something in a URL, so cursors are written in hexadecimal.
std::optional<std::string> FromHex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string text;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    unsigned char byte = 0;
    const auto* end = hex.data() + i + 2;
    const auto [at, error] = std::from_chars(hex.data() + i, end, byte, 16);
    if (error != std::errc() || at != end) return std::nullopt;
    text += static_cast<char>(byte);
  }
  return text;
}

std::string CursorOf(const Place& place) {
  return core::ToHex(std::to_string(std::get<0>(place)) + "_" +
                     std::to_string(-std::get<1>(place)) + "_" + std::get<2>(place));
}

std::optional<Place> ReadCursor(const std::string& cursor) {
  const auto text = FromHex(cursor);
  if (!text) return std::nullopt;
  const auto first = text->find('_');
  const auto second = first == std::string::npos ? first : text->find('_', first + 1);
  if (second == std::string::npos) return std::nullopt;
  const std::string_view view = *text;
  const auto rank = core::ParseInteger<int>(view.substr(0, first));
  const auto count = core::ParseInteger<std::int64_t>(view.substr(first + 1, second - first - 1));
  if (!rank || !count || *count < 0) return std::nullopt;
  return Place{*rank, -*count, text->substr(second + 1)};
}

}  // namespace

std::vector<Problem> AllProblems(const Complaints& complaints) {
  std::vector<Problem> problems;
  if (!complaints.connection.answered()) {
    problems.push_back(OfService("connections", complaints.connection.silence));
  } else if (auto problem = OfConnection(complaints.connection.message)) {
    problems.push_back(*std::move(problem));
  }
  if (!complaints.matching.answered()) {
    problems.push_back(OfService("matcher", complaints.matching.silence));
  } else if (complaints.matching.message) {
    for (const auto& group : complaints.matching.message->groups()) {
      problems.push_back(OfMatching(group));
    }
  }
  if (!complaints.sync.answered()) {
    problems.push_back(OfService("trait-sync", complaints.sync.silence));
  } else if (complaints.sync.message) {
    for (const auto& group : complaints.sync.message->groups()) problems.push_back(OfSync(group));
  }
  if (!complaints.tagging.answered()) {
    problems.push_back(OfService("tagging-automation", complaints.tagging.silence));
  } else if (complaints.tagging.message) {
    for (const auto& group : complaints.tagging.message->groups()) {
      problems.push_back(OfTagging(group));
    }
  }
  std::sort(problems.begin(), problems.end(),
            [](const auto& a, const auto& b) { return PlaceOf(a) < PlaceOf(b); });
  return problems;
}

ProblemPage PageOf(const std::vector<Problem>& problems, const std::string& cursor,
                   std::size_t limit) {
  ProblemPage page;
  auto next = problems.begin();
  if (!cursor.empty()) {
    const auto last = ReadCursor(cursor);
    if (!last)
      throw core::InvalidArgument("cursor", "must be a next_cursor that was answered here");
    next = std::upper_bound(
        problems.begin(), problems.end(), *last,
        [](const Place& place, const Problem& problem) { return place < PlaceOf(problem); });
  }
  while (next != problems.end() && page.problems.size() < limit) page.problems.push_back(*next++);
  if (next != problems.end()) page.next_cursor = CursorOf(PlaceOf(page.problems.back()));
  return page;
}

std::variant<RetryOfMatch, RetryOfSync, RetryOfTagging> RetryOf(std::string_view id) {
  const core::NotFound none("no problem has this id; GET …/problems lists those there are");
  if (id.starts_with(kConnection)) {
    throw core::FailedPrecondition(
        "this cannot be tried again from here: connect the product under Settings > Connections");
  }
  if (id.starts_with(kService)) {
    throw core::FailedPrecondition("this ends by itself when the service answers again");
  }
  if (id.starts_with(kSync)) {
    const auto key = id.substr(kSync.size());
    if (key.empty()) throw none;
    return RetryOfSync{std::string(key)};
  }
  if (id.starts_with(kTagging)) {
    const auto key = id.substr(kTagging.size());
    if (key.empty()) throw none;
    return RetryOfTagging{std::string(key)};
  }
  const auto parts = core::Split(id, '.');
  if (parts.size() != 3 || !id.starts_with(kMatch)) throw none;
  for (const auto kind : {SubjectKind::USER, SubjectKind::ACCOUNT}) {
    for (const auto decision : kUnmatched) {
      if (EnumToJson(kind) == parts[1] && EnumToJson(decision) == parts[2]) {
        return RetryOfMatch{kind, decision};
      }
    }
  }
  throw none;
}

}  // namespace accoil::gateway

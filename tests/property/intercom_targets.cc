#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "libs/core/errors.h"
#include "libs/core/text.h"
#include "libs/intercom/answers.h"
#include "services/connections/call_budget.h"
#include "tests/property/targets.h"

namespace accoil::test {
namespace {

using namespace accoil::intercom;

template <typename T>
bool Found(const std::optional<T>& object) {
  return object.has_value();
}

void DemandNamed(const std::optional<Page<Contact>>& page) {
  if (!page) return;
  for (const auto& contact : page->items) {
    Demand(!contact.id.value().empty(), "has a contact without an id");
    Demand(core::IsUtf8(contact.email), "has an email that is no text");
  }
}

/// Every reader is given every body: which one it is for is not in it.
bool ReadAnswer(std::string_view text) {
  bool accepted = false;
  if (const auto token = ReadAccessToken(text)) {
    accepted = true;
    Demand(!token->empty() && token->find_first_of("\r\n ") == std::string::npos,
           "is a token that breaks a header apart");
  }
  if (const auto workspace = ReadWorkspace(text)) {
    accepted = true;
    Demand(!workspace->id.value().empty(), "is a workspace without an id");
  }
  if (const auto attributes = ReadDataAttributes(text)) {
    accepted = true;
    for (const auto& attribute : *attributes) {
      Demand(!attribute.name.empty(), "is an attribute without a name");
    }
  }
  const auto contacts = ReadContacts(text);
  DemandNamed(contacts);
  accepted |= Found(contacts);
  accepted |= Found(ReadContact(text));
  accepted |= Found(ReadCompany(text));
  accepted |= Found(ReadCompanies(text));
  accepted |= Found(ReadDataAttribute(text));
  accepted |= Found(ReadTag(text));
  for (const int status : {400, 401, 404, 422, 429, 500}) {
    const auto failure = ReadFailure(status, text);
    Demand(failure.status == status, "has another status");
    Demand(core::IsUtf8(failure.ToString()) && failure.ToString().size() <= 3'000,
           "has an error that cannot be shown");
    accepted |= !failure.code.empty();
  }
  return accepted;
}

/// The header lines of one answer, up to an empty line.
http::Headers TakeHeaders(std::string_view& text) {
  http::Headers headers;
  while (!text.empty()) {
    const auto line = core::Trim(TakeLine(text));
    if (line.empty()) break;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    headers[std::string(line.substr(0, colon))] = std::string(core::Trim(line.substr(colon + 1)));
  }
  return headers;
}

/// The headers of answers that come a second after one another, as the budget is told of them.
bool ReadRateLimits(std::string_view text) {
  namespace budget = accoil::connections;
  using std::chrono::seconds;
  const budget::BudgetSettings settings;
  budget::BudgetState state;
  auto now = core::TimePoint(seconds(1'734'537'425));
  bool accepted = false;
  for (int answers = 0; !text.empty() && answers < 100; ++answers) {
    now += seconds(1);
    budget::CallBudget calls(settings, state, now);
    const auto seen = ReadRateLimit(TakeHeaders(text));
    budget::CallReport report{.window = state.window, .ended = 1};
    if (seen) {
      accepted = true;
      report.rate_limit = budget::CallReport::RateLimit{seen->limit, seen->remaining,
                                                        budget::WindowId(seen->reset)};
    }
    calls.Report(report);
    const auto lease = calls.Grant(budget::Priority::kTraits, 100);
    Demand(lease.granted >= 0 && lease.granted <= 100, "grants more than was asked for");
    const auto window = core::TimePoint(seconds(lease.window.value()));
    Demand(window > now - seconds(700) && window < now + seconds(700), "is nobody's window");
    Demand(lease.retry_after <= seconds(700), "has callers wait for nothing");
  }
  return accepted;
}

constexpr std::array kTargets{Target{"intercom-answer", ReadAnswer},
                              Target{"rate-limit", ReadRateLimits}};

}  // namespace

std::span<const Target> IntercomTargets() { return kTargets; }

}  // namespace accoil::test

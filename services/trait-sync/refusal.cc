#include "services/trait-sync/refusal.h"

#include <deque>

namespace accoil::traitsync {
namespace {

using intercom::AttributeValues;
using intercom::Failure;

/// Attributes that were refused together, and why.
struct Suspects {
  AttributeValues values;
  Failure refusal;
};

/// The sets to try next instead of one that was refused; a single attribute, or one that is named,
/// is found.
std::deque<AttributeValues> Narrow(const Suspects& suspects,
                                   std::map<std::string, std::string>& refused) {
  auto rest = suspects.values;
  auto at_fault = NamedAttribute(suspects.refusal, suspects.values);
  if (rest.size() == 1) at_fault = rest.begin()->first;
  if (at_fault) {
    refused[*at_fault] = suspects.refusal.ToString();
    rest.erase(*at_fault);
    if (rest.empty()) return {};
    return {std::move(rest)};
  }
  AttributeValues half;
  while (half.size() < rest.size()) half.insert(rest.extract(rest.begin()));
  return {std::move(half), std::move(rest)};
}

}  // namespace

bool BlamesAttributes(const Failure& failure) {
  return failure.kind == Failure::Kind::kRefused &&
         (failure.status == 400 || failure.status == 422);
}

std::optional<std::string> NamedAttribute(const Failure& failure, const AttributeValues& sent) {
  std::optional<std::string> named;
  for (const auto& [name, value] : sent) {
    const bool found = failure.field.find(name) != std::string::npos ||
                       failure.message.find(name) != std::string::npos;
    if (found && (!named || named->size() < name.size())) named = name;
  }
  return named;
}

IsolatedWrite WriteWithoutRefused(const AttributeValues& values, const Failure& refusal,
                                  const std::set<std::string>& suspects, int most_calls,
                                  const WriteCall& write) {
  IsolatedWrite result;
  AttributeValues rest = values;
  std::deque<AttributeValues> waiting;
  if (values.size() > 1 && !NamedAttribute(refusal, values)) {
    for (const auto& name : suspects) {
      if (auto suspect = rest.extract(name)) waiting.emplace_back().insert(std::move(suspect));
    }
  }
  if (waiting.empty()) {
    waiting = Narrow({values, refusal}, result.refused);
  } else if (!rest.empty()) {
    waiting.push_front(std::move(rest));
  }
  auto last_refusal = refusal;
  for (int calls = 0; !waiting.empty(); ++calls) {
    const auto next = std::move(waiting.front());
    waiting.pop_front();
    if (calls >= most_calls) {
      for (const auto& [name, value] : next) result.refused[name] = last_refusal.ToString();
      continue;
    }
    const auto outcome = write(next);
    if (outcome && outcome->ok()) {
      result.acknowledged.insert(next.begin(), next.end());
    } else if (outcome && BlamesAttributes(outcome->failure())) {
      last_refusal = outcome->failure();
      auto narrowed = Narrow({next, last_refusal}, result.refused);
      waiting.insert(waiting.end(), std::make_move_iterator(narrowed.begin()),
                     std::make_move_iterator(narrowed.end()));
    } else {
      result.ended = false;
      if (outcome) result.failure = outcome->failure();
      return result;
    }
  }
  return result;
}

}  // namespace accoil::traitsync

#include "services/tagging-automation/delivery/tag_batch.h"

#include <deque>

namespace accoil::tagging {

using intercom::Failure;

bool BlamesRequest(const Failure& failure) {
  if (failure.kind == Failure::Kind::kNotFound) return true;
  // A 403, for example, meets every request alike.
  return failure.kind == Failure::Kind::kRefused &&
         (failure.status == 400 || failure.status == 422);
}

BatchOutcome TagBatch(const std::vector<std::string>& ids, const TagCall& call,
                      const TagProbe& probe) {
  BatchOutcome result;
  if (ids.empty()) return result;
  bool tag_is_right = false;
  std::deque<std::vector<std::string>> parts{ids};
  while (!parts.empty()) {
    const auto part = std::move(parts.front());
    parts.pop_front();
    const auto outcome = call(part);
    if (!outcome) return result;
    if (outcome->ok()) {
      result.done.insert(part.begin(), part.end());
      // Intercom has taken the name.
      tag_is_right = true;
      continue;
    }
    const auto& failure = outcome->failure();
    if (!BlamesRequest(failure)) {
      result.failure = failure;
      return result;
    }
    if (failure.kind != Failure::Kind::kNotFound && !tag_is_right) {
      const auto asked = probe();
      if (!asked) return result;
      if (!asked->ok()) {
        auto& told = BlamesRequest(asked->failure()) ? result.tag_refused : result.failure;
        told = asked->failure();
        return result;
      }
      tag_is_right = true;
    }
    if (part.size() == 1) {
      result.refused[part.front()] = failure.ToString();
      continue;
    }
    ++result.halvings;
    const auto middle = part.begin() + static_cast<std::ptrdiff_t>(part.size() / 2);
    parts.emplace_front(middle, part.end());
    parts.emplace_front(part.begin(), middle);
  }
  return result;
}

}  // namespace accoil::tagging

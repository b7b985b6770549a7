#include "services/tagging-automation/jobs/tag_order.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

#include "libs/core/errors.h"
#include "libs/core/text.h"
#include "services/tagging-automation/wishes/tag_name.h"

namespace accoil::tagging {
namespace {

using core::InvalidArgument;

constexpr std::size_t kMostSubjects = 10'000;
constexpr std::size_t kLongestId = 255;
constexpr std::size_t kLongestCondition = 2'000;

void CheckText(const std::string& field, std::string_view text, std::size_t least,
               std::size_t most) {
  if (text.size() < least || text.size() > most || !core::IsPlainText(text)) {
    throw InvalidArgument(field, "must be " + std::to_string(least) + " to " +
                                     std::to_string(most) +
                                     " bytes of UTF-8 without control characters");
  }
}

void CheckSubjects(const std::vector<core::SubjectId>& subjects) {
  if (subjects.empty() || subjects.size() > kMostSubjects) {
    throw InvalidArgument("subject_ids", "must be 1 to 10000, or there must be a filter");
  }
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    const auto& id = subjects[i].value();
    const bool fits = !id.empty() && id.size() <= kLongestId && core::IsUtf8(id) &&
                      id.find('\0') == std::string::npos;
    if (!fits) {
      throw InvalidArgument("subject_ids[" + std::to_string(i) + "]", "must have 1 to 255 bytes");
    }
  }
}

void CheckFilter(const Selection& filter) {
  if (!core::IsIdentifier(filter.profile.value())) {
    throw InvalidArgument("filter.profile_id", "must be 1 to 64 characters of [A-Za-z0-9_-]");
  }
  if (filter.segment.empty() && filter.condition.empty()) {
    throw InvalidArgument("filter", "must have a segment, a condition or both");
  }
  CheckText("filter.segment", filter.segment, 0, kLongestId);
  if (filter.condition.size() > kLongestCondition) {
    throw InvalidArgument("filter.condition", "must have at most 2000 bytes");
  }
}

/// Parts of a text that cannot be taken for one another.
class Canonical {
 public:
  Canonical& Add(std::string_view part) {
    text_ += std::to_string(part.size()) + ":";
    text_ += part;
    return *this;
  }
  Canonical& Add(std::int64_t number) { return Add(std::to_string(number)); }

  std::string Digest() const {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    if (EVP_Digest(text_.data(), text_.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
      throw std::runtime_error("OpenSSL failed at SHA-256");
    }
    return {reinterpret_cast<const char*>(digest.data()), size};
  }

 private:
  std::string text_;
};

}  // namespace

void Check(const TagOrder& order) {
  CheckTag("tag", order.tag);
  if (order.filter) {
    if (!order.subjects.empty()) {
      throw InvalidArgument("filter", "must not be given together with subject_ids");
    }
    CheckFilter(*order.filter);
  } else {
    CheckSubjects(order.subjects);
  }
  CheckText("idempotency_key", order.idempotency_key, 1, kLongestId);
  CheckText("requested_by", order.requested_by, 0, kLongestId);
}

std::string DigestOf(const TagOrder& order) {
  Canonical canonical;
  canonical.Add(order.tag)
      .Add(static_cast<std::int64_t>(order.target))
      .Add(order.remove ? 1 : 0)
      .Add(static_cast<std::int64_t>(order.kind))
      .Add(order.requested_by);
  if (order.filter) {
    canonical.Add("filter")
        .Add(order.filter->profile.value())
        .Add(order.filter->segment)
        .Add(order.filter->condition);
    return canonical.Digest();
  }
  canonical.Add("subjects");
  auto subjects = order.subjects;
  std::ranges::sort(subjects);
  subjects.erase(std::unique(subjects.begin(), subjects.end()), subjects.end());
  for (const auto& subject : subjects) canonical.Add(subject.value());
  return canonical.Digest();
}

}  // namespace accoil::tagging

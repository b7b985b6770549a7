#include "services/tagging-automation/subjects/requests.h"

#include "libs/core/errors.h"
#include "libs/core/text.h"

namespace accoil::tagging {
namespace {

constexpr std::size_t kLongestId = 255;
constexpr int kMost = 1'000;
constexpr int kUsual = 100;

}  // namespace

core::ProductId ProductOf(std::int64_t product_id) {
  if (product_id <= 0) throw core::InvalidArgument("product_id", "must be above 0");
  return core::ProductId(product_id);
}

Subject SubjectOf(const char* field, const events::v1::Subject& subject) {
  const std::string path = field;
  if (subject.product_id() <= 0) {
    throw core::InvalidArgument(path + ".product_id", "must be above 0");
  }
  if (subject.kind() != events::v1::USER && subject.kind() != events::v1::ACCOUNT) {
    throw core::InvalidArgument(path + ".kind", "must be USER or ACCOUNT");
  }
  const auto& id = subject.subject_id();
  if (id.empty() || id.size() > kLongestId) {
    throw core::InvalidArgument(path + ".subject_id", "must have 1 to 255 bytes");
  }
  if (!core::IsUtf8(id) || id.find('\0') != std::string::npos) {
    throw core::InvalidArgument(path + ".subject_id", "must be UTF-8 without U+0000");
  }
  return {core::ProductId(subject.product_id()), static_cast<SubjectKind>(subject.kind()),
          core::SubjectId(id)};
}

int LimitOf(std::int32_t limit) {
  if (limit == 0) return kUsual;
  if (limit < 0 || limit > kMost) throw core::InvalidArgument("limit", "must be 1 to 1000");
  return limit;
}

events::v1::Subject ToMessage(const Subject& subject) {
  events::v1::Subject message;
  message.set_product_id(subject.product.value());
  message.set_kind(static_cast<events::v1::SubjectKind>(subject.kind));
  message.set_subject_id(subject.id.value());
  return message;
}

}  // namespace accoil::tagging

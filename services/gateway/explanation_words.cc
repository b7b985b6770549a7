#include "services/gateway/explanation_words.h"

#include <google/protobuf/util/time_util.h>

namespace accoil::gateway {

using events::v1::SubjectKind;

std::string KindWord(SubjectKind kind) { return kind == SubjectKind::ACCOUNT ? "account" : "user"; }

std::string Named(const events::v1::Subject& subject) {
  return "The " + KindWord(subject.kind()) + " " + subject.subject_id();
}

std::string TargetWord(SubjectKind kind) {
  return kind == SubjectKind::ACCOUNT ? "company" : "contact";
}

std::string TimeWord(const google::protobuf::Timestamp& time) {
  auto whole = time;
  whole.set_nanos(0);
  return google::protobuf::util::TimeUtil::ToString(whole);
}

std::string Count(std::int64_t count, const std::string& one) {
  return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

std::string Few(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 5;
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kShown; ++i) {
    const bool last = i + 1 == names.size();
    text += (i == 0 ? "" : last ? " and " : ", ") + names[i];
  }
  if (names.size() > kShown) text += " and " + std::to_string(names.size() - kShown) + " more";
  return text;
}

std::string Because(const std::string& text, const std::string& reason) {
  return Sentence(reason.empty() ? text : text + ": " + reason);
}

std::string Sentence(std::string text) {
  if (!text.empty() && text.back() != '.') text += '.';
  return text;
}

}  // namespace accoil::gateway

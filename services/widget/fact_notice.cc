#include "services/widget/fact_notice.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <stdexcept>

#include "libs/core/hex.h"
#include "services/widget/packed.h"

namespace accoil::widget {
namespace {

using events::v1::ConnectionChanged;
using events::v1::ProfileChanged;
using events::v1::SegmentEntered;
using events::v1::SegmentExited;
using events::v1::SubjectIdentified;
using events::v1::TraitChanged;
using events::v1::UserMatched;

// The first two characters say which version of this file wrote it, and what follows.
constexpr std::string_view kForget = "1f";
constexpr std::string_view kChange = "1c";
constexpr std::string_view kEverything = "1e";
// PostgreSQL takes less than 8000.
constexpr std::size_t kMostText = 7'900;
constexpr std::size_t kHashDigits = 16;
constexpr std::size_t kHashesInText = (kMostText - kForget.size()) / kHashDigits;
// Beyond it, forgetting everything is cheaper.
constexpr std::size_t kMostHashes = 10'000;
constexpr int kHex = 16;

void AppendHex(std::string& text, std::uint64_t hash) {
  std::array<char, kHashDigits> digits{};
  digits.fill('0');
  std::array<char, kHashDigits> written{};
  const auto end = std::to_chars(written.begin(), written.end(), hash, kHex).ptr;
  std::copy(written.begin(), end, digits.end() - (end - written.begin()));
  text.append(digits.data(), digits.size());
}

/// Nothing when it is not in hexadecimal.
template <typename Number>
std::optional<Number> ReadHex(std::string_view digits) {
  Number number = 0;
  const auto* const end = digits.data() + digits.size();
  const auto [at, error] = std::from_chars(digits.data(), end, number, kHex);
  if (error != std::errc() || at != end) return std::nullopt;
  return number;
}

std::optional<std::string> BytesOf(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const auto byte = ReadHex<unsigned char>(digits.substr(i, 2));
    if (!byte) return std::nullopt;
    bytes += static_cast<char>(*byte);
  }
  return bytes;
}

SubjectKey KeyOf(const events::v1::Subject& subject) {
  return {core::ProductId(subject.product_id()), static_cast<SubjectKind>(subject.kind()),
          core::SubjectId(subject.subject_id())};
}

template <typename Message>
void AddMeasures(FactNotice& notice, const events::Batch& batch) {
  for (const auto& [event, key, trace, at] : batch.Of<Message>()) {
    notice.Changed(MeasuresKey{KeyOf(event.subject()), core::ProfileId(event.profile_id())});
  }
}

bool TakeForgotten(std::string_view digits, FactCache& cache) {
  std::vector<std::uint64_t> hashes;
  for (std::size_t i = 0; i < digits.size(); i += kHashDigits) {
    const auto hash = ReadHex<std::uint64_t>(digits.substr(i, kHashDigits));
    if (!hash) return false;
    hashes.push_back(*hash);
  }
  cache.Forget(hashes);
  return true;
}

bool TakeChanged(std::string_view digits, FactCache& cache) {
  const auto bytes = BytesOf(digits);
  if (!bytes) return false;
  Unpacker unpacker(*bytes);
  const auto key = FactKey::FromBytes(std::string(unpacker.Text()));
  cache.Change(key, unpacker.Text());
  return true;
}

bool Take(std::string_view text, FactCache& cache) {
  const auto what = text.substr(0, kForget.size());
  text.remove_prefix(what.size());
  if (what == kForget) return TakeForgotten(text, cache);
  if (what == kChange) return TakeChanged(text, cache);
  return false;
}

}  // namespace

std::string NoticeChannel(const std::string& schema) { return schema + "_facts"; }

void FactNotice::Changed(const FactKey& key, std::string_view value) {
  Packer packer;
  packer.Add(key.bytes());
  packer.Add(value);
  auto text = std::string(kChange) + core::ToHex(packer.bytes());
  if (text.size() <= kMostText) {
    values_.push_back(std::move(text));
  } else {
    hashes_.push_back(key.hash());
  }
}

std::vector<std::string> FactNotice::Texts() const {
  auto hashes = hashes_;
  std::sort(hashes.begin(), hashes.end());
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
  if (everything_ || hashes.size() > kMostHashes) return {std::string(kEverything)};
  auto texts = values_;
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    if (i % kHashesInText == 0) texts.emplace_back(kForget);
    AppendHex(texts.back(), hashes[i]);
  }
  return texts;
}

void FactNotice::Send(postgres::Transaction& tx) const {
  if (empty()) return;
  tx.Execute(
      "SELECT count(pg_notify(current_schema() || '_facts', text)) FROM unnest($1::text[]) AS text",
      Texts());
}

FactNotice NoticeOf(const events::Batch& batch) {
  FactNotice notice;
  // The workspace that a product was connected to before is not told.
  if (!batch.Of<ConnectionChanged>().empty()) notice.Everything();
  for (const auto& received : batch.Of<ProfileChanged>()) {
    notice.Changed(core::ProductId(received.event.product_id()));
  }
  for (const auto& received : batch.Of<SubjectIdentified>()) {
    notice.Changed(KeyOf(received.event.subject()));
  }
  for (const auto& received : batch.Of<UserMatched>()) {
    const auto& event = received.event;
    // Whoever has the contact before, his own match is not of it: the contact's new user is new.
    notice.Changed(KeyOf(event.subject()));
    notice.Changed(
        ContactKey{core::WorkspaceId(event.workspace_id()), core::ContactId(event.target_id())});
  }
  AddMeasures<TraitChanged>(notice, batch);
  AddMeasures<SegmentEntered>(notice, batch);
  AddMeasures<SegmentExited>(notice, batch);
  return notice;
}

void TakeNotice(std::string_view text, FactCache& cache) {
  bool taken = false;
  try {
    taken = Take(text, cache);
  } catch (const std::logic_error&) {
    // It says something else than this version would have written.
  }
  if (!taken) cache.ForgetAll();
}

}  // namespace accoil::widget

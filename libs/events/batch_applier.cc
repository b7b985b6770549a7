#include "libs/events/batch_applier.h"

#include <array>
#include <unordered_map>

#include "libs/core/errors.h"
#include "libs/core/text.h"
#include "libs/events/event.h"
#include "libs/postgres/database.h"

namespace accoil::events {
namespace {

using AddTo = void (*)(const Record& record, Batch& batch);

template <typename Message>
void Add(const Record& record, Batch& batch) {
  const auto trace = record.headers.find("traceparent");
  batch.Add(Received<Message>{FromRecord<Message>(record), record.key,
                              trace == record.headers.end() ? std::string() : trace->second,
                              record.timestamp});
}

template <typename... Messages>
AddTo FindAdd(std::string_view topic) {
  AddTo found = nullptr;
  ((topic == TopicOf<Messages>() ? found = Add<Messages> : found), ...);
  return found;
}

/// The records of a batch, read.
struct Contents {
  Batch batch;
  std::vector<Rejected> rejected;
};

Contents Read(std::span<const Record> records) {
  Contents contents;
  for (const auto& record : records) {
    if (!record.value) continue;
    const auto add =
        FindAdd<v1::SubjectIdentified, v1::TraitChanged, v1::SegmentEntered, v1::SegmentExited,
                v1::UserMatched, v1::ProfileChanged, v1::ConnectionChanged, v1::IntercomWebhook,
                v1::TagApplied>(record.topic);
    try {
      if (add == nullptr) throw core::InvalidArgument("topic", "has no events that can be applied");
      add(record, contents.batch);
    } catch (const core::InvalidArgument& error) {
      contents.rejected.push_back({&record, error.what()});
    }
  }
  contents.batch.Seal();
  return contents;
}

/// An error's text may carry bytes of the record.
std::string ReasonOf(const std::exception& error) {
  constexpr std::size_t kMostBytes = 1000;
  const std::string_view text = error.what();
  if (!core::IsUtf8(text)) return "an error whose text is not UTF-8";
  return std::string(core::CutUtf8(text, kMostBytes));
}

}  // namespace

bool RecordsAreAtFault(const std::exception& error) {
  if (dynamic_cast<const core::Unavailable*>(&error) != nullptr ||
      dynamic_cast<const core::DeadlineExceeded*>(&error) != nullptr ||
      dynamic_cast<const PartitionsLost*>(&error) != nullptr ||
      dynamic_cast<const std::bad_alloc*>(&error) != nullptr) {
    return false;
  }
  if (const auto* sql = dynamic_cast<const postgres::SqlError*>(&error)) {
    // PostgreSQL's appendix A: two rows for one, bad values, broken constraints, limits of a
    // statement's size, and what our own functions raise.
    constexpr std::array<std::string_view, 6> kOfTheValues{"21", "22", "23", "44", "54", "P0"};
    const auto& state = sql->sqlstate();
    return std::any_of(kOfTheValues.begin(), kOfTheValues.end(),
                       [&](std::string_view prefix) { return state.starts_with(prefix); });
  }
  return true;
}

void ApplyInHalves(std::span<const Record> records, const CommitRecords& commit,
                   std::size_t& committed) {
  if (records.empty()) return;
  std::string reason;
  try {
    const auto contents = Read(records);
    commit(records, contents.batch, contents.rejected);
    committed += records.size();
    return;
  } catch (const std::exception& error) {
    if (!RecordsAreAtFault(error)) throw;
    reason = ReasonOf(error);
  }
  if (records.size() == 1) {
    commit(records, Batch{}, {{&records.front(), reason}});
    ++committed;
    return;
  }
  const auto half = records.size() / 2;
  ApplyInHalves(records.first(half), commit, committed);
  ApplyInHalves(records.subspan(half), commit, committed);
}

}  // namespace accoil::events

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "accoil/events/v1/events.pb.h"
#include "libs/core/clock.h"
#include "libs/events/batch.h"
#include "libs/events/event.h"

/// Events as the columns of batched statements.
namespace accoil::events {

/// Subjects of any product, in key order, each with the cause of its first change.
class Subjects {
 public:
  template <typename Message>
  void Add(const Received<Message>& received) {
    const auto& subject = received.event.subject();
    const auto [entry, added] = subjects_.try_emplace(
        std::tuple(subject.product_id(), static_cast<int>(subject.kind()), subject.subject_id()),
        Cause{received.published_at, received.traceparent});
    if (!added && received.published_at < entry->second.published_at) {
      entry->second = {received.published_at, received.traceparent};
    }
  }

  template <typename Message>
  void AddAll(const Batch& batch) {
    for (const auto& received : batch.Of<Message>()) Add(received);
  }

  bool empty() const { return subjects_.empty(); }

  struct Columns {
    std::vector<std::int64_t> product_id;
    std::vector<int> kind;
    std::vector<std::string> subject_id;
    std::vector<core::TimePoint> published_at;
    std::vector<std::string> traceparent;
  };
  Columns ToColumns() const {
    Columns columns;
    for (const auto& [key, cause] : subjects_) {
      columns.product_id.push_back(std::get<0>(key));
      columns.kind.push_back(std::get<1>(key));
      columns.subject_id.push_back(std::get<2>(key));
      columns.published_at.push_back(cause.published_at);
      columns.traceparent.push_back(cause.traceparent);
    }
    return columns;
  }

 private:
  struct Cause {
    core::TimePoint published_at;
    std::string traceparent;
  };
  std::map<std::tuple<std::int64_t, int, std::string>, Cause> subjects_;
};

/// Traits as they are stored; a withdrawn one has no value.
struct TraitColumns {
  std::vector<std::int64_t> product_id;
  std::vector<int> kind;
  std::vector<std::string> subject_id;
  std::vector<std::string> profile_id;
  std::vector<std::string> trait;
  std::vector<std::int64_t> version;
  std::vector<core::TimePoint> occurred_at;
  std::vector<std::optional<std::string>> value;
};

TraitColumns ToColumns(std::span<const Received<v1::TraitChanged>> changes);

struct MembershipColumns {
  std::vector<std::int64_t> product_id;
  std::vector<int> kind;
  std::vector<std::string> subject_id;
  std::vector<std::string> profile_id;
  std::vector<std::string> segment;
  std::vector<std::int64_t> version;
  std::vector<bool> inside;
  std::vector<core::TimePoint> occurred_at;
};

/// Entered and exited are one fact, so one statement must meet each of its keys once: of both kinds
/// in one batch the newer counts.
class Memberships {
 public:
  template <typename Message>
  void AddAll(const Batch& batch, bool inside) {
    for (const auto& received : batch.Of<Message>()) {
      const auto& event = received.event;
      const auto [entry, added] = newest_.try_emplace(
          std::tuple(event.subject().product_id(), static_cast<int>(event.subject().kind()),
                     event.subject().subject_id(), event.profile_id(), event.segment()),
          Fact{event.version(), inside, ToTime(event.occurred_at())});
      if (!added && entry->second.version < event.version()) {
        entry->second = {event.version(), inside, ToTime(event.occurred_at())};
      }
    }
  }

  bool empty() const { return newest_.empty(); }

  MembershipColumns ToColumns() const {
    MembershipColumns columns;
    for (const auto& [key, fact] : newest_) {
      columns.product_id.push_back(std::get<0>(key));
      columns.kind.push_back(std::get<1>(key));
      columns.subject_id.push_back(std::get<2>(key));
      columns.profile_id.push_back(std::get<3>(key));
      columns.segment.push_back(std::get<4>(key));
      columns.version.push_back(fact.version);
      columns.inside.push_back(fact.inside);
      columns.occurred_at.push_back(fact.occurred_at);
    }
    return columns;
  }

 private:
  struct Fact {
    std::int64_t version = 0;
    bool inside = false;
    core::TimePoint occurred_at;
  };
  std::map<std::tuple<std::int64_t, int, std::string, std::string, std::string>, Fact> newest_;
};

}  // namespace accoil::events

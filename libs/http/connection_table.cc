#include "libs/http/connection_table.h"

namespace accoil::http {

ConnectionTable::Seat::Seat(ConnectionTable& table, Records::iterator record)
    : table_(table), record_(record) {}

ConnectionTable::Seat::~Seat() {
  {
    const std::lock_guard lock(table_.mutex_);
    table_.SetRequest(*record_, false);
    if (record_->leaving) {
      table_.leaving_.erase(record_);
    } else {
      table_.held_ -= record_->held;
      --table_.count_;
      table_.List(doing_).erase(record_);
    }
  }
  table_.metrics_.Closed();
}

void ConnectionTable::Seat::Now(Doing doing) {
  const std::lock_guard lock(table_.mutex_);
  if (!record_->leaving) {
    auto& list = table_.List(doing);
    list.splice(list.end(), table_.List(doing_), record_);
  }
  doing_ = doing;
}

bool ConnectionTable::Seat::Hold(std::size_t bytes) {
  std::vector<std::shared_ptr<Member>> asked;
  bool fits = true;
  {
    const std::lock_guard lock(table_.mutex_);
    if (record_->leaving) return true;
    table_.held_ += bytes - record_->held;
    record_->held = bytes;
    if (bytes == 0 || table_.held_ <= table_.limits_.memory) return true;
    while (table_.held_ > table_.limits_.memory) {
      // Whoever needs the room does not make it by going itself.
      auto member = table_.TakeLongest(Doing::kTransferring, &*record_);
      if (!member) break;
      asked.push_back(std::move(member));
    }
    fits = table_.held_ <= table_.limits_.memory;
  }
  for (const auto& member : asked) member->CrowdOut();
  return fits;
}

void ConnectionTable::Seat::BeginRequest() {
  const std::lock_guard lock(table_.mutex_);
  table_.SetRequest(*record_, true);
}

void ConnectionTable::Seat::EndRequest() {
  const std::lock_guard lock(table_.mutex_);
  table_.SetRequest(*record_, false);
}

ConnectionTable::ConnectionTable(Limits limits, ServerMetrics& metrics)
    : limits_(limits), metrics_(metrics) {}

std::unique_ptr<ConnectionTable::Seat> ConnectionTable::Enter(std::weak_ptr<Member> member) {
  std::shared_ptr<Member> asked;
  std::unique_ptr<Seat> seat;
  {
    const std::lock_guard lock(mutex_);
    if (count_ >= limits_.connections) {
      asked = TakeLongest();
      if (!asked) {
        metrics_.Gave(ServerMetrics::GivenUp::kRefused);
        return nullptr;
      }
    }
    auto& idle = List(Doing::kIdle);
    idle.push_back({.member = std::move(member)});
    ++count_;
    seat = std::make_unique<Seat>(*this, std::prev(idle.end()));
  }
  metrics_.Opened();
  if (asked) asked->CrowdOut();
  return seat;
}

bool ConnectionTable::MakeRoom() {
  std::shared_ptr<Member> asked;
  {
    const std::lock_guard lock(mutex_);
    asked = TakeLongest();
  }
  if (asked) asked->CrowdOut();
  return asked != nullptr;
}

void ConnectionTable::AwaitNoRequests(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, limit, [this] { return requests_ == 0; });
}

std::shared_ptr<ConnectionTable::Member> ConnectionTable::TakeLongest(Doing doing,
                                                                      const Record* except) {
  auto& list = List(doing);
  for (auto next = list.begin(); next != list.end();) {
    const auto record = next++;
    if (&*record == except) continue;
    record->leaving = true;
    held_ -= record->held;
    --count_;
    auto member = record->member.lock();
    leaving_.splice(leaving_.end(), list, record);
    // One without a member is about to give up its seat anyway.
    if (!member) continue;
    metrics_.Gave(ServerMetrics::GivenUp::kCrowdedOut);
    return member;
  }
  return nullptr;
}

std::shared_ptr<ConnectionTable::Member> ConnectionTable::TakeLongest() {
  auto member = TakeLongest(Doing::kIdle);
  return member ? member : TakeLongest(Doing::kTransferring);
}

void ConnectionTable::SetRequest(Record& record, bool has_request) {
  if (record.has_request == has_request) return;
  record.has_request = has_request;
  if (has_request) {
    ++requests_;
  } else if (--requests_ == 0) {
    changed_.notify_all();
  }
}

}  // namespace accoil::http

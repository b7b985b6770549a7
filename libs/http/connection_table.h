#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "libs/http/server_metrics.h"

namespace accoil::http {

/// The open connections of a server. Keeps their number, and the memory of the bodies and answers
/// that they hold, within bounds: when room is needed, those go that have been waiting for their
/// clients the longest, so that neither idle nor slow clients can keep others out. Any thread;
/// outlives its seats.
class ConnectionTable {
 public:
  struct Limits {
    std::size_t connections;
    /// Bytes of bodies and answers.
    std::size_t memory;
  };

  /// A connection, as the table sees it.
  class Member {
   public:
    virtual ~Member() = default;
    /// Asks it to close soon. Any thread.
    virtual void CrowdOut() = 0;
  };

  /// What a connection is doing.
  enum class Doing {
    /// Waits for its client to send a request.
    kIdle,
    /// Waits for its client to send the rest of a body or to take an answer.
    kTransferring,
    /// Its client waits for us; it is never asked to close.
    kWorking,
  };

 private:
  struct Record {
    std::weak_ptr<Member> member;
    std::size_t held = 0;
    bool has_request = false;
    /// Was asked to close: does not count any more, and is not asked again.
    bool leaving = false;
  };
  using Records = std::list<Record>;

 public:
  /// A connection's place in the table; giving it up is leaving. Used by one thread at a time.
  class Seat {
   public:
    Seat(ConnectionTable& table, Records::iterator record);
    ~Seat();
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

    /// From now on it does this.
    void Now(Doing doing);
    /// It holds so many bytes now. Asks others that are transferring to close when all hold too
    /// much together; answers false when that does not help.
    bool Hold(std::size_t bytes);
    /// A request is in hand from its head to its answer's being sent.
    void BeginRequest();
    void EndRequest();

   private:
    ConnectionTable& table_;
    Records::iterator record_;
    Doing doing_ = Doing::kIdle;
  };

  ConnectionTable(Limits limits, ServerMetrics& metrics);

  /// A seat for a new connection, for which the one that has waited longest may have to go; nothing
  /// when all are being worked for.
  std::unique_ptr<Seat> Enter(std::weak_ptr<Member> member);
  /// Asks the connection that has waited longest to close. Answers whether there was one.
  bool MakeRoom();

  /// Waits until no request is in hand, or `limit` has passed.
  void AwaitNoRequests(std::chrono::milliseconds limit);

 private:
  Records& List(Doing doing) { return lists_[static_cast<std::size_t>(doing)]; }
  /// The first of a list that can be asked to close, now leaving; nothing when there is none.
  std::shared_ptr<Member> TakeLongest(Doing doing, const Record* except = nullptr);
  /// The same of all.
  std::shared_ptr<Member> TakeLongest();
  void SetRequest(Record& record, bool has_request);

  const Limits limits_;
  ServerMetrics& metrics_;
  std::mutex mutex_;
  std::condition_variable changed_;
  /// By what they do, the longest at it first.
  Records lists_[3];
  /// Those that were asked to close and have not yet.
  Records leaving_;
  /// Without those that are leaving.
  std::size_t count_ = 0;
  std::size_t held_ = 0;
  std::size_t requests_ = 0;
};

}  // namespace accoil::http

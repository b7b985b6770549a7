#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "libs/postgres/database.h"

namespace accoil::postgres {

/// Hears what transactions tell one another with pg_notify(channel, text): a connection of its own,
/// outside of the pool. Of one thread.
///
/// Texts are heard in the order of the commits, each some milliseconds after its commit; what was
/// committed while nobody listened is never heard. So whoever keeps what the texts are about begins
/// anew after each Open.
class Listener {
 public:
  using Hear = std::function<void(const std::string& text)>;

  /// Does not connect yet.
  Listener(const DatabaseConfig& config, std::string channel);
  ~Listener();

  bool open() const { return session_ != nullptr; }
  /// Connects, anew if it was: whatever is committed after it returned is heard. Throws
  /// DatabaseUnavailable.
  void Open();
  /// Gives to `hear` what comes, for that long. Throws DatabaseUnavailable when the connection
  /// broke; then, and when `hear` throws, it is open no more.
  void Await(std::chrono::milliseconds patience, const Hear& hear);
  /// As Await, but asks the server and ends when it answers: what was committed before has been
  /// heard then, and the connection is alive.
  void Check(const Hear& hear);

 private:
  struct Session;
  void Run(const Hear& hear, const std::function<void(Session&)>& work);

  const std::string url_;
  const std::string channel_;
  std::unique_ptr<Session> session_;
};

}  // namespace accoil::postgres

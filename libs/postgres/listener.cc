#include "libs/postgres/listener.h"

#include <pqxx/pqxx>
#include <vector>

#include "libs/postgres/pqxx_session.h"

namespace accoil::postgres {
namespace {

/// Keeps the texts: libpqxx swallows what a receiver throws.
class Receiver final : public pqxx::notification_receiver {
 public:
  using notification_receiver::notification_receiver;
  void operator()(const std::string& payload, int /*backend_pid*/) override {
    texts.push_back(payload);
  }
  std::vector<std::string> texts;
};

}  // namespace

struct Listener::Session {
  Session(const std::string& url, const std::string& channel) : connection(WithDefaults(url)) {
    // A session that begins anew behind our back would not have heard everything. See database.cc.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    connection.inhibit_reactivation(true);
#pragma GCC diagnostic pop
    {
      pqxx::nontransaction settings(connection);
      settings.exec("SET client_min_messages = warning");
      // A listener that stopped reading must not keep what it has not heard in the server forever.
      settings.exec("SET tcp_user_timeout = 30000");
      settings.exec("SET statement_timeout = 5000");
    }
    receiver = std::make_unique<Receiver>(connection, channel);
  }

  pqxx::connection connection;
  std::unique_ptr<Receiver> receiver;
};

Listener::Listener(const DatabaseConfig& config, std::string channel)
    : url_(config.url), channel_(std::move(channel)) {}

Listener::~Listener() = default;

void Listener::Open() {
  session_.reset();
  try {
    session_ = std::make_unique<Session>(url_, channel_);
  } catch (const pqxx::failure& error) {
    throw DatabaseUnavailable(FirstLine(error.what()), false);
  }
}

void Listener::Await(std::chrono::milliseconds patience, const Hear& hear) {
  Run(hear, [&](Session& session) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience);
    session.connection.await_notification(seconds.count(),
                                          std::chrono::microseconds(patience - seconds).count());
  });
}

void Listener::Check(const Hear& hear) {
  Run(hear, [](Session& session) {
    pqxx::nontransaction(session.connection).exec("SELECT 1");
    session.connection.get_notifs();
  });
}

void Listener::Run(const Hear& hear, const std::function<void(Session&)>& work) {
  if (!session_) throw std::logic_error("a listener that is not open");
  auto session = std::move(session_);
  try {
    work(*session);
  } catch (const pqxx::failure& error) {
    throw DatabaseUnavailable(FirstLine(error.what()), false);
  }
  const auto texts = std::move(session->receiver->texts);
  session->receiver->texts.clear();
  for (const auto& text : texts) hear(text);
  session_ = std::move(session);
}

}  // namespace accoil::postgres

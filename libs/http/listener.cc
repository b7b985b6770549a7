#include "libs/http/listener.h"

#include <boost/asio/post.hpp>
#include <future>

namespace accoil::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// How long nothing is accepted after accepting has failed; clients wait in the backlog.
constexpr std::chrono::milliseconds kPause{50};
constexpr std::chrono::minutes kBetweenWarnings{1};
constexpr std::size_t kScratchSize = 64 << 10;

tcp::endpoint Resolve(asio::io_context& context, const core::HostPort& address) {
  auto host = address.host;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  tcp::resolver resolver(context);
  return *resolver.resolve(host, std::to_string(address.port)).begin();
}

}  // namespace

struct Listener::IoThread {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(context);
  std::vector<char> scratch = std::vector<char>(kScratchSize);
  std::thread thread;
};

Listener::Listener(const core::HostPort& address, int threads, Hooks hooks,
                   const telemetry::Logger& logger)
    : hooks_(std::move(hooks)), logger_(logger) {
  for (int i = 0; i < threads; ++i) threads_.push_back(std::make_unique<IoThread>());
  auto& context = threads_.front()->context;
  pause_ = std::make_unique<asio::steady_timer>(context);
  acceptor_ = std::make_unique<tcp::acceptor>(context);
  const auto endpoint = Resolve(context, address);
  acceptor_->open(endpoint.protocol());
  acceptor_->set_option(tcp::acceptor::reuse_address(true));
  acceptor_->bind(endpoint);
  acceptor_->listen();
  port_ = acceptor_->local_endpoint().port();
}

Listener::~Listener() { Stop(); }

void Listener::Start() {
  for (const auto& thread : threads_) {
    thread->thread = std::thread([this, &context = thread->context] { RunLoop(context); });
  }
  asio::post(threads_.front()->context, [this] { Accept(); });
}

void Listener::RunLoop(asio::io_context& context) {
  while (true) {
    try {
      context.run();
      return;
    } catch (const std::exception& error) {
      // Whose connection it was cannot be told here; it is lost, the others go on.
      logger_.Error("a connection failed by a defect", {{"problem", error.what()}});
    }
  }
}

void Listener::Accept() {
  auto& thread = *threads_[next_];
  next_ = (next_ + 1) % threads_.size();
  acceptor_->async_accept(
      thread.context, [this, &thread](const boost::system::error_code& error, tcp::socket socket) {
        OnAccepted(error, std::move(socket), thread);
      });
}

void Listener::OnAccepted(const boost::system::error_code& error, tcp::socket socket,
                          IoThread& thread) {
  if (!acceptor_->is_open()) return;
  if (!error) {
    asio::post(thread.context, [this, &thread, socket = std::move(socket)]() mutable {
      hooks_.accepted(std::move(socket), thread.scratch);
    });
    return Accept();
  }
  // The client has gone while it waited.
  if (error == asio::error::connection_aborted) return Accept();
  const auto now = std::chrono::steady_clock::now();
  if (now - warned_ > kBetweenWarnings) {
    warned_ = now;
    logger_.Warn("connections cannot be accepted", {{"problem", error.message()}});
  }
  hooks_.out_of_descriptors();
  pause_->expires_after(kPause);
  pause_->async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled && acceptor_->is_open()) Accept();
  });
}

void Listener::Close() {
  std::promise<void> closed;
  asio::post(threads_.front()->context, [&] {
    boost::system::error_code ignored;
    acceptor_->close(ignored);
    pause_->cancel();
    closed.set_value();
  });
  closed.get_future().wait();
}

void Listener::Stop() {
  for (const auto& thread : threads_) thread->context.stop();
  for (const auto& thread : threads_) {
    if (thread->thread.joinable()) thread->thread.join();
  }
  // What hangs on a loop goes before the loops, which take the connections with them.
  acceptor_.reset();
  pause_.reset();
  threads_.clear();
}

}  // namespace accoil::http

#include "tests/intercom-simulator/webhook_queue.h"

#include "tests/catch.h"

namespace accoil::simulator {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""s;

Delivery Named(const std::string& id) {
  Delivery delivery;
  delivery.notification.id = id;
  return delivery;
}

SentDelivery Answered(Delivery delivery, int status) {
  SentDelivery sent;
  sent.delivery = std::move(delivery);
  sent.status = status;
  return sent;
}

TEST_CASE("what is due longest is taken first") {
  WebhookQueue queue;
  const auto now = std::chrono::steady_clock::now();
  queue.Add(Named("later"), now - 1s);
  queue.Add(Named("sooner"), now - 2s);
  queue.Add(Named("in an hour"), now + 1h);
  CHECK(queue.Take()->notification.id == "sooner");
  CHECK(queue.Take()->notification.id == "later");
  CHECK(queue.counts().pending == 3);
}

TEST_CASE("a full queue drops what comes and counts it") {
  WebhookQueue queue(2);
  const auto now = std::chrono::steady_clock::now();
  for (const char* id : {"1", "2", "3"}) queue.Add(Named(id), now);
  CHECK(queue.counts().pending == 2);
  CHECK(queue.counts().dropped == 1);
}

TEST_CASE("one that is tried again never stops being pending") {
  WebhookQueue queue;
  const auto now = std::chrono::steady_clock::now();
  queue.Add(Named("1"), now);
  queue.Done(Answered(*queue.Take(), 500), now);
  CHECK(queue.counts().pending == 1);
  CHECK(queue.counts().failed == 1);
  const auto again = *queue.Take();
  CHECK(again.attempt == 2);
  queue.Done(Answered(again, 200), std::nullopt);
  CHECK(queue.counts().pending == 0);
  CHECK(queue.counts().delivered == 1);
  CHECK(queue.Since(1).size() == 1);
}

TEST_CASE("what was being sent when the queue was cleared leaves no trace") {
  WebhookQueue queue;
  queue.Add(Named("1"), std::chrono::steady_clock::now());
  const auto taken = *queue.Take();
  queue.Clear();
  queue.Done(Answered(taken, 500), std::chrono::steady_clock::now());
  CHECK(queue.counts().pending == 0);
  CHECK(queue.Since(0).empty());
}

TEST_CASE("only the last that were sent are remembered") {
  WebhookQueue queue(10, 2);
  for (int i = 0; i < 3; ++i) {
    queue.Add(Named(std::to_string(i)), std::chrono::steady_clock::now());
    queue.Done(Answered(*queue.Take(), 200), std::nullopt);
  }
  const auto sent = queue.Since(0);
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].delivery.notification.id == "1");
}

TEST_CASE("a closed queue gives nothing away") {
  WebhookQueue queue;
  queue.Add(Named("1"), std::chrono::steady_clock::now());
  queue.Close();
  CHECK_FALSE(queue.Take().has_value());
}

}  // namespace
}  // namespace accoil::simulator

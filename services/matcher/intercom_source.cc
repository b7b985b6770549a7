#include "services/matcher/intercom_source.h"

#include <thread>
#include <type_traits>

namespace accoil::matcher {
namespace {

using intercom::Client;
using intercom::Company;
using intercom::Contact;
using intercom::Failure;
using intercom::Outcome;
using intercom::Page;

// A single failed call out of thousands must not end a run that is far along.
constexpr int kMostAttempts = 3;
constexpr std::chrono::milliseconds kPause{250};

class IntercomSource final : public ContactSource {
 public:
  IntercomSource(intercom::Transport& transport, intercom::Budget& budget,
                 intercom::Directory& directory, core::ProductId product, Metrics& metrics,
                 const std::atomic<bool>& stopping)
      : session_(transport, budget, directory, product, intercom::Priority::MATCHING),
        metrics_(metrics),
        stopping_(stopping) {}

  const core::WorkspaceId& workspace() const override { return session_.workspace(); }
  int calls() const override { return session_.calls(); }

  Page<Contact> ListContacts(const std::string& cursor) override {
    return Take(Call("list_contacts", [&](Client& client) { return client.ListContacts(cursor); }));
  }

  Page<Contact> SearchContacts(const std::string& field, const std::vector<std::string>& values,
                               const std::string& cursor) override {
    return Take(Call("search_contacts",
                     [&](Client& client) { return client.SearchContacts(field, values, cursor); }));
  }

  std::optional<Contact> GetContact(const core::ContactId& id) override {
    auto contact =
        TakeIfFound(Call("get_contact", [&](Client& client) { return client.GetContact(id); }));
    // A merged contact may be answered by the one that it was merged into.
    if (contact && contact->id != id) contact.reset();
    return contact;
  }

  std::optional<Page<Company>> ListContactCompanies(const core::ContactId& id, int page) override {
    return TakeIfFound(Call("list_contact_companies",
                            [&](Client& client) { return client.ListContactCompanies(id, page); }));
  }

  std::optional<Company> GetCompany(const core::CompanyId& id) override {
    return TakeIfFound(Call("get_company", [&](Client& client) { return client.GetCompany(id); }));
  }

  Page<Company> ListCompanies(int page) override {
    return Take(Call("list_companies", [&](Client& client) { return client.ListCompanies(page); }));
  }

 private:
  template <typename Work>
  std::invoke_result_t<const Work&, Client&> Call(const char* method, const Work& work) {
    for (int attempt = 1;; ++attempt) {
      if (stopping_) throw Postponed("the service stops");
      metrics_.Called(method);
      try {
        auto outcome = session_.Call(work);
        if (outcome.ok() || !outcome.failure().retryable() || attempt == kMostAttempts) {
          return outcome;
        }
        // A throttled call waits for its next permit; anything else for a moment.
        if (outcome.failure().kind != Failure::Kind::kThrottled) {
          std::this_thread::sleep_for((attempt - 1) * kPause);
        }
      } catch (const intercom::BudgetExhausted& error) {
        throw Postponed(error.what());
      }
    }
  }

  template <typename T>
  static T Take(Outcome<T> outcome) {
    if (!outcome.ok()) throw SourceFailed(outcome.failure());
    return std::move(outcome.value());
  }

  template <typename T>
  static std::optional<T> TakeIfFound(Outcome<T> outcome) {
    if (!outcome.ok() && outcome.failure().kind == Failure::Kind::kNotFound) return std::nullopt;
    return Take(std::move(outcome));
  }

  intercom::Session session_;
  Metrics& metrics_;
  const std::atomic<bool>& stopping_;
};

}  // namespace

std::unique_ptr<ContactSource> IntercomSources::Open(core::ProductId product,
                                                     const core::WorkspaceId& workspace) {
  const auto open = [&] {
    return std::make_unique<IntercomSource>(transport_, budget_, directory_, product, metrics_,
                                            stopping_);
  };
  auto source = open();
  if (source->workspace() == workspace) return source;
  // What is remembered of the access may be older than what the event told.
  directory_.Forget(product);
  source = open();
  if (source->workspace() == workspace) return source;
  throw SourceFailed("the product is being connected to another workspace", true);
}

}  // namespace accoil::matcher

#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "services/widget/list_keeper.h"
#include "tests/integration/widget_served.h"

namespace accoil::test {

/// The widget with its lists, which follow when they are asked to.
class ListsBed : public ServedWidget {
 public:
  using Request = widget::v1::ListSubjectsRequest;
  using Response = widget::v1::ListSubjectsResponse;

  ListsBed() : lists_(widget::v1::Widget::NewStub(rpc::MakeChannel(address()))) {}

  /// A profile of four types of traits: Score, Rate, LastActive, Plan, Paying; Seats of accounts.
  void Measure(const std::string& id, bool summary = false, std::int64_t product = kProduct) {
    events::v1::ProfileChanged event;
    event.set_product_id(product);
    event.set_profile_id(id);
    event.set_name("Trial Users");
    event.set_sync_mode(events::v1::ALL_TRAITS);
    event.set_summary(summary);
    const auto add = [&](const char* name, events::v1::TraitType type, bool users = true) {
      auto& trait = *event.add_catalogue();
      trait.set_name(name);
      trait.set_type(type);
      if (users) trait.add_on(events::v1::USER);
      trait.add_on(events::v1::ACCOUNT);
    };
    add("Score", events::v1::INTEGER);
    add("Rate", events::v1::FLOAT);
    add("LastActive", events::v1::DATE);
    add("Plan", events::v1::STRING);
    add("Paying", events::v1::BOOLEAN);
    add("Seats", events::v1::INTEGER, false);
    Tell(event);
  }

  static events::v1::Subject User(const std::string& id, std::int64_t product = kProduct) {
    return Subject(events::v1::USER, id, product);
  }

  void Know(const events::v1::Subject& subject, const std::string& name, const std::string& email,
            bool removed = false) {
    events::v1::SubjectIdentified event;
    *event.mutable_subject() = subject;
    event.set_name(name);
    event.set_email(email);
    event.set_removed(removed);
    Tell(event);
  }

  void Trait(const events::v1::Subject& subject, const std::string& trait,
             const google::protobuf::Value& value, const std::string& profile = "trial") {
    events::v1::TraitChanged event;
    *event.mutable_subject() = subject;
    event.set_profile_id(profile);
    event.set_trait(trait);
    *event.mutable_value() = value;
    Tell(event);
  }
  void Trait(const events::v1::Subject& subject, const std::string& trait, double number) {
    google::protobuf::Value value;
    value.set_number_value(number);
    Trait(subject, trait, value);
  }
  void Trait(const events::v1::Subject& subject, const std::string& trait, const char* text) {
    google::protobuf::Value value;
    value.set_string_value(text);
    Trait(subject, trait, value);
  }

  /// The rows of lists are as the facts are.
  void Follow() {
    while (keeper.Follow()) {
    }
  }

  static Request Users(const std::string& sort = "", bool descending = false) {
    Request request;
    request.set_product_id(kProduct);
    request.set_kind(events::v1::USER);
    request.set_sort(sort);
    request.set_descending(descending);
    return request;
  }
  Response List(const Request& request) {
    return rpc::Call(*lists_, &widget::v1::Widget::Stub::ListSubjects, request,
                     std::chrono::seconds(20), "ListSubjects");
  }
  /// The ids of all pages, one space between them.
  std::string Ids(Request request) {
    std::string ids;
    do {
      const auto page = List(request);
      for (const auto& subject : page.subjects()) {
        ids += (ids.empty() ? "" : " ") + subject.subject_id();
      }
      request.set_cursor(page.next_cursor());
    } while (!request.cursor().empty());
    return ids;
  }
  /// "field: problem" of a request that is refused.
  std::string Refusal(const Request& request) {
    try {
      List(request);
    } catch (const core::InvalidArgument& error) {
      return error.what();
    }
    return "accepted";
  }

  widget::ListKeeper keeper{database(), metrics, postgres().telemetry().logger()};

 private:
  std::unique_ptr<widget::v1::Widget::Stub> lists_;
};

}  // namespace accoil::test

#include "services/gateway/canvas_request.h"

#include <string>

#include "libs/core/errors.h"
#include "tests/catch.h"

namespace accoil::gateway {
namespace {

TEST_CASE("a submit tells who looks, at whom, what was clicked and chosen, and what was stored") {
  const auto request = ReadCanvasRequest(R"({
    "workspace_id": "abc", "component_id": "switch-profile",
    "input_values": {"profile": "7.trial", "list": ["a"]},
    "admin": {"id": 814860}, "context": {"locale": "en"},
    "conversation": {"company": {"id": "co0"}},
    "contact": {"id": "c1", "external_id": "u-1", "email": "a@b.c", "role": "user",
                "companies": {"type": "list", "data": [{"id": "co1"}, {"id": "co2"}]}},
    "current_canvas": {"stored_data": {"tab": "user"}}, "other": [1]})",
                                         CanvasKind::kSubmit);
  CHECK(request.workspace_id() == "abc");
  CHECK(request.component_id() == "switch-profile");
  CHECK(request.input_values().size() == 1);
  CHECK(request.input_values().at("profile") == "7.trial");
  CHECK(request.admin_id() == "814860");
  CHECK(request.company_id() == "co0");
  CHECK(request.contact().company_ids_size() == 2);
  CHECK(request.contact().company_ids(1) == "co2");
  CHECK(request.stored_data() == R"({"tab":"user"})");
}

TEST_CASE("names that are too long are cut, for nothing hangs on them") {
  const auto request = ReadCanvasRequest(
      R"({"workspace_id":"abc","contact":{"id":"c1","name":")" + std::string(400, 'n') + R"("}})",
      CanvasKind::kInitialize);
  CHECK(request.contact().name() == std::string(255, 'n'));
}

TEST_CASE("what is refused is named as it stands in the body") {
  const auto field_of = [](const std::string& rest) -> std::string {
    try {
      ReadCanvasRequest(R"({"workspace_id":"abc","component_id":"x",)" + rest + "}",
                        CanvasKind::kSubmit);
    } catch (const core::InvalidArgument& error) {
      return error.field();
    }
    return "accepted";
  };
  std::string inputs;
  for (int i = 0; i <= 50; ++i) {
    inputs += (i == 0 ? "" : ",") + ("\"i" + std::to_string(i)) + R"(":"v")";
  }
  CHECK(field_of(R"("input_values":{)" + inputs + "}") == "input_values");
  CHECK(field_of(R"("input_values":[])") == "input_values");
  CHECK(field_of(R"("current_canvas":{"stored_data":")" + std::string(64 << 10, 's') + R"("})") ==
        "current_canvas.stored_data");
  // PostgreSQL would not take it.
  CHECK(field_of(R"("admin":{"id":"a\u0000"})") == "admin.id");
  CHECK(field_of(R"("contact":{"companies":{"data":[{"id":"c\u0000"}]}})") ==
        "contact.companies.data[0].id");
}

TEST_CASE("an initialize needs the workspace alone, and older versions name the customer") {
  const auto request = ReadCanvasRequest(R"({
    "workspace_id": "abc", "component_id": "ignored",
    "customer": {"id": "c1", "companies": {"companies": [{"id": "co1"}]}}})",
                                         CanvasKind::kInitialize);
  CHECK(request.component_id().empty());
  CHECK(request.contact().contact_id() == "c1");
  CHECK(request.contact().company_ids(0) == "co1");
  CHECK_NOTHROW(ReadCanvasRequest(R"({"workspace_id":"abc"})", CanvasKind::kInitialize));
  CHECK_THROWS_AS(ReadCanvasRequest(R"({"workspace_id":"abc"})", CanvasKind::kSubmit),
                  core::InvalidArgument);
}

}  // namespace
}  // namespace accoil::gateway

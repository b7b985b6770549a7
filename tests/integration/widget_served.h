#pragma once

#include <map>
#include <memory>
#include <string>

#include "libs/rpc/call.h"
#include "libs/rpc/server.h"
#include "services/widget/service.h"
#include "tests/integration/widget_bed.h"

namespace accoil::test {

/// The widget as the gateway reaches it: over gRPC, with the bed's read model behind it.
class ServedWidget : public WidgetBed {
 public:
  ServedWidget() {
    server_.Start();
    stub_ = widget::v1::Widget::NewStub(rpc::MakeChannel(server_.address()));
  }
  ~ServedWidget() { server_.Stop(); }

  static widget::v1::RenderRequest Request(const std::string& contact,
                                           const std::string& workspace = kWorkspace) {
    widget::v1::RenderRequest request;
    request.set_workspace_id(workspace);
    request.mutable_contact()->set_contact_id(contact);
    request.mutable_contact()->set_role("user");
    request.set_admin_id("anna");
    return request;
  }

  core::HostPort address() const { return server_.address(); }

  std::string Render(const widget::v1::RenderRequest& request) {
    const auto rendered = RenderAll({request}).at(0);
    if (!rendered.problem().empty()) throw core::InvalidArgument("", rendered.problem());
    return rendered.body();
  }
  std::vector<widget::v1::Rendered> RenderAll(
      const std::vector<widget::v1::RenderRequest>& requests) {
    widget::v1::RenderBatch batch;
    for (const auto& request : requests) *batch.add_requests() = request;
    const auto answer = rpc::Call(*stub_, &widget::v1::Widget::Stub::Render, batch,
                                  std::chrono::seconds(10), "Render");
    return {answer.rendered().begin(), answer.rendered().end()};
  }

  /// One teammate beside one conversation: every click goes with what the answer before it stored.
  std::string Open(widget::v1::RenderRequest request) {
    request_ = std::move(request);
    return Keep(Render(request_));
  }
  std::string Click(const std::string& component,
                    const std::map<std::string, std::string>& inputs = {}) {
    auto request = request_;
    request.set_component_id(component);
    request.mutable_input_values()->insert(inputs.begin(), inputs.end());
    request.set_stored_data(stored_);
    return Keep(Render(request));
  }

 private:
  std::string Keep(std::string answer) {
    CHECK(canvas_kit::Problems(answer) == std::vector<std::string>());
    stored_ = nlohmann::json::parse(answer)["canvas"]["stored_data"].dump();
    return answer;
  }

  widget::LinkTemplates links_{"https://app.example/{product}/users/{id}",
                               "https://app.example/{product}/accounts/{id}"};
  widget::ListStore lists_{database()};
  widget::Service service_{
      {inbox, choices, lists_, links_, clock, metrics, postgres().telemetry().logger()}};
  rpc::Server server_{{.address = {"127.0.0.1", 0}}, {&service_}, postgres().telemetry()};
  std::unique_ptr<widget::v1::Widget::Stub> stub_;
  widget::v1::RenderRequest request_;
  std::string stored_;
};

}  // namespace accoil::test

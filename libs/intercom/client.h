#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "libs/core/environment.h"
#include "libs/intercom/outcome.h"
#include "libs/intercom/types.h"
#include "libs/telemetry/telemetry.h"

namespace accoil::http {
struct Reply;
}

namespace accoil::intercom {

/// Connections to Intercom's hosts, shared by all workspaces, and the metrics of all calls:
/// accoil_intercom_calls_total{endpoint,outcome} and
/// accoil_intercom_call_duration_seconds{endpoint}. Any thread.
class Transport {
 public:
  struct Config {
    /// From sending a request to having its answer.
    std::chrono::milliseconds timeout{10'000};

    /// ACCOIL_INTERCOM_TIMEOUT.
    static Config FromEnvironment(core::Environment& environment);
  };

  Transport(Config config, telemetry::Telemetry& telemetry);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  std::chrono::milliseconds timeout() const;

 private:
  friend class Client;
  struct Call {
    /// The metric's label: "PUT /contacts/{id}".
    const char* endpoint;
    const char* method;
    std::string path;
    std::string body;
    const char* content_type = "application/json";
  };
  /// Without a token for what proves itself otherwise.
  http::Reply Send(const std::string& base_url, const std::string& token, const Call& call);

  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

/// An app that is registered with Intercom.
struct OAuthApp {
  std::string client_id;
  std::string client_secret;
};

/// Intercom's REST API 2.14 as far as the suite uses it, for one workspace. Each method is one HTTP
/// request, blocks, and never throws for what Intercom or the network does. Budget is the caller's
/// business (see session.h). Cheap to make; any thread; the transport outlives it.
class Client {
 public:
  Client(Transport& transport, std::string base_url, std::string token)
      : transport_(transport), base_url_(std::move(base_url)), token_(std::move(token)) {}

  /// POST /auth/eagle/token: the access token that an authorization code stands for. A code works
  /// once, for some minutes. The code is as a stranger's browser brought it: any bytes.
  static Outcome<std::string> ExchangeCode(Transport& transport, const std::string& base_url,
                                           const OAuthApp& app, const std::string& code);

  /// Intercom's page limit.
  static constexpr int kContactsPerPage = 150;
  /// The most contacts or companies that one call tags.
  static constexpr std::size_t kMostTagged = 100;

  /// GET /me
  Outcome<Workspace> Me();
  /// POST /auth/uninstall: takes the token's app out of the workspace, which kills the token.
  Outcome<Done> Uninstall();
  /// GET /contacts; `cursor` empty for the first page.
  Outcome<Page<Contact>> ListContacts(const std::string& cursor);
  /// POST /contacts/search for contacts whose `field` (email, external_id) is one of the values.
  Outcome<Page<Contact>> SearchContacts(const std::string& field,
                                        const std::vector<std::string>& values,
                                        const std::string& cursor);
  /// GET /contacts/{id}
  Outcome<Contact> GetContact(const core::ContactId& id);
  /// GET /contacts/{id}/companies; pages count from 1.
  Outcome<Page<Company>> ListContactCompanies(const core::ContactId& id, int page);
  /// GET /companies/{id}
  Outcome<Company> GetCompany(const core::CompanyId& id);
  /// POST /companies/list; pages count from 1, `next` is the next page's number. Reaches 10,000
  /// companies.
  Outcome<Page<Company>> ListCompanies(int page);
  /// PUT /contacts/{id} with custom_attributes, which Intercom merges.
  Outcome<Done> UpdateContact(const core::ContactId& id, const AttributeValues& attributes);
  /// PUT /companies/{id} with custom_attributes.
  Outcome<Done> UpdateCompany(const core::CompanyId& id, const AttributeValues& attributes);
  /// GET /data_attributes with archived ones.
  Outcome<std::vector<DataAttribute>> ListDataAttributes(Model model);
  /// POST /data_attributes
  Outcome<DataAttribute> CreateDataAttribute(Model model, const std::string& name,
                                             const std::string& data_type,
                                             const std::string& description);
  /// PUT /data_attributes/{id}
  Outcome<DataAttribute> ArchiveDataAttribute(std::int64_t id, bool archived);
  /// POST /tags with a name alone: the tag of that name, made when there is none.
  Outcome<Tag> FindOrCreateTag(const std::string& name);
  /// POST /tags with users: gives the tag of that name, made when there is none, to 1 to
  /// kMostTagged contacts, or takes it from them. All or none: an id that is unknown has the whole
  /// call refused with 400 or 404. Idempotent.
  Outcome<Tag> TagContacts(const std::string& name, const std::vector<core::ContactId>& contacts,
                           bool untag);
  /// POST /tags with companies, by Intercom's ids.
  Outcome<Tag> TagCompanies(const std::string& name, const std::vector<core::CompanyId>& companies,
                            bool untag);

 private:
  http::Reply Send(const char* endpoint, const char* method, const std::string& path,
                   const std::string& body = "");

  Transport& transport_;
  std::string base_url_;
  std::string token_;
};

/// The REST base URL of a region; an unknown one is taken for US.
std::string BaseUrl(const std::string& region);

}  // namespace accoil::intercom

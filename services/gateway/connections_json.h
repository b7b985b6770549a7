#pragma once

#include <nlohmann/json_fwd.hpp>
#include <variant>

#include "accoil/connections/v1/connections.pb.h"
#include "libs/core/ids.h"

/// What connections keeps, as the REST API writes and reads it. Reading is strict and throws
/// FieldProblem; the limits of values are connections' to judge.
namespace accoil::gateway {

/// {"product_id","name"}
nlohmann::ordered_json ToJson(const connections::v1::Product& product);
/// {"name"}
connections::v1::CreateProductRequest CreateProductFromJson(const nlohmann::json& body);

/// {"profile_id","name","summary","sync_mode","catalogue":[{"name","type","on","definition"}]}
nlohmann::ordered_json ToJson(const connections::v1::Profile& profile);
/// The same; profile_id may be left out, else it is the path's. name and sync_mode are required.
connections::v1::Profile ProfileFromJson(const nlohmann::json& body,
                                         const core::ProfileId& profile);

/// All of a connection; there is no token in it. state is connected, disconnecting or disconnected,
/// origin access_token or oauth, unknown when it was never told.
nlohmann::ordered_json ToJson(const connections::v1::Connection& connection);
/// {"access_token","client_secret"?,"attribute_prefix"?,"match_by_external_id"?}
connections::v1::PutConnectionRequest PutConnectionFromJson(const nlohmann::json& body,
                                                            core::ProductId product);

/// {"attribute_prefix"?,"match_by_external_id"?}, with "installation" a claim of it.
std::variant<connections::v1::StartConnectRequest, connections::v1::ClaimInstallationRequest>
ConnectFromJson(const nlohmann::json& body, core::ProductId product);
/// {"authorize_url","expires_at"}
nlohmann::ordered_json ToJson(const connections::v1::StartConnectResponse& started);

/// {"label","scopes":["ingest"|"read"|"admin",…]}
connections::v1::CreateApiKeyRequest CreateApiKeyFromJson(const nlohmann::json& body,
                                                          core::ProductId product);
/// {"api_key_id","api_key"}
nlohmann::ordered_json ToJson(const connections::v1::CreateApiKeyResponse& created);
/// {"api_key_id","label","scopes","created_at","last_used_at","revoked_at"}
nlohmann::ordered_json ToJson(const connections::v1::ApiKey& api_key);

}  // namespace accoil::gateway

#include "tests/intercom-simulator/installations.h"

#include <random>

#include "tests/intercom-simulator/api_error.h"

namespace accoil::simulator {
namespace {

constexpr std::chrono::minutes kCodeLife{5};

/// 32 hex digits that nobody guesses.
std::string Unguessable() {
  std::random_device source;
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  while (text.size() < 32) {
    const auto bits = source();
    for (unsigned shift = 0; shift < 32; shift += 4) text += kHex[(bits >> shift) & 15];
  }
  return text;
}

}  // namespace

App Installations::app() const {
  const std::lock_guard lock(mutex_);
  return app_;
}

App Installations::Change(const nlohmann::json& changes) {
  const std::lock_guard lock(mutex_);
  return app_ = Changed(app_, changes);
}

std::string Installations::IssueCode(const std::string& id_code, core::TimePoint now) {
  const std::lock_guard lock(mutex_);
  std::erase_if(codes_, [&](const auto& entry) { return entry.second.expires <= now; });
  auto code = Unguessable();
  codes_[code] = {id_code, now + kCodeLife};
  return code;
}

std::string Installations::Exchange(const std::string& code, const std::string& client_id,
                                    const std::string& client_secret, int refused_status,
                                    core::TimePoint now) {
  const std::lock_guard lock(mutex_);
  if (client_id != app_.client_id || client_secret != app_.client_secret) {
    throw ApiError(401, "unauthorized", "The client id or the client secret is wrong");
  }
  const auto found = codes_.find(code);
  if (found == codes_.end() || found->second.expires <= now) {
    throw ApiError(refused_status, "parameter_invalid", "The code is unknown, expired or used",
                   "code");
  }
  auto token = "app_" + Unguessable();
  workspace_by_token_[token] = found->second.id_code;
  codes_.erase(found);
  return token;
}

void Installations::Install(const std::string& id_code, const std::string& token) {
  const std::lock_guard lock(mutex_);
  workspace_by_token_[token] = id_code;
  dead_.erase(token);
}

bool Installations::Uninstall(const std::string& id_code) {
  const std::lock_guard lock(mutex_);
  std::erase_if(codes_, [&](const auto& entry) { return entry.second.id_code == id_code; });
  return std::erase_if(workspace_by_token_, [&](const auto& entry) {
           if (entry.second != id_code) return false;
           dead_.insert(entry.first);
           return true;
         }) > 0;
}

bool Installations::IsInstalled(const std::string& id_code) const {
  return !TokensOf(id_code).empty();
}

std::set<std::string> Installations::TokensOf(const std::string& id_code) const {
  const std::lock_guard lock(mutex_);
  std::set<std::string> tokens;
  for (const auto& [token, workspace] : workspace_by_token_) {
    if (workspace == id_code) tokens.insert(token);
  }
  return tokens;
}

std::string Installations::WorkspaceOf(const std::string& token) const {
  const std::lock_guard lock(mutex_);
  const auto found = workspace_by_token_.find(token);
  return found == workspace_by_token_.end() ? "" : found->second;
}

bool Installations::IsDead(const std::string& token) const {
  const std::lock_guard lock(mutex_);
  return dead_.contains(token);
}

void Installations::Kill(const std::string& token) {
  const std::lock_guard lock(mutex_);
  workspace_by_token_.erase(token);
  dead_.insert(token);
}

void Installations::Revive(const std::string& token) {
  const std::lock_guard lock(mutex_);
  dead_.erase(token);
}

void Installations::Reset() {
  const std::lock_guard lock(mutex_);
  app_ = initial_app_;
  codes_.clear();
  workspace_by_token_.clear();
  dead_.clear();
}

}  // namespace accoil::simulator

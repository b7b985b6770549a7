#pragma once

#include <chrono>
#include <string>

#include "libs/core/environment.h"

namespace accoil::rpc {

/// How services know one another: PEM files of this service's certificate and key, and of the
/// authority that signs the certificates of all. With them every connection is TLS with
/// certificates from both sides; without them it is plain. Files that are replaced are read again.
struct Tls {
  std::string certificate_file;
  std::string key_file;
  std::string authority_file;
  /// How long a replaced file may go unnoticed. Connections that are open stay as they are.
  std::chrono::seconds refresh{30};

  bool enabled() const { return !certificate_file.empty(); }

  /// ACCOIL_TLS_CERTIFICATE_FILE, ACCOIL_TLS_KEY_FILE, ACCOIL_TLS_CA_FILE: all or none. Complains
  /// when some are missing, cannot be read or do not belong together.
  static Tls FromEnvironment(core::Environment& environment);
};

/// Where a service is found and how it is spoken to. A certificate must name the host that is
/// called here (as a DNS name or an IP address in its subject alternative names).
struct Target {
  core::HostPort address;
  Tls tls;

  Target() = default;
  /// Without TLS unless it is given.
  // NOLINTNEXTLINE(google-explicit-constructor): an address alone is a target
  Target(core::HostPort where, Tls how = {}) : address(std::move(where)), tls(std::move(how)) {}

  /// host:port in the variable `name`, TLS as Tls::FromEnvironment.
  static Target FromEnvironment(core::Environment& environment, const std::string& name);
};

}  // namespace accoil::rpc

#pragma once

#include <string>
#include <string_view>

#include "libs/core/ids.h"

namespace accoil::gateway {

/// What the page that asks which product an installation is for sends back.
struct InstallationForm {
  /// The secret that stands for the installed workspace.
  std::string installation;
  core::ProductId product;
  /// A key that may connect the product.
  std::string api_key;
};

/// Reads an application/x-www-form-urlencoded body with the fields installation, product and
/// api_key. Throws core::InvalidArgument naming the field; messages quote no value. Pure.
InstallationForm ReadInstallationForm(std::string_view body);

}  // namespace accoil::gateway

#pragma once

#include <string>
#include <string_view>

#include "services/widget/inbox.h"

namespace accoil::widget {

/// Where "Open in Accoil" leads. {product}, {profile} and {id} stand for what is shown,
/// percent-encoded; an empty template makes no link.
struct LinkTemplates {
  std::string user;
  std::string account;
};

/// The link of a subject; empty without a template.
std::string LinkTo(const LinkTemplates& templates, const Subject& subject, const ProfileKey& shown);

/// Why a template cannot be one, in words; empty when it can: it must begin with https://, or with
/// http://127.0.0.1 or http://localhost, and have no other placeholders.
std::string TemplateProblem(std::string_view text);

}  // namespace accoil::widget

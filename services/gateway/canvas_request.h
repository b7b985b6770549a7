#pragma once

#include <string_view>

#include "accoil/widget/v1/widget.pb.h"

namespace accoil::gateway {

/// What Intercom asks for.
enum class CanvasKind { kInitialize, kSubmit };
/// initialize or submit.
const char* NameOf(CanvasKind kind);

/// Reads the body of a canvas request, which Intercom sends with far more in it than is used: what
/// is not named here is passed over. Older versions have `customer` in place of `contact`. Throws
/// core::InvalidArgument, naming the field, when it is no JSON object, has no workspace_id, what is
/// used has another type or is beyond the limits of RenderRequest, or a submit names no component.
widget::v1::RenderRequest ReadCanvasRequest(std::string_view body, CanvasKind kind);

}  // namespace accoil::gateway

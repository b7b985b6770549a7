#pragma once

#include <memory>
#include <string>

#include "libs/core/environment.h"

namespace accoil::load {

/// The limit that live canvases are held against: the gateway's listener and its canvas endpoint,
/// signatures checked and requests read as ever, but answered with one canvas that is always the
/// same, without asking anybody.
class FixedCanvas {
 public:
  /// `client_secret` signs the requests. Listens on a free port of this machine.
  FixedCanvas(const std::string& client_secret, std::string canvas);
  ~FixedCanvas();

  core::HostPort address() const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace accoil::load

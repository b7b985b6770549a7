#include "services/widget/fact_key.h"

#include <utility>

#include "services/widget/packed.h"

namespace accoil::widget {
namespace {

/// FNV-1a, its bits then mixed (MurmurHash3's finalizer) for tables that use some of them.
std::uint64_t HashOf(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : bytes) {
    hash ^= static_cast<unsigned char>(byte);
    hash *= 0x100000001b3;
  }
  constexpr unsigned kHalf = 33;
  hash ^= hash >> kHalf;
  hash *= 0xff51afd7ed558ccd;
  hash ^= hash >> kHalf;
  hash *= 0xc4ceb9fe1a85ec53;
  hash ^= hash >> kHalf;
  return hash;
}

template <typename... Parts>
std::string Join(std::string_view what, const Parts&... parts) {
  Packer packer;
  packer.Add(what);
  (packer.Add(parts), ...);
  return packer.Take();
}

std::int64_t NumberOf(SubjectKind kind) { return static_cast<std::int64_t>(kind); }

}  // namespace

FactKey::FactKey(std::string bytes) : bytes_(std::move(bytes)), hash_(HashOf(bytes_)) {}

FactKey::FactKey(const core::WorkspaceId& workspace) : FactKey(Join("w", workspace.value())) {}

FactKey::FactKey(const ContactKey& contact)
    : FactKey(Join("c", contact.workspace.value(), contact.contact.value())) {}

FactKey::FactKey(core::ProductId product) : FactKey(Join("p", product.value())) {}

FactKey::FactKey(const SubjectKey& subject)
    : FactKey(Join("s", subject.product.value(), NumberOf(subject.kind), subject.subject.value())) {
}

FactKey::FactKey(const MeasuresKey& measures)
    : FactKey(Join("m", measures.subject.product.value(), NumberOf(measures.subject.kind),
                   measures.subject.subject.value(), measures.profile.value())) {}

FactKey::FactKey(const TeammateKey& teammate)
    : FactKey(Join("a", teammate.workspace.value(), teammate.admin)) {}

}  // namespace accoil::widget

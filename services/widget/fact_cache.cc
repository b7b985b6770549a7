#include "services/widget/fact_cache.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>

namespace accoil::widget {
namespace {

// A fact with its place in the chain and among the others is about this large.
constexpr std::size_t kUsualBytes = 256;
constexpr std::size_t kMostBuckets = std::size_t{1} << 24;
// What the allocator adds to a block.
constexpr std::size_t kBlockBytes = 16;
// An account with that much is rare, and read anew each time.
constexpr std::size_t kMostFactBytes = 256 << 10;
// Changes that are taken over at once: readers wait no longer.
constexpr std::size_t kSlice = 256;

}  // namespace

/// In one block, its key and value behind it.
struct FactCache::Fact {
  Fact* next_in_bucket = nullptr;
  Fact* newer = nullptr;
  Fact* older = nullptr;
  std::uint64_t hash = 0;
  std::uint32_t key_size = 0;
  std::uint32_t value_size = 0;

  char* data() { return reinterpret_cast<char*>(this + 1); }
  std::string_view key() { return {data(), key_size}; }
  std::string_view value() { return {data() + key_size, value_size}; }
  std::size_t bytes() const { return sizeof(Fact) + key_size + value_size + kBlockBytes; }

  static Fact* Make(const FactKey& key, std::string_view value) {
    const auto size = sizeof(Fact) + key.bytes().size() + value.size();
    auto* fact = new (::operator new(size)) Fact;
    fact->hash = key.hash();
    fact->key_size = static_cast<std::uint32_t>(key.bytes().size());
    fact->value_size = static_cast<std::uint32_t>(value.size());
    std::memcpy(fact->data(), key.bytes().data(), key.bytes().size());
    if (!value.empty()) std::memcpy(fact->data() + fact->key_size, value.data(), value.size());
    return fact;
  }
  static void Free(Fact* fact) {
    fact->~Fact();
    ::operator delete(fact);
  }
};

FactCache::FactCache(std::size_t bytes) : limit_(bytes) {
  buckets_.resize(std::clamp<std::size_t>(std::bit_floor(bytes / kUsualBytes), 1, kMostBuckets));
}

FactCache::~FactCache() { Clear(); }

std::optional<FactCache::Stamp> FactCache::Begin() const {
  const std::lock_guard lock(mutex_);
  if (limit_ == 0 || Clock::now() >= trusted_until_) return std::nullopt;
  return Stamp(now_);
}

std::vector<std::optional<std::string>> FactCache::Find(std::span<const FactKey> keys) {
  std::vector<std::optional<std::string>> values(keys.size());
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    auto* fact = Look(keys[i]);
    if (fact == nullptr) continue;
    values[i].emplace(fact->value());
    if (fact == newest_) continue;
    Unlink(fact);
    Link(fact);
  }
  return values;
}

void FactCache::Keep(const FactKey& key, std::string_view value, Stamp stamp) {
  const std::lock_guard lock(mutex_);
  if (cleared_ > stamp.value_ || BucketOf(key.hash()).changed > stamp.value_) return;
  if (Clock::now() >= trusted_until_) return;
  Put(key, value);
}

void FactCache::Forget(std::span<const std::uint64_t> hashes) {
  while (!hashes.empty()) {
    const auto slice = hashes.first(std::min(hashes.size(), kSlice));
    hashes = hashes.subspan(slice.size());
    const std::lock_guard lock(mutex_);
    for (const auto hash : slice) {
      BucketOf(hash).changed = ++now_;
      if (Drop(hash)) ++figures_.forgotten;
    }
  }
}

void FactCache::Change(const FactKey& key, std::string_view value) {
  const std::lock_guard lock(mutex_);
  BucketOf(key.hash()).changed = ++now_;
  if (Clock::now() >= trusted_until_) {
    Drop(key.hash());
  } else {
    Put(key, value);
  }
}

void FactCache::ForgetAll() {
  const std::lock_guard lock(mutex_);
  figures_.forgotten += figures_.facts;
  Clear();
}

void FactCache::Trust(Clock::time_point until) {
  const std::lock_guard lock(mutex_);
  trusted_until_ = std::max(trusted_until_, until);
}

void FactCache::Distrust() {
  const std::lock_guard lock(mutex_);
  trusted_until_ = Clock::time_point::min();
  Clear();
}

FactCache::Figures FactCache::figures() const {
  const std::lock_guard lock(mutex_);
  auto figures = figures_;
  figures.trusted = Clock::now() < trusted_until_;
  return figures;
}

FactCache::Fact* FactCache::Look(const FactKey& key) {
  for (auto* fact = BucketOf(key.hash()).first; fact != nullptr; fact = fact->next_in_bucket) {
    if (fact->hash == key.hash() && fact->key() == key.bytes()) return fact;
  }
  return nullptr;
}

void FactCache::Put(const FactKey& key, std::string_view value) {
  Drop(key.hash());
  if (value.size() > kMostFactBytes || limit_ == 0) return;
  auto* fact = Fact::Make(key, value);
  auto& bucket = BucketOf(fact->hash);
  fact->next_in_bucket = bucket.first;
  bucket.first = fact;
  Link(fact);
  figures_.bytes += fact->bytes();
  ++figures_.facts;
  while (figures_.bytes > limit_) Remove(oldest_);
}

bool FactCache::Drop(std::uint64_t hash) {
  // One at most: whoever comes with the same hash takes the other's place.
  for (auto* fact = BucketOf(hash).first; fact != nullptr; fact = fact->next_in_bucket) {
    if (fact->hash != hash) continue;
    Remove(fact);
    return true;
  }
  return false;
}

void FactCache::Remove(Fact* fact) {
  auto** link = &BucketOf(fact->hash).first;
  while (*link != fact) link = &(*link)->next_in_bucket;
  *link = fact->next_in_bucket;
  Unlink(fact);
  figures_.bytes -= fact->bytes();
  --figures_.facts;
  Fact::Free(fact);
}

void FactCache::Link(Fact* fact) {
  fact->newer = nullptr;
  fact->older = newest_;
  (newest_ == nullptr ? oldest_ : newest_->newer) = fact;
  newest_ = fact;
}

void FactCache::Unlink(Fact* fact) {
  (fact->newer == nullptr ? newest_ : fact->newer->older) = fact->older;
  (fact->older == nullptr ? oldest_ : fact->older->newer) = fact->newer;
}

void FactCache::Clear() {
  cleared_ = ++now_;
  for (auto* fact = newest_; fact != nullptr;) {
    auto* older = fact->older;
    Fact::Free(fact);
    fact = older;
  }
  newest_ = oldest_ = nullptr;
  for (auto& bucket : buckets_) bucket.first = nullptr;
  figures_.bytes = figures_.facts = 0;
}

}  // namespace accoil::widget

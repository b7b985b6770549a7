#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "services/widget/fact_cache.h"
#include "services/widget/fact_store.h"

namespace accoil::widget {

/// Reads facts for one batch of canvases: from the cache while it may be used, else from the
/// database, and what was missing is kept in the cache. Of one thread; what it is given outlives
/// it.
class FactReader {
 public:
  /// From the cache alone: what is not there is missing.
  FactReader(FactCache& cache, FactCache::Stamp stamp) : cache_(&cache), stamp_(stamp) {}
  /// From the cache and the database. `stamp` was taken before `store`'s transaction read anything.
  FactReader(FactCache& cache, FactCache::Stamp stamp, const FactStore& store)
      : cache_(&cache), stamp_(stamp), store_(&store) {}
  /// From the database alone.
  explicit FactReader(const FactStore& store) : store_(&store) {}

  /// Facts, packed, in the keys' order; those that are missing are empty.
  template <typename Key>
  std::vector<std::string> Read(const std::vector<Key>& keys) {
    std::vector<std::string> facts(keys.size());
    if (keys.empty()) return facts;
    if (cache_ == nullptr) {
      loaded_ += keys.size();
      return store_->Load(std::span<const Key>(keys));
    }
    std::vector<FactKey> fact_keys;
    fact_keys.reserve(keys.size());
    for (const auto& key : keys) fact_keys.emplace_back(key);
    auto found = cache_->Find(fact_keys);
    std::vector<std::size_t> places;
    std::vector<Key> wanted;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (found[i]) {
        facts[i] = *std::move(found[i]);
      } else {
        places.push_back(i);
        wanted.push_back(keys[i]);
      }
    }
    kept_ += keys.size() - places.size();
    loaded_ += places.size();
    if (places.empty()) return facts;
    if (store_ == nullptr) {
      missing_ = true;
      return facts;
    }
    auto loaded = store_->Load(std::span<const Key>(wanted));
    for (std::size_t i = 0; i < places.size(); ++i) {
      cache_->Keep(fact_keys[places[i]], loaded[i], *stamp_);
      facts[places[i]] = std::move(loaded[i]);
    }
    return facts;
  }

  /// Whether something was missing.
  bool missing() const { return missing_; }
  /// How many facts came from the cache, and how many did not.
  std::size_t kept() const { return kept_; }
  std::size_t loaded() const { return loaded_; }

 private:
  FactCache* cache_ = nullptr;
  std::optional<FactCache::Stamp> stamp_;
  const FactStore* store_ = nullptr;
  bool missing_ = false;
  std::size_t kept_ = 0;
  std::size_t loaded_ = 0;
};

}  // namespace accoil::widget

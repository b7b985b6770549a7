#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "services/widget/fact_key.h"

namespace accoil::widget {

/// Facts that were read, kept in memory until somebody says that they changed. Of more than fit,
/// those go that were not asked for the longest. Any thread.
///
/// What is found in it is what the database holds, but for changes that were committed some
/// milliseconds ago and not heard of yet: it may only be used while changes are heard (Trust), and
/// a fact that was read before its change was heard, and arrives after, is not taken (Stamp).
class FactCache {
 public:
  using Clock = std::chrono::steady_clock;

  /// `bytes` bounds the memory of all that it keeps; 0: it keeps nothing.
  explicit FactCache(std::size_t bytes);
  ~FactCache();
  FactCache(const FactCache&) = delete;
  FactCache& operator=(const FactCache&) = delete;

  /// A moment between changes. To be taken before the statement that reads a fact begins.
  class Stamp {
   private:
    friend class FactCache;
    explicit Stamp(std::uint64_t value) : value_(value) {}
    std::uint64_t value_;
  };
  /// Nothing when the cache may not be used now.
  std::optional<Stamp> Begin() const;

  /// The values of those keys that it has, in their order.
  std::vector<std::optional<std::string>> Find(std::span<const FactKey> keys);
  /// Keeps what was read, unless it has changed since the stamp or is too large to be kept.
  void Keep(const FactKey& key, std::string_view value, Stamp stamp);

  /// These changed: whatever has such a hash is forgotten.
  void Forget(std::span<const std::uint64_t> hashes);
  /// This changed, and has this value now. Kept only if it fits.
  void Change(const FactKey& key, std::string_view value);
  /// Anything may have changed.
  void ForgetAll();

  /// Every change that is committed is heard of, until then at least. Never goes back: what was
  /// promised stands until Distrust.
  void Trust(Clock::time_point until);
  /// Changes may go unheard from now on, or have already. Forgets everything.
  void Distrust();

  struct Figures {
    std::size_t bytes = 0;
    std::size_t facts = 0;
    /// That changed while they were kept, since it was made.
    std::uint64_t forgotten = 0;
    /// Whether it may be used.
    bool trusted = false;
  };
  Figures figures() const;

 private:
  struct Fact;
  /// A chain of facts, and when one of them changed last.
  struct Bucket {
    Fact* first = nullptr;
    std::uint64_t changed = 0;
  };

  Bucket& BucketOf(std::uint64_t hash) { return buckets_[hash & (buckets_.size() - 1)]; }
  Fact* Look(const FactKey& key);
  void Put(const FactKey& key, std::string_view value);
  /// Forgets what has the hash; answers whether there was something.
  bool Drop(std::uint64_t hash);
  void Remove(Fact* fact);
  void Link(Fact* fact);
  void Unlink(Fact* fact);
  void Clear();

  const std::size_t limit_;
  mutable std::mutex mutex_;
  std::vector<Bucket> buckets_;
  /// In order of use.
  Fact* newest_ = nullptr;
  Fact* oldest_ = nullptr;
  std::uint64_t now_ = 1;
  /// When everything was forgotten last.
  std::uint64_t cleared_ = 0;
  Clock::time_point trusted_until_ = Clock::time_point::min();
  Figures figures_;
};

}  // namespace accoil::widget

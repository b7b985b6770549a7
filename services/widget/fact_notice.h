#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libs/events/batch.h"
#include "libs/postgres/database.h"
#include "services/widget/fact_cache.h"
#include "services/widget/fact_key.h"

namespace accoil::widget {

/// Where replicas hear of changed facts, in a schema.
std::string NoticeChannel(const std::string& schema);

/// Which facts a transaction changes. Whoever writes them sends it in the same transaction: when
/// that commits, and only then, every replica hears it and forgets what it kept of them.
class FactNotice {
 public:
  template <typename Key>
  void Changed(const Key& key) {
    hashes_.push_back(FactKey(key).hash());
  }
  /// It has this value now.
  void Changed(const FactKey& key, std::string_view value);
  /// More than can be said.
  void Everything() { everything_ = true; }

  bool empty() const { return !everything_ && hashes_.empty() && values_.empty(); }
  /// As texts that PostgreSQL passes on, each below 8000 bytes.
  std::vector<std::string> Texts() const;
  void Send(postgres::Transaction& tx) const;

 private:
  bool everything_ = false;
  std::vector<std::uint64_t> hashes_;
  std::vector<std::string> values_;
};

/// What a batch of events may change of what canvases show.
FactNotice NoticeOf(const events::Batch& batch);

/// Takes over what a text says. A text of another version says that anything may have changed.
void TakeNotice(std::string_view text, FactCache& cache);

}  // namespace accoil::widget

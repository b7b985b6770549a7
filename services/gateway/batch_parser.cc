#include "services/gateway/batch_parser.h"

namespace accoil::gateway {

ParsedBatch ParseItems(const std::vector<std::string_view>& raw_items, core::ProductId product,
                       core::TimePoint now, std::int64_t first_version) {
  ParsedBatch batch;
  batch.items.reserve(raw_items.size());
  for (std::size_t i = 0; i < raw_items.size(); ++i) {
    const ItemContext context{product, now, first_version + static_cast<std::int64_t>(i)};
    auto read = ReadItem(raw_items[i], context);
    if (auto* item = std::get_if<Item>(&read)) {
      batch.items.push_back({i, std::move(*item)});
    } else {
      batch.refused.push_back({i, std::get<ItemProblem>(std::move(read))});
    }
  }
  return batch;
}

}  // namespace accoil::gateway

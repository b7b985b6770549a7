#include <algorithm>
#include <array>

#include "libs/core/errors.h"
#include "libs/postgres/database.h"
#include "services/tagging-automation/wishes/assignments.h"

namespace accoil::tagging {
namespace {

using postgres::Transaction;

/// A subject of a job with where it is: of several contacts or companies what is worst counts.
/// Failed before waiting before due before cancelled; done is what is left. What expired failed; of
/// what was superseded or kept nothing is to be done any more.
std::string ItemsText(const std::string& where) {
  return R"sql(
    SELECT kind, subject_id,
           CASE WHEN bool_or(state IN (4, 5)) THEN 'failed'
                WHEN bool_or(state = 2) THEN 'waiting'
                WHEN bool_or(state = 1) THEN 'due'
                WHEN bool_or(state = 8) THEN 'cancelled'
                ELSE 'done' END AS item_state,
           coalesce((array_agg(reason ORDER BY array_position(ARRAY[4, 5, 2, 1, 8, 6, 7, 3],
                                                              state::integer),
                               assignment_id))[1], '') AS reason,
           coalesce(array_agg(DISTINCT target_id) FILTER (WHERE target_id IS NOT NULL), '{}')
             AS target_ids
    FROM assignment
    WHERE job_id = $1::uuid AND product_id = $2 )sql" +
         where + " GROUP BY kind, subject_id";
}

constexpr std::array<const char*, 5> kItemStates = {"done", "due", "waiting", "failed",
                                                    "cancelled"};

}  // namespace

JobItemPage Assignments::ListJobItems(Transaction& tx, core::ProductId product, const JobId& job,
                                      const std::string& state, int limit,
                                      const std::string& cursor) {
  if (!state.empty() &&
      std::find(kItemStates.begin(), kItemStates.end(), state) == kItemStates.end()) {
    throw core::InvalidArgument("state", "must be done, due, waiting, failed or cancelled");
  }
  // The cursor is the last subject's id. A job has subjects of one kind.
  static const auto sql = "SELECT * FROM (" + ItemsText("AND subject_id > $3") +
                          ") item WHERE $4 = '' OR item_state = $4 ORDER BY subject_id LIMIT $5";
  const auto rows = tx.Execute(sql, job, product, cursor, state, limit + 1);
  JobItemPage page;
  for (const auto& row : rows) {
    page.items.push_back({row.Get<core::SubjectId>("subject_id"),
                          row.Get<std::string>("item_state"), row.Get<std::string>("reason"),
                          row.Get<std::vector<std::string>>("target_ids")});
  }
  if (page.items.size() > static_cast<std::size_t>(limit)) {
    page.items.pop_back();
    page.next_cursor = page.items.back().subject.value();
  }
  return page;
}

JobCounts Assignments::CountJob(Transaction& tx, core::ProductId product, const JobId& job) {
  static const auto sql = R"sql(
    SELECT count(*) AS subjects,
           count(*) FILTER (WHERE item_state = 'done') AS done,
           count(*) FILTER (WHERE item_state = 'due') AS due,
           count(*) FILTER (WHERE item_state = 'waiting') AS waiting,
           count(*) FILTER (WHERE item_state = 'failed') AS failed,
           count(*) FILTER (WHERE item_state = 'cancelled') AS cancelled
    FROM ()sql" + ItemsText("") +
                          ") item";
  const auto row = tx.Execute(sql, job, product).Only();
  return {row.Get<std::int64_t>("subjects"), row.Get<std::int64_t>("done"),
          row.Get<std::int64_t>("due"),      row.Get<std::int64_t>("waiting"),
          row.Get<std::int64_t>("failed"),   row.Get<std::int64_t>("cancelled")};
}

}  // namespace accoil::tagging

#include "services/widget/list_statement.h"

namespace accoil::widget {
namespace {

using conditions::Type;
using postgres::Transaction;

// So many rows in the order of an index are looked at for each that a filter shall let through.
// When that does not fill the page, looking at every row of the profile in the order of the table
// is faster than going on: rows that lie anywhere are read one by one.
constexpr int kProbe = 40;
// More of a text does not matter for its place.
constexpr const char* kTextKey = "lower(left(";
constexpr const char* kTextKeyEnd = ", 100) COLLATE \"C\")";

std::string KeySql(const SortKey& sort, SqlParameters& parameters) {
  switch (sort.by) {
    case SortKey::By::kName:
      return "l.sort_name";
    case SortKey::By::kScore:
      return "l.score";
    case SortKey::By::kLastActive:
      return "l.last_active";
    case SortKey::By::kTrait:
      break;
  }
  const auto value = TraitSql(sort.trait, sort.type, parameters);
  return sort.type == Type::kText ? kTextKey + value + kTextKeyEnd : value;
}

const char* KeyCast(const SortKey& sort) {
  if (sort.by == SortKey::By::kScore) return "::double precision";
  if (sort.by == SortKey::By::kLastActive) return "::bigint";
  if (sort.type == Type::kText) return "::text COLLATE \"C\"";
  return sort.type == Type::kBoolean ? "::boolean" : "::numeric";
}

/// Puts one statement together.
class Statement {
 public:
  explicit Statement(const ListScope& scope)
      : scope_(scope),
        scope_sql_("l.product_id = " + parameters_.Add(scope.product) +
                   "::bigint AND l.kind = " + parameters_.Add(static_cast<int>(scope.kind)) +
                   "::smallint AND l.profile_id = " + parameters_.Add(scope.profile) + "::text"),
        key_(KeySql(scope.sort, parameters_)),
        direction_(scope.descending ? " DESC" : " ASC"),
        beyond_(scope.descending ? " < " : " > ") {}

  /// Those with a value, or those without, by the index.
  std::string ByIndex(bool with_value, const std::optional<ListCursor>& cursor, int count) {
    return "SELECT l.subject_id, " + key_ + "::text AS key FROM listed l " +
           IndexScan(with_value, cursor) + Limit(count);
  }

  /// Those that the filters let through of the next ones by the index, which have a value.
  std::string Probe(const std::optional<ListCursor>& cursor, int count) {
    auto sql = "SELECT l.subject_id, l.sort_key::text AS key FROM (SELECT l.*, " + key_ +
               " AS sort_key FROM listed l " + IndexScan(true, cursor) + Limit(kProbe * count) +
               ") l";
    return sql + " WHERE true" + Filters() + " ORDER BY l.sort_key" + direction_ +
           ", l.subject_id" + direction_ + Limit(count);
  }

  /// All at once, those without a value last.
  std::string Scan(const std::optional<ListCursor>& cursor, int count) {
    auto sql = "SELECT l.subject_id, " + key_ + "::text AS key FROM listed l WHERE " + scope_sql_ +
               Filters();
    if (cursor && cursor->key) {
      sql += " AND (" + Beyond(*cursor) + " OR " + key_ + " IS NULL)";
    } else if (cursor) {
      sql += " AND " + key_ + " IS NULL AND " + BeyondId(*cursor);
    }
    return sql + " ORDER BY " + key_ + direction_ + " NULLS LAST, l.subject_id" + direction_ +
           Limit(count);
  }

  const std::vector<postgres::Parameter>& parameters() const { return parameters_.values(); }

 private:
  std::string IndexScan(bool with_value, const std::optional<ListCursor>& cursor) {
    auto sql = "WHERE " + scope_sql_ + " AND " + key_ + (with_value ? " IS NOT NULL" : " IS NULL");
    if (cursor) sql += " AND " + (cursor->key ? Beyond(*cursor) : BeyondId(*cursor));
    // Read backwards an index has its NULLs first, which is why both are asked for apart.
    return sql + " ORDER BY " + key_ + direction_ + ", l.subject_id" + direction_;
  }
  std::string Beyond(const ListCursor& cursor) {
    return "(" + key_ + ", l.subject_id)" + beyond_ + "(" + parameters_.Add(*cursor.key) +
           KeyCast(scope_.sort) + ", " + parameters_.Add(cursor.subject_id) + "::text)";
  }
  std::string BeyondId(const ListCursor& cursor) {
    return "l.subject_id" + std::string(beyond_) + parameters_.Add(cursor.subject_id) + "::text";
  }
  std::string Limit(int count) { return " LIMIT " + parameters_.Add(count) + "::bigint"; }

  std::string Filters() {
    std::string sql;
    if (!scope_.segment.empty()) {
      sql += " AND " + parameters_.Add(scope_.segment) + "::text = ANY (l.segments)";
    }
    if (!scope_.search.empty()) {
      // As `words` is made: the beginning of a word, or of several in their order.
      sql += " AND strpos(l.words, ' ' || btrim(regexp_replace(lower(" +
             parameters_.Add(scope_.search) + "::text), '[^[:alnum:]]+', ' ', 'g'))) > 0";
    }
    if (scope_.condition != nullptr) {
      sql += " AND " + ConditionSql(*scope_.condition, scope_.fields, scope_.now, parameters_);
    }
    return sql;
  }

  const ListScope& scope_;
  SqlParameters parameters_;
  const std::string scope_sql_;
  const std::string key_;
  const char* direction_;
  const char* beyond_;
};

void Append(std::vector<ListCursor>& places, const postgres::Result& rows) {
  for (const auto& row : rows) {
    places.push_back(
        {row.Get<std::optional<std::string>>("key"), row.Get<std::string>("subject_id")});
  }
}

}  // namespace

std::vector<ListCursor> FindPlaces(Transaction& tx, const ListScope& scope,
                                   const std::optional<ListCursor>& cursor, int count) {
  std::vector<ListCursor> places;
  const bool values_left = !cursor || cursor->key.has_value();
  const auto by_index = [&](bool with_value, const std::optional<ListCursor>& from) {
    Statement statement(scope);
    const auto sql = statement.ByIndex(with_value, from, count - static_cast<int>(places.size()));
    Append(places, tx.ExecuteOnce(sql, statement.parameters()));
  };
  if (scope.sort.indexed() && !scope.filtered()) {
    if (values_left) by_index(true, cursor);
    if (static_cast<int>(places.size()) < count)
      by_index(false, values_left ? std::nullopt : cursor);
    return places;
  }
  if (scope.sort.indexed() && values_left) {
    Statement statement(scope);
    const auto sql = statement.Probe(cursor, count);
    Append(places, tx.ExecuteOnce(sql, statement.parameters()));
    if (static_cast<int>(places.size()) == count) return places;
    places.clear();
  }
  // What the filters let through cannot be guessed by the planner, who would go by an index that
  // happens to have the order.
  tx.Execute("SELECT set_config('enable_indexscan', 'off', true)");
  Statement statement(scope);
  const auto sql = statement.Scan(cursor, count);
  Append(places, tx.ExecuteOnce(sql, statement.parameters()));
  return places;
}

}  // namespace accoil::widget

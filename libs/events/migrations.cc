#include "libs/events/consumer.h"

namespace accoil::events {

std::vector<postgres::Migration> Migrations() {
  return {
      {"events_0001_consumer_offset", R"sql(
-- Up to where each consumer group has applied each partition, in the same transactions as what it
-- applied. Topic and group are called as Kafka knows them.
CREATE TABLE consumer_offset (
  consumer_group text NOT NULL,
  topic text NOT NULL,
  partition integer NOT NULL,
  next_offset bigint NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer_group, topic, partition)
);
)sql"},
      {"events_0002_outbox", R"sql(
-- Records to be published, in the order of their ids; those that Kafka has acknowledged are gone.
CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic text NOT NULL,
  key text NOT NULL,
  value bytea,
  headers jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
-- A queue's rows come and go: without this the index and the table outgrow what stands in them.
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
)sql"},
  };
}

}  // namespace accoil::events

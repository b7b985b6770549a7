CREATE TABLE product (
  product_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- A removed profile keeps its row: the next version of the fact must be above the last one.
CREATE TABLE profile (
  product_id bigint NOT NULL REFERENCES product,
  profile_id text NOT NULL,
  name text NOT NULL,
  -- The name as it stands in attribute names: without its spaces.
  name_key text NOT NULL,
  -- A Profile in Protobuf's JSON mapping of which only the catalogue is set.
  catalogue jsonb NOT NULL,
  sync_mode smallint NOT NULL,
  summary boolean NOT NULL,
  removed boolean NOT NULL DEFAULT false,
  version bigint NOT NULL,
  PRIMARY KEY (product_id, profile_id)
);
CREATE UNIQUE INDEX profile_name ON profile (product_id, name_key) WHERE NOT removed;
CREATE UNIQUE INDEX profile_summary ON profile (product_id) WHERE summary AND NOT removed;

CREATE TABLE connection (
  product_id bigint PRIMARY KEY REFERENCES product,
  workspace_id text NOT NULL,
  workspace_name text NOT NULL,
  region text NOT NULL,
  base_url text NOT NULL,
  -- The access token under AES-256-GCM: nonce, ciphertext, tag; and the id of the key.
  token bytea NOT NULL,
  token_key_id text NOT NULL,
  state smallint NOT NULL,
  state_reason text NOT NULL DEFAULT '',
  attribute_prefix text NOT NULL,
  match_by_external_id boolean NOT NULL,
  version bigint NOT NULL
);
CREATE INDEX connection_workspace ON connection (workspace_id);

CREATE TABLE api_key (
  api_key_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  product_id bigint NOT NULL REFERENCES product,
  label text NOT NULL,
  scopes bigint[] NOT NULL,
  -- HMAC-SHA-256 of the key under the server's secret.
  digest bytea NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- The state of a workspace's call budget, one row locked for each decision. Columns are the members
-- of BudgetState; points in time are microseconds since 1970. Unlogged: it is written hundreds of
-- times a second and worth no more than some seconds. A crash of the server empties it, and then
-- nothing is granted until all that was granted before has run out. Connecting makes the row, so a
-- missing one means just that. Room in the page keeps the updates from growing the table (HOT).
CREATE UNLOGGED TABLE call_budget (
  workspace_id text PRIMARY KEY,
  call_limit int NOT NULL DEFAULT 0,
  window_id bigint NOT NULL DEFAULT 0,
  seen boolean NOT NULL DEFAULT false,
  closed boolean NOT NULL DEFAULT false,
  not_before bigint NOT NULL DEFAULT 0,
  remaining int NOT NULL DEFAULT -1,
  granted int NOT NULL DEFAULT 0,
  unaccounted int NOT NULL DEFAULT 0,
  accounted int NOT NULL DEFAULT 0,
  seen_at bigint NOT NULL DEFAULT 0,
  foreign_pace int NOT NULL DEFAULT 0,
  foreign_pace_before int NOT NULL DEFAULT 0,
  foreign_calls int NOT NULL DEFAULT 0,
  used bigint[] NOT NULL DEFAULT '{}',
  lease_windows bigint[] NOT NULL DEFAULT '{}',
  lease_forgotten_at bigint[] NOT NULL DEFAULT '{}',
  lease_calls bigint[] NOT NULL DEFAULT '{}',
  demand_calls bigint[] NOT NULL DEFAULT '{}',
  demand_until bigint[] NOT NULL DEFAULT '{}',
  lag bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);

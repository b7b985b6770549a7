-- A read model: whatever stands here was told by events and can be told again. Every row of a fact
-- has the epoch in which it was last told. Rebuilding begins a new epoch, has all topics read from
-- their start while the old rows serve, and then deletes what was not told in it.

CREATE TABLE rebuild (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  epoch integer NOT NULL,
  began_at timestamptz,                 -- NULL: none is under way
  finished_at timestamptz
);
INSERT INTO rebuild (epoch) VALUES (1);

-- Where a rebuild is done: the ends of the topics when it began.
CREATE TABLE rebuild_goal (
  topic text COLLATE "C",
  partition integer,
  end_offset bigint NOT NULL,
  PRIMARY KEY (topic, partition)
);

-- The products' connections, as connection-changed tells them.
CREATE TABLE connection (
  product_id bigint PRIMARY KEY,
  version bigint NOT NULL,
  epoch integer NOT NULL,
  workspace_id text COLLATE "C" NOT NULL,
  state smallint NOT NULL               -- accoil.events.v1.ConnectionState
);
CREATE INDEX connection_workspace ON connection (workspace_id);

CREATE TABLE profile (
  product_id bigint,
  profile_id text COLLATE "C",
  version bigint NOT NULL,
  epoch integer NOT NULL,
  removed boolean NOT NULL,
  name text NOT NULL,
  catalogue bytea NOT NULL,             -- accoil.events.v1.ProfileChanged with the catalogue alone
  sync_mode smallint NOT NULL,          -- accoil.events.v1.SyncMode
  summary boolean NOT NULL,
  PRIMARY KEY (product_id, profile_id)
);

CREATE TABLE subject (
  product_id bigint,
  kind smallint,                        -- accoil.events.v1.SubjectKind
  subject_id text COLLATE "C",
  version bigint NOT NULL,
  epoch integer NOT NULL,
  removed boolean NOT NULL,
  email text NOT NULL,
  name text NOT NULL,
  account_ids text[] NOT NULL,
  PRIMARY KEY (product_id, kind, subject_id)
);

-- The newest value of every trait, and what numbers were on the days of the week before.
CREATE TABLE trait (
  product_id bigint,
  kind smallint,
  subject_id text COLLATE "C",
  profile_id text COLLATE "C",
  trait text COLLATE "C",
  version bigint NOT NULL,
  epoch integer NOT NULL,
  occurred_at timestamptz NOT NULL,
  value text,                           -- JSON; NULL is withdrawn
  -- [[day, value], …], oldest first: that the trait had the value until this day (days since 1970,
  -- UTC), one entry a day, of the last seven days.
  history jsonb NOT NULL DEFAULT '[]',
  PRIMARY KEY (product_id, kind, subject_id, profile_id, trait)
) WITH (fillfactor = 80);

CREATE TABLE membership (
  product_id bigint,
  kind smallint,
  subject_id text COLLATE "C",
  profile_id text COLLATE "C",
  segment text COLLATE "C",
  version bigint NOT NULL,
  epoch integer NOT NULL,
  inside boolean NOT NULL,
  changed_at timestamptz NOT NULL,      -- when it was entered or left
  PRIMARY KEY (product_id, kind, subject_id, profile_id, segment)
) WITH (fillfactor = 80);

-- Who is which contact and company.
CREATE TABLE match (
  product_id bigint,
  kind smallint,
  subject_id text COLLATE "C",
  version bigint NOT NULL,
  epoch integer NOT NULL,
  workspace_id text COLLATE "C" NOT NULL,
  target_id text COLLATE "C" NOT NULL,  -- empty: not matched
  PRIMARY KEY (product_id, kind, subject_id)
);
CREATE INDEX match_target ON match (workspace_id, target_id) WHERE target_id <> '';

-- What a teammate chose last; no fact, so a rebuild leaves it alone.
CREATE TABLE choice (
  workspace_id text COLLATE "C",
  admin_id text COLLATE "C",
  choice text NOT NULL,                 -- as stored_data has it
  chosen_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, admin_id)
);

-- The history of a number that takes another value on a day: what it was is remembered for the
-- first change of the day, and what is older than a week is forgotten.
CREATE FUNCTION trait_history(history jsonb, before text, day integer) RETURNS jsonb
IMMUTABLE LANGUAGE sql AS $$
  SELECT coalesce(jsonb_agg(entry ORDER BY (entry ->> 0)::integer), '[]')
  FROM (
    SELECT entry FROM jsonb_array_elements(history) entry WHERE (entry ->> 0)::integer > day - 7
    UNION ALL
    SELECT jsonb_build_array(day, before::jsonb)
    WHERE before ~ '^-?[0-9.]+([eE][-+]?[0-9]+)?$'
      AND NOT EXISTS (SELECT FROM jsonb_array_elements(history) e WHERE (e ->> 0)::integer = day)
  ) entries
$$;

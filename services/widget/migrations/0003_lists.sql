-- The tags that this suite gave, by their names in lower case (of ASCII letters), as Intercom
-- compares them; those taken away again among them.
CREATE TABLE tag (
  product_id bigint,
  kind smallint,
  subject_id text COLLATE "C",
  tag_key text COLLATE "C",
  version bigint NOT NULL,
  epoch integer NOT NULL,
  tag text NOT NULL,
  removed boolean NOT NULL,
  workspace_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (product_id, kind, subject_id, tag_key)
);

-- One row for each subject that a profile measures: what lists are sorted and filtered by. Made of
-- the facts, seconds behind them, so that applying facts costs no index over values.
CREATE TABLE listed (
  product_id bigint,
  kind smallint,
  subject_id text COLLATE "C",
  profile_id text COLLATE "C",
  epoch integer NOT NULL,
  score double precision,
  last_active bigint,                   -- seconds since 1970
  sort_name text COLLATE "C",           -- in lower case (of ASCII letters); NULL: none
  name text COLLATE "C" NOT NULL,
  email text COLLATE "C" NOT NULL,
  words text NOT NULL,                  -- of name and email, in lower case, a space before each
  -- The values by what they are: "#Score" a number, "$Plan" a text, "?Trial" true or false, and
  -- "@LastActive" the seconds since 1970 of a text that is a date.
  traits jsonb NOT NULL,
  segments text[] COLLATE "C" NOT NULL, -- sorted
  PRIMARY KEY (product_id, kind, subject_id, profile_id)
) WITH (fillfactor = 80);
CREATE INDEX listed_score ON listed (product_id, kind, profile_id, score, subject_id);
CREATE INDEX listed_last_active ON listed (product_id, kind, profile_id, last_active, subject_id);
CREATE INDEX listed_name ON listed (product_id, kind, profile_id, sort_name, subject_id);

-- Whose rows in listed may differ from the facts: a row for each batch that was applied, written
-- with it and deleted when listed has followed. Without profiles: the subjects in all of theirs.
CREATE TABLE list_note (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  noted_at timestamptz NOT NULL DEFAULT now(),
  product_id bigint[] NOT NULL,
  kind smallint[] NOT NULL,
  subject_id text[] COLLATE "C" NOT NULL,
  profile_id text[] COLLATE "C"
);

-- A rebuild is done when listed has followed every note up to this one.
ALTER TABLE rebuild ADD COLUMN list_goal bigint;

-- Everybody who is known already, which on a large installation takes longer than a statement may.
SET LOCAL statement_timeout = 0;
INSERT INTO list_note (product_id, kind, subject_id, profile_id)
SELECT array_agg(product_id), array_agg(kind), array_agg(subject_id), array_agg(profile_id)
FROM (
  SELECT k.*, (row_number() OVER () - 1) / 500 AS batch
  FROM (
    SELECT product_id, kind, subject_id, profile_id FROM trait
    UNION
    SELECT product_id, kind, subject_id, profile_id FROM membership
  ) k
) known
GROUP BY batch
ORDER BY batch;

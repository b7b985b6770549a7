-- Text keys are compared byte by byte: faster than by a language's rules, and the same order in
-- every database.

-- The products' connections, as connection-changed tells them.
CREATE TABLE connection (
  product_id bigint PRIMARY KEY,
  version bigint NOT NULL,
  workspace_id text COLLATE "C" NOT NULL,
  state smallint NOT NULL,              -- accoil.events.v1.ConnectionState
  attribute_prefix text NOT NULL
);

-- The products' profiles, as profile-changed tells them.
CREATE TABLE profile (
  product_id bigint,
  profile_id text COLLATE "C",
  version bigint NOT NULL,
  removed boolean NOT NULL,
  name text NOT NULL,
  catalogue jsonb NOT NULL,             -- [{name, type, users, accounts, definition}]
  sync_mode smallint NOT NULL,          -- accoil.events.v1.SyncMode
  PRIMARY KEY (product_id, profile_id)
);

-- Profiles that traits and memberships named and that no profile-changed told of.
CREATE TABLE unknown_profile (
  product_id bigint,
  profile_id text COLLATE "C",
  first_seen_at timestamptz NOT NULL DEFAULT now(),
  last_seen_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (product_id, profile_id)
);

-- The newest value of every trait. No index but the key, and room in the pages: a new value of a
-- trait that is known is a heap-only update.
CREATE TABLE trait (
  product_id bigint,
  kind smallint,                        -- accoil.events.v1.SubjectKind
  subject_id text COLLATE "C",
  profile_id text COLLATE "C",
  trait text COLLATE "C",
  version bigint NOT NULL,
  changed_version bigint NOT NULL,      -- the version that brought this value
  occurred_at timestamptz NOT NULL,
  value text,                           -- JSON, or NaN, Infinity, -Infinity; NULL is withdrawn
  PRIMARY KEY (product_id, kind, subject_id, profile_id, trait)
) WITH (fillfactor = 80);

-- Whether a subject is in a segment; entered and exited are one fact.
CREATE TABLE membership (
  product_id bigint,
  kind smallint,
  subject_id text COLLATE "C",
  profile_id text COLLATE "C",
  segment text COLLATE "C",
  version bigint NOT NULL,
  changed_version bigint NOT NULL,
  inside boolean NOT NULL,
  PRIMARY KEY (product_id, kind, subject_id, profile_id, segment)
) WITH (fillfactor = 80);

-- Subjects that facts have changed, a row a change. Only added to while facts are applied, so that
-- this costs little and waits for nobody; taken away by whoever makes the deliveries due. A row is
-- committed together with its facts and read after them, so no change is missed, whether the match
-- of its subject comes before, meanwhile or after.
CREATE TABLE changed_subject (
  product_id bigint NOT NULL,
  due_at timestamptz NOT NULL,          -- when the window of the change has passed
  kind smallint NOT NULL,
  subject_id text COLLATE "C" NOT NULL,
  changed_at timestamptz NOT NULL,      -- when it was published
  traceparent text
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
CREATE INDEX changed_subject_due ON changed_subject (product_id, due_at);

-- One row a subject that was ever matched: where its attributes go and whether it is due. Narrow,
-- for it is written often; what was delivered stands in a table of its own.
CREATE TABLE delivery (
  product_id bigint,
  kind smallint,
  subject_id text COLLATE "C",
  match_version bigint NOT NULL DEFAULT 0,
  workspace_id text COLLATE "C",
  target_id text COLLATE "C",           -- NULL: not matched
  due_at timestamptz,                   -- NULL: nothing to do; while claimed: when the claim ends
  rank smallint NOT NULL DEFAULT 0,     -- 0: something changed; 1: catching up (match, sweep)
  claim bigint,                         -- the token of who works on it
  changed_at timestamptz,               -- when the oldest change that is not delivered came
  changed_again_at timestamptz,         -- the same, for changes since it was claimed
  called_at timestamptz,                -- when the last call for it ended
  attempt integer NOT NULL DEFAULT 0,   -- failures in a row
  distrust boolean NOT NULL DEFAULT false,  -- Intercom may hold other than what delivered says
  traceparent text,
  last_error text,
  PRIMARY KEY (product_id, kind, subject_id),
  CHECK (claim IS NULL OR due_at IS NOT NULL),
  CHECK (target_id IS NOT NULL OR (due_at IS NULL AND claim IS NULL))
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX delivery_due ON delivery (product_id, workspace_id, rank, due_at)
  WHERE due_at IS NOT NULL;
CREATE SEQUENCE claim_token;

-- What the target of a subject holds by our doing. A row exists while the subject has a target.
CREATE TABLE delivered (
  product_id bigint,
  kind smallint,
  subject_id text COLLATE "C",
  target_id text COLLATE "C" NOT NULL,
  attributes jsonb NOT NULL DEFAULT '{}',   -- {attribute: value}
  PRIMARY KEY (product_id, kind, subject_id)
) WITH (fillfactor = 80);
CREATE INDEX delivered_target ON delivered (product_id, kind, target_id);

-- Targets that a subject had before and that still hold its attributes: to be cleared.
CREATE TABLE former_target (
  product_id bigint,
  kind smallint,
  subject_id text COLLATE "C",
  target_id text COLLATE "C",
  workspace_id text COLLATE "C" NOT NULL,
  attributes text[] NOT NULL,
  everything boolean NOT NULL,          -- a delivery was under way: any attribute may be there
  due_at timestamptz NOT NULL,
  claim bigint,
  attempt integer NOT NULL DEFAULT 0,
  last_error text,
  PRIMARY KEY (product_id, kind, subject_id, target_id)
);
CREATE INDEX former_target_due ON former_target (product_id, workspace_id, due_at);

-- The definitions behind the attributes, as far as they were looked at.
CREATE TABLE attribute (
  workspace_id text COLLATE "C",
  model smallint,                       -- 0 contact, 1 company
  name text COLLATE "C",
  -- present: it is in Intercom. wanted: it could not be made yet. refused: Intercom will not have
  -- it, or has it with another type.
  state text NOT NULL CHECK (state IN ('present', 'wanted', 'refused')),
  data_type text NOT NULL,              -- Intercom's, where it has one; else the one that is wanted
  intercom_id bigint,
  reason text NOT NULL DEFAULT '',
  checked_at timestamptz NOT NULL DEFAULT now(),
  retry_at timestamptz,                 -- when a refused one is tried again
  PRIMARY KEY (workspace_id, model, name)
);

-- Values that were not sent, and why.
CREATE TABLE set_aside (
  product_id bigint,
  kind smallint,
  subject_id text COLLATE "C",
  attribute text COLLATE "C",           -- empty: all of the subject
  reason_class text NOT NULL,
  reason text NOT NULL,
  value text,                           -- what Intercom refused; NULL when it was not even sent
  retry_at timestamptz,                 -- when the same value is tried again
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (product_id, kind, subject_id, attribute)
);

-- Walks over all subjects of a product: daily, on request, and when profiles or connection changed.
CREATE TABLE sweep (
  product_id bigint PRIMARY KEY,
  next_at timestamptz NOT NULL,
  running boolean NOT NULL DEFAULT false,
  after_kind smallint NOT NULL DEFAULT 0,   -- the cursor: the last subject that was marked
  after_subject_id text COLLATE "C" NOT NULL DEFAULT '',
  marked bigint NOT NULL DEFAULT 0,
  started_at timestamptz,
  finished_at timestamptz
);

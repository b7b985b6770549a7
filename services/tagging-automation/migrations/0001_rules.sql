-- From facts to firings. Locks are taken in one order by every transaction: rule_version, rule,
-- facts, subject, rule_subject, what wishes need, rule_count; rows of a table in the order of their
-- keys. Text keys are compared byte by byte, in every database alike.

-- What the rules and profiles of a product were last changed to: a number that never comes again,
-- so that what was compiled for it may be kept. Whoever evaluates holds the row FOR SHARE, whoever
-- changes rules or profiles has it for itself.
CREATE SEQUENCE rule_version_number;
CREATE TABLE rule_version (
  product_id bigint PRIMARY KEY,
  version bigint NOT NULL
);

-- As profile-changed tells.
CREATE TABLE profile (
  product_id bigint,
  profile_id text COLLATE "C",
  version bigint NOT NULL,
  removed boolean NOT NULL,
  name text NOT NULL,
  catalogue bytea NOT NULL,             -- accoil.events.v1.ProfileChanged with the catalogue alone
  PRIMARY KEY (product_id, profile_id)
);

CREATE TABLE rule (
  rule_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  product_id bigint NOT NULL,
  name text COLLATE "C" NOT NULL,
  profile_id text COLLATE "C" NOT NULL,
  kind smallint NOT NULL,               -- accoil.events.v1.SubjectKind
  definition bytea NOT NULL,            -- accoil.tagging.v1.Rule with trigger, filter and actions
  state smallint NOT NULL,              -- accoil.tagging.v1.RuleState
  catch_up boolean NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  -- Goes up when trigger, filter or profile change: an entry of an older one says nothing of who is
  -- inside now.
  generation integer NOT NULL DEFAULT 1,
  broken text NOT NULL DEFAULT '',      -- why it cannot be evaluated
  broken_at timestamptz,
  -- Settling: looking at everybody (1) or at those who are inside (2), a slice at a time; and firing
  -- for nobody (0), for those without an entry (1) or whoever has not been fired for (2).
  settling smallint NOT NULL DEFAULT 0,
  settle_firing smallint NOT NULL DEFAULT 0,
  settle_after text COLLATE "C",        -- the last subject that was looked at
  UNIQUE (product_id, name)
);
CREATE INDEX rule_settling ON rule (rule_id) WHERE settling <> 0;

-- A subject that is or was inside of a rule's trigger.
CREATE TABLE rule_subject (
  product_id bigint,
  kind smallint,
  subject_id text COLLATE "C",
  rule_id bigint,
  inside boolean NOT NULL,
  state smallint NOT NULL,              -- 1 fired, 2 waiting for the filter, 3 not fired, 4 paused
  entry integer NOT NULL,               -- how often it has entered
  entered_at timestamptz NOT NULL,
  filter_until timestamptz,             -- how long the filter may become true
  generation integer NOT NULL,
  PRIMARY KEY (product_id, kind, subject_id, rule_id)
) WITH (fillfactor = 80);
CREATE INDEX rule_subject_rule ON rule_subject (rule_id, subject_id);

-- Of rule_subject, kept beside it.
CREATE TABLE rule_count (
  rule_id bigint PRIMARY KEY,
  fired bigint NOT NULL DEFAULT 0,      -- entries fired for, ever
  inside bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- Deleted rules whose rows of rule_subject are still to be deleted.
CREATE TABLE deleted_rule (
  rule_id bigint PRIMARY KEY
);

-- All facts of a subject in a profile in one row, which is also the lock under which the rules of
-- the profile are evaluated for the subject. Empty facts: only a lock, the profile does not measure
-- the subject.
CREATE TABLE facts (
  product_id bigint,
  kind smallint,
  profile_id text COLLATE "C",
  subject_id text COLLATE "C",
  facts bytea NOT NULL,                 -- accoil.tagging.v1.StoredFacts
  -- When rules may next come out differently, or a filter's patience ends, by time alone.
  due_at timestamptz,
  PRIMARY KEY (product_id, kind, profile_id, subject_id)
) WITH (fillfactor = 80);
ALTER TABLE facts ALTER COLUMN facts SET STORAGE EXTERNAL;
CREATE INDEX facts_due ON facts (due_at) WHERE due_at IS NOT NULL;

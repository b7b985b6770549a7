-- From a wish to Intercom's answer: who is who, what is to be tagged, and what became of it. Text
-- keys are compared byte by byte, in every database alike.

-- A product's way to its workspace, from connection-changed.
CREATE TABLE connection (
  product_id bigint PRIMARY KEY,
  version bigint NOT NULL,
  workspace_id text COLLATE "C" NOT NULL,
  -- Numbered as ConnectionState; only what is connected (1) is called.
  state smallint NOT NULL
);
CREATE INDEX connection_workspace ON connection (workspace_id);

-- Users and accounts, from subject-identified and user-matched, which come in any order: a row may
-- be of one of them only, or of none, made to be locked by whoever waits for either.
CREATE TABLE subject (
  product_id bigint NOT NULL,
  kind smallint NOT NULL,
  subject_id text COLLATE "C" NOT NULL,
  -- Of the newest subject-identified; 0: none yet.
  version bigint NOT NULL DEFAULT 0,
  removed boolean NOT NULL DEFAULT false,
  email text NOT NULL DEFAULT '',
  name text NOT NULL DEFAULT '',
  account_ids text[] NOT NULL DEFAULT '{}',
  -- When the product was first heard to have it; none: only of its removal or match, or nothing.
  first_seen_at timestamptz,
  -- Of the newest user-matched; 0: none yet.
  match_version bigint NOT NULL DEFAULT 0,
  -- Where it is in Intercom; both or none.
  workspace_id text COLLATE "C",
  target_id text COLLATE "C",
  -- Why it is or is not matched, in words.
  match_reason text NOT NULL DEFAULT 'not matched yet',
  PRIMARY KEY (product_id, kind, subject_id)
);

-- subject.account_ids of users the other way round.
CREATE TABLE account_user (
  product_id bigint NOT NULL,
  account_id text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (product_id, account_id, user_id)
);

-- What is known and to be done about a tag (its key is the name in lower case) on the contact or
-- company of a subject. A row stays when everything is done, for what comes next depends on it.
CREATE TABLE delivery (
  product_id bigint NOT NULL,
  kind smallint NOT NULL,
  subject_id text COLLATE "C" NOT NULL,
  tag_key text COLLATE "C" NOT NULL,
  tag text NOT NULL,
  -- Counts up with every change of what is to be done, so that an answer to what was wanted before
  -- does not end what is wanted now.
  operation bigint NOT NULL,
  -- What the operation is, and whether it is still to be done.
  remove boolean NOT NULL,
  open boolean NOT NULL,
  -- 1: also by hand; 2: by rules alone.
  priority smallint NOT NULL,
  -- When it must go: the end of its window, of its claim, or of a pause after a failure. None while
  -- nothing is to be done or the subject is not matched.
  due_at timestamptz,
  -- Who has it until due_at; a number drawn from claim_token.
  claim bigint,
  -- The operation that it was claimed for.
  claim_operation bigint,
  attempt integer NOT NULL DEFAULT 0,
  last_error text,
  -- Since when it could be done.
  since timestamptz NOT NULL,
  traceparent text,
  -- The subject's match; none while it has none.
  workspace_id text COLLATE "C",
  target_id text COLLATE "C",
  -- It failed because Intercom has no such contact or company any more.
  gone boolean NOT NULL DEFAULT false,
  -- The tag may stand there by our doing.
  given boolean NOT NULL DEFAULT false,
  -- A person had it given, so that no rule takes it away.
  by_hand boolean NOT NULL DEFAULT false,
  -- Of the last tag-applied.
  applied_version bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (product_id, kind, subject_id, tag_key)
);
-- Groups that go in one call, each with what is first in it.
CREATE INDEX delivery_due
  ON delivery (workspace_id, kind, tag_key, remove, priority, due_at)
  WHERE due_at IS NOT NULL AND target_id IS NOT NULL;
CREATE SEQUENCE claim_token;

-- Which rules gave a tag to whom because of which subject; a tag is taken away with the last one.
CREATE TABLE holder (
  product_id bigint NOT NULL,
  target_kind smallint NOT NULL,
  target_subject_id text COLLATE "C" NOT NULL,
  tag_key text COLLATE "C" NOT NULL,
  rule_id bigint NOT NULL,
  kind smallint NOT NULL,
  subject_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (product_id, target_kind, target_subject_id, tag_key, rule_id, kind, subject_id)
);
CREATE INDEX holder_subject ON holder (product_id, rule_id, kind, subject_id);

-- The audit: every wish, for every subject whose contact or company it is about.
CREATE TABLE assignment (
  assignment_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  product_id bigint NOT NULL,
  -- Whom the rule or the person meant.
  kind smallint NOT NULL,
  subject_id text COLLATE "C" NOT NULL,
  -- Whose contact or company it is; none while no account of the user, or user of the account, is
  -- known.
  target_kind smallint NOT NULL,
  target_subject_id text COLLATE "C",
  tag text NOT NULL,
  tag_key text COLLATE "C" NOT NULL,
  remove boolean NOT NULL,
  -- Either.
  rule_id bigint,
  job_id uuid,
  -- The delivery's operation that carries it out; 0 when none does.
  operation bigint NOT NULL DEFAULT 0,
  requested_at timestamptz NOT NULL,
  ended_at timestamptz,
  -- 1 due, 2 waiting, 3 done, 4 failed, 5 expired, 6 superseded, 7 kept, 8 cancelled.
  state smallint NOT NULL,
  -- Of a failed one: 1 the tag is refused, 2 the target is gone.
  reason_class smallint,
  reason text NOT NULL DEFAULT '',
  target_id text COLLATE "C",
  traceparent text
);
CREATE INDEX assignment_newest ON assignment (product_id, assignment_id);
CREATE INDEX assignment_rule ON assignment (product_id, rule_id, assignment_id)
  WHERE rule_id IS NOT NULL;
CREATE INDEX assignment_job ON assignment (job_id, kind, subject_id) WHERE job_id IS NOT NULL;
CREATE INDEX assignment_subject ON assignment (product_id, kind, subject_id, assignment_id);
-- Those of others; one's own are found by the index above.
CREATE INDEX assignment_target
  ON assignment (product_id, target_kind, target_subject_id, assignment_id)
  WHERE target_kind <> kind OR target_subject_id <> subject_id;
CREATE INDEX assignment_tag ON assignment (product_id, tag_key, assignment_id);
CREATE INDEX assignment_state ON assignment (product_id, state, assignment_id) WHERE state <> 3;
-- What an operation carries out.
CREATE INDEX assignment_open
  ON assignment (product_id, target_kind, target_subject_id, tag_key) WHERE ended_at IS NULL;
CREATE INDEX assignment_waiting ON assignment (requested_at) WHERE state = 2;

-- Ids are compared and sorted by bytes everywhere, in the database as in the code.

-- Users and accounts as the product last stated them.
CREATE TABLE subject (
  product_id bigint NOT NULL,
  kind smallint NOT NULL,
  subject_id text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  removed boolean NOT NULL,
  -- Normalized for comparison; empty when there is none.
  email text COLLATE "C" NOT NULL,
  name text NOT NULL,
  PRIMARY KEY (product_id, kind, subject_id)
);

-- Which users belong to which accounts. Rows and not an array with a GIN index: the account phase
-- reads the members of some hundred accounts at once, which is one range of this index.
CREATE TABLE user_account (
  product_id bigint NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  account_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (product_id, user_id, account_id)
);
CREATE UNIQUE INDEX user_account_members ON user_account (product_id, account_id, user_id);

-- Users to be looked at. A table of its own and not a column of subject: it is written and emptied
-- all the time, and rewriting the wide subject rows with their indexes for that costs far more.
-- `mark` changes with every request, so that finishing an older look does not drop a newer request.
CREATE SEQUENCE due_mark;
CREATE TABLE due_user (
  product_id bigint NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  -- Not looked at before.
  due_at timestamptz NOT NULL,
  -- When it was last asked for: what is known from before is no answer to a forced request.
  asked_at timestamptz NOT NULL,
  mark bigint NOT NULL,
  -- Looks so far that found no contact.
  attempt smallint NOT NULL,
  -- Somebody doubts the present match: ask Intercom whatever is known.
  forced boolean NOT NULL,
  PRIMARY KEY (product_id, user_id)
);
CREATE INDEX due_user_at ON due_user (product_id, due_at);

-- Accounts to be decided anew.
CREATE TABLE due_account (
  product_id bigint NOT NULL,
  account_id text COLLATE "C" NOT NULL,
  due_at timestamptz NOT NULL,
  mark bigint NOT NULL,
  -- Somebody doubts the present company: ask Intercom whether it is there.
  forced boolean NOT NULL,
  PRIMARY KEY (product_id, account_id)
);
CREATE INDEX due_account_at ON due_account (product_id, due_at);

-- A product's connection, and the claim of the replica that works for it.
CREATE TABLE connection (
  product_id bigint PRIMARY KEY,
  version bigint NOT NULL,
  workspace_id text COLLATE "C" NOT NULL,
  connected boolean NOT NULL,
  match_by_external_id boolean NOT NULL,
  next_run_at timestamptz NOT NULL,
  -- Failures in a row, and when to try again after them.
  failures integer NOT NULL DEFAULT 0,
  retry_at timestamptz,
  claim_owner text,
  claim_until timestamptz
);

-- What is known of Intercom, by workspace: several products may share one.
CREATE TABLE workspace (
  workspace_id text COLLATE "C" PRIMARY KEY,
  -- Contacts and companies it had when last told.
  contacts bigint,
  companies bigint,
  companies_per_page integer,
  -- When the last complete reading of all contacts, of all companies, began.
  paged_at timestamptz,
  listed_at timestamptz,
  -- Searches and single company reads since counted_since.
  searches integer NOT NULL DEFAULT 0,
  company_reads integer NOT NULL DEFAULT 0,
  counted_since timestamptz NOT NULL
);

CREATE TABLE contact (
  workspace_id text COLLATE "C" NOT NULL,
  contact_id text COLLATE "C" NOT NULL,
  email text COLLATE "C" NOT NULL,
  external_id text COLLATE "C" NOT NULL,
  -- 0 user, 1 lead.
  role smallint NOT NULL,
  last_seen_at timestamptz,
  -- Company ids as the contact itself lists them (ten at most), sorted; whether there are more; and
  -- all of them, once they were read.
  companies text[] NOT NULL,
  more_companies boolean NOT NULL,
  all_companies text[],
  all_read_at timestamptz,
  -- When Intercom last showed it.
  seen_at timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, contact_id)
) WITH (fillfactor = 80);  -- seen_at is rewritten by every run; room keeps that within the page
CREATE INDEX contact_email ON contact (workspace_id, email) WHERE email <> '';
CREATE INDEX contact_external_id ON contact (workspace_id, external_id) WHERE external_id <> '';

CREATE TABLE company (
  workspace_id text COLLATE "C" NOT NULL,
  -- Intercom's id.
  company_id text COLLATE "C" NOT NULL,
  -- The customer's own id, fixed when the company was created.
  customer_id text COLLATE "C" NOT NULL,
  name text NOT NULL,
  -- Intercom answered that it has no such company.
  gone boolean NOT NULL,
  seen_at timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, company_id)
);

-- What is decided of each subject.
CREATE TABLE match (
  product_id bigint NOT NULL,
  kind smallint NOT NULL,
  subject_id text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  workspace_id text COLLATE "C" NOT NULL,
  -- The contact or company; empty when not matched.
  target_id text COLLATE "C" NOT NULL,
  -- The one that it would have, also when another has it.
  wanted_id text COLLATE "C" NOT NULL,
  decision smallint NOT NULL,
  reason text NOT NULL,
  decided_at timestamptz NOT NULL,
  PRIMARY KEY (product_id, kind, subject_id)
);
CREATE INDEX match_wanted ON match (workspace_id, kind, wanted_id) WHERE wanted_id <> '';

-- Runs over all users of a product, and their history.
CREATE TABLE run (
  run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  product_id bigint NOT NULL,
  trigger text NOT NULL,
  state text NOT NULL,
  requested_at timestamptz NOT NULL,
  started_at timestamptz,
  finished_at timestamptz,
  users bigint NOT NULL DEFAULT 0,
  matched bigint NOT NULL DEFAULT 0,
  calls bigint NOT NULL DEFAULT 0,
  method text NOT NULL DEFAULT '',
  error text NOT NULL DEFAULT '',
  -- Where to go on after an interruption: when reading contacts began, the cursor of the next page
  -- of contacts, whether all were read, and the last user who was decided.
  read_since timestamptz,
  cursor text NOT NULL DEFAULT '',
  contacts_read boolean NOT NULL DEFAULT false,
  position text COLLATE "C" NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX run_open ON run (product_id) WHERE state IN ('waiting', 'running');
CREATE INDEX run_history ON run (product_id, run_id DESC);

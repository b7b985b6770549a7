-- Tagging by hand: who asked for what. What became of each subject stands with the tags themselves.

CREATE TABLE tag_job (
  job_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  product_id bigint NOT NULL,
  idempotency_key text COLLATE "C" NOT NULL,
  request_digest bytea NOT NULL,        -- SHA-256 of what was asked for
  tag text NOT NULL,
  target smallint NOT NULL,             -- accoil.tagging.v1.TagTarget
  remove boolean NOT NULL,
  kind smallint NOT NULL,               -- accoil.events.v1.SubjectKind
  profile_id text COLLATE "C",          -- the filter's; NULL: the subjects were named
  segment text NOT NULL DEFAULT '',
  condition text NOT NULL DEFAULT '',
  api_key_id bigint NOT NULL,
  requested_by text NOT NULL,
  traceparent text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  state text NOT NULL CHECK (state IN ('collecting', 'running', 'finished', 'cancelled', 'failed')),
  finished_at timestamptz,
  error text NOT NULL DEFAULT '',
  subjects bigint NOT NULL DEFAULT 0,   -- chosen so far
  after_subject_id text COLLATE "C",    -- the last one that the filter was held against
  -- When it is looked at next. NULL: nothing of it is open any more, and what became of its subjects
  -- is counted for good.
  due_at timestamptz DEFAULT clock_timestamp(),
  attempt integer NOT NULL DEFAULT 0,   -- failures in a row of looking
  done bigint NOT NULL DEFAULT 0,
  failed bigint NOT NULL DEFAULT 0,
  cancelled bigint NOT NULL DEFAULT 0,
  UNIQUE (product_id, idempotency_key),
  CHECK ((finished_at IS NULL) = (state IN ('collecting', 'running'))),
  CHECK (due_at IS NOT NULL OR finished_at IS NOT NULL)
);
CREATE INDEX tag_job_newest ON tag_job (product_id, created_at, job_id);
CREATE INDEX tag_job_due ON tag_job (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX tag_job_ended ON tag_job (finished_at) WHERE finished_at IS NOT NULL;

-- Whether anything of a job is open, however much of it is done.
CREATE INDEX assignment_job_open ON assignment (job_id)
  WHERE job_id IS NOT NULL AND ended_at IS NULL;

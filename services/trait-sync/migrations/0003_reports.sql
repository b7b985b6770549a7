-- What people ask of deliveries: the history of sweeps and clean-ups, and problems by their group.

CREATE TABLE sync_run (
  run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  product_id bigint NOT NULL,
  kind text NOT NULL CHECK (kind IN ('sweep', 'clean_up')),
  -- scheduled, requested, connected, profile_changed or disconnected.
  trigger text NOT NULL,
  state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'finished', 'failed')),
  started_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  items bigint NOT NULL DEFAULT 0,      -- subjects looked at; attributes archived
  calls bigint NOT NULL DEFAULT 0,
  error text NOT NULL DEFAULT ''
);
CREATE INDEX sync_run_product ON sync_run (product_id, run_id);

ALTER TABLE sweep
  -- What made the next sweep due.
  ADD COLUMN trigger text NOT NULL DEFAULT 'scheduled',
  -- Its run that has not ended. It goes on when all is marked, until what was marked is worked off.
  ADD COLUMN run_id bigint;

-- Groups of values set aside are counted, and their first examples found, in its order.
CREATE INDEX set_aside_group ON set_aside (product_id, reason_class, kind, attribute, subject_id);

-- Few fail at a time, and an attempt that does not change costs this index nothing.
CREATE INDEX delivery_failing ON delivery (product_id, kind, subject_id) WHERE attempt > 0;

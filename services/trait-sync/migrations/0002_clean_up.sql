-- What nobody wants any more is archived in Intercom, if this service made it.

ALTER TABLE attribute DROP CONSTRAINT attribute_state_check;
ALTER TABLE attribute
  -- archived: it is archived in Intercom, or is being archived (archived_at is NULL until Intercom has
  -- acknowledged it). cannot_archive: Intercom will not archive it, for the reason; it is there.
  ADD CONSTRAINT attribute_state_check
    CHECK (state IN ('present', 'wanted', 'refused', 'archived', 'cannot_archive')),
  -- Whether this service made it: it was not there and Intercom was asked to make it. What was made
  -- before this column was is not known to be ours, and stays.
  ADD COLUMN ours boolean NOT NULL DEFAULT false,
  ADD COLUMN archived_at timestamptz,
  -- The workspace's era in which it was archived last. What subjects were delivered before that is
  -- in doubt.
  ADD COLUMN era bigint NOT NULL DEFAULT 0;

-- The workspace's era when the attributes were written last; null as an attribute's value: it may
-- hold anything.
ALTER TABLE delivered ADD COLUMN era bigint NOT NULL DEFAULT 0;

-- The version of the DISCONNECTING that connections was told the end of.
ALTER TABLE connection ADD COLUMN finished_version bigint NOT NULL DEFAULT 0;

-- Workspaces in which something may have to be archived.
CREATE TABLE clean_up (
  workspace_id text COLLATE "C" PRIMARY KEY,
  era bigint NOT NULL DEFAULT 0,        -- goes up whenever an attribute is archived
  due_at timestamptz,                   -- NULL: nothing to do
  marks bigint NOT NULL DEFAULT 0,      -- goes up whenever it is made due
  cause text NOT NULL DEFAULT 'scheduled',  -- of the last mark, and the product that it came from
  product_id bigint,
  claim bigint,                         -- the token of who works on it
  claimed_until timestamptz,
  attempt integer NOT NULL DEFAULT 0,   -- failures in a row
  last_error text NOT NULL DEFAULT ''
);
CREATE INDEX clean_up_due ON clean_up (due_at) WHERE due_at IS NOT NULL;

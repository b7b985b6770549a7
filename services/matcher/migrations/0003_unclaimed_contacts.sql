-- Contacts that Intercom notified of and that concerned nobody then. Whoever comes soon after finds
-- here what search may not show yet. Kept for as long as search may lag behind.
CREATE TABLE unclaimed_contact (
  workspace_id text COLLATE "C" NOT NULL,
  contact_id text COLLATE "C" NOT NULL,
  -- As the notification stated them, the email normalized.
  email text COLLATE "C" NOT NULL,
  external_id text COLLATE "C" NOT NULL,
  notified_at timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, contact_id)
);
CREATE INDEX unclaimed_contact_email ON unclaimed_contact (workspace_id, email) WHERE email <> '';
CREATE INDEX unclaimed_contact_external_id ON unclaimed_contact (workspace_id, external_id)
  WHERE external_id <> '';
CREATE INDEX unclaimed_contact_age ON unclaimed_contact (notified_at);

-- Contacts that Intercom notified of and that concern somebody: to be asked for. `mark` changes with
-- every notification, so that the answer to an older one does not drop a newer one.
CREATE TABLE doubted_contact (
  workspace_id text COLLATE "C" NOT NULL,
  contact_id text COLLATE "C" NOT NULL,
  doubted_at timestamptz NOT NULL,
  mark bigint NOT NULL,
  PRIMARY KEY (workspace_id, contact_id)
);

-- Whom a contact's email may concern.
CREATE INDEX subject_email ON subject (product_id, email)
  WHERE kind = 1 AND NOT removed AND email <> '';

-- Examples of a decision, and who is to be looked at again because of it.
CREATE INDEX match_decision ON match (product_id, kind, decision, subject_id);

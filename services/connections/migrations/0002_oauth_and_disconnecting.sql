-- Where a connection comes from, the secret of the app that its token belongs to, and how it ends.
-- Connections that stand already came by a pasted token.
ALTER TABLE connection
  ADD COLUMN origin smallint NOT NULL DEFAULT 1,
  -- When the present token came.
  ADD COLUMN connected_at timestamptz,
  -- As token, bound to its own purpose.
  ADD COLUMN client_secret bytea,
  ADD COLUMN client_secret_key_id text,
  -- Since when its attributes are being archived; only while the state says so.
  ADD COLUMN disconnecting_since timestamptz,
  -- A disconnected connection has no token.
  ALTER COLUMN token DROP NOT NULL,
  ALTER COLUMN token_key_id DROP NOT NULL,
  ADD CHECK ((token IS NULL) = (token_key_id IS NULL)),
  ADD CHECK ((client_secret IS NULL) = (client_secret_key_id IS NULL));
-- Versions are the microseconds of the last change, which is the best that is known.
UPDATE connection SET connected_at = to_timestamp(version / 1000000.0);
ALTER TABLE connection
  ALTER COLUMN connected_at SET NOT NULL,
  ALTER COLUMN origin DROP DEFAULT;
UPDATE connection SET token = NULL, token_key_id = NULL WHERE state = 2;
CREATE INDEX connection_disconnecting ON connection (disconnecting_since)
  WHERE disconnecting_since IS NOT NULL;

-- Keys are revoked, not deleted: their list tells of both.
ALTER TABLE api_key
  ADD COLUMN last_used_at timestamptz,
  ADD COLUMN revoked_at timestamptz;
CREATE INDEX api_key_product ON api_key (product_id);

-- States of OAuth flows that were begun here. Kept for a day after they expire, so that somebody
-- who comes late can be told why.
CREATE TABLE oauth_state (
  -- SHA-256 of the state, which is random.
  digest bytea PRIMARY KEY,
  product_id bigint NOT NULL REFERENCES product,
  -- Who asked; NULL for the operator.
  api_key_id bigint REFERENCES api_key,
  -- NULL: as the product had it before, else the default.
  attribute_prefix text,
  match_by_external_id boolean,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX oauth_state_expires ON oauth_state (expires_at);

-- Workspaces that were installed from the App Store and wait for a product.
CREATE TABLE installation (
  -- SHA-256 of the secret that stands for it.
  digest bytea PRIMARY KEY,
  workspace_id text NOT NULL,
  workspace_name text NOT NULL,
  region text NOT NULL,
  base_url text NOT NULL,
  token bytea NOT NULL,
  token_key_id text NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX installation_expires ON installation (expires_at);

-- Connections of whose token Intercom said that it may be dead; asked about, then deleted.
CREATE TABLE token_doubt (
  product_id bigint PRIMARY KEY REFERENCES connection,
  doubted_at timestamptz NOT NULL,
  due_at timestamptz NOT NULL,
  attempts int NOT NULL DEFAULT 0
);
CREATE INDEX token_doubt_due ON token_doubt (due_at);

-- Workspaces that nobody uses any more and that our app is to be taken out of.
CREATE TABLE uninstall (
  uninstall_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  product_id bigint NOT NULL REFERENCES product,
  workspace_id text NOT NULL,
  base_url text NOT NULL,
  -- As it stood in the connection of the product.
  token bytea NOT NULL,
  token_key_id text NOT NULL,
  due_at timestamptz NOT NULL,
  attempts int NOT NULL DEFAULT 0
);
CREATE INDEX uninstall_due ON uninstall (due_at);

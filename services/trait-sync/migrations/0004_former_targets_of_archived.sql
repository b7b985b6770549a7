-- What a target that was left holds of an archived attribute is shown to nobody and cannot be cleared
-- now. It is remembered, for the attribute may be brought back, and the value with it.
ALTER TABLE former_target ALTER COLUMN due_at DROP NOT NULL;  -- NULL: until one is brought back
CREATE INDEX former_target_of_archived ON former_target (workspace_id) WHERE due_at IS NULL;

-- Of users who were told in a request that is followed through the logs (its traceparent), and who
-- have not been decided since. A table of its own: there are few, and due_user is written all the
-- time.
CREATE TABLE traced_user (
  product_id bigint NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  traceparent text NOT NULL,
  PRIMARY KEY (product_id, user_id)
);

-- Examples of a decision, and who is to be looked at again because of it: nobody asks so for those
-- who are matched otherwise than by name (1 to 4), and they are by far the most. Without them the
-- index cannot be taken either for one that finds a subject, which it does by reading all of the
-- product; to a database that knows nothing of a new table yet it looked as good as the primary key.
DROP INDEX match_decision;
CREATE INDEX match_decision ON match (product_id, kind, decision, subject_id)
  WHERE decision >= 5::smallint;

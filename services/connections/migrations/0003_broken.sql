-- Whether a connection ended without the product's wish: its token was refused, or the app taken out
-- of the workspace. How those that ended before did is not known.
ALTER TABLE connection ADD COLUMN broken boolean NOT NULL DEFAULT false;

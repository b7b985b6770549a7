-- What a product is called, as connection-changed tells it; empty when it was told before it did.
ALTER TABLE connection ADD COLUMN product_name text NOT NULL DEFAULT '';

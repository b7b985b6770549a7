-- One service's room in the database: a role, and a schema that it owns and nobody else may enter.
-- Its tables come from the service's migrations. Can be run again. Variables: schema, role, password.

SELECT format('CREATE ROLE %I LOGIN', :'role')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec

-- PostgreSQL keeps only a hash; setting the same password again is how a lost one is repaired.
ALTER ROLE :"role" LOGIN NOINHERIT CONNECTION LIMIT -1 PASSWORD :'password';

-- An administrator who is no superuser (hosted PostgreSQL) may only hand a schema to a role that he
-- is a member of.
SELECT format('GRANT %I TO CURRENT_USER', :'role')
WHERE NOT pg_has_role(CURRENT_USER, :'role', 'MEMBER') \gexec

SELECT format('CREATE SCHEMA %I AUTHORIZATION %I', :'schema', :'role')
WHERE NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = :'schema') \gexec

REVOKE ALL ON SCHEMA :"schema" FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
SELECT format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()) \gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), :'role') \gexec

/**
 * The schema of the table of rows once `logs` is a view of these and of packed ones. Before that there is none of this name,
 * and PostgreSQL passes it over. One of another role is not searched: its tables would be taken for ours.
 */
export const ROWS_SCHEMA = 'timelapser_rows'

/** SQL of the oid of that schema, where it is this server's own; none otherwise. */
export const OWN_ROWS_SCHEMA = `(
          select oid
          from pg_namespace
          where nspname = '${ROWS_SCHEMA}' and pg_has_role(current_user, nspowner, 'member')
        )`

import type pg from 'pg'

/** The dimensions of a line whose names are limited. */
export const NAME_KINDS = ['source', 'logger', 'camera'] as const
export type NameKind = (typeof NAME_KINDS)[number]

export type LogName = { kind: NameKind; name: string }

/** How many names there may be of a kind, in all and of one caller. */
export type NameLimits = Record<NameKind, { inAll: number; byCaller: number }>

/** A name that no line carried for this many days gives its place to others. */
const FORGET_DAYS = 30

/** All names there are, with the day each was seen last. */
export async function readNames(pool: pg.Pool): Promise<(LogName & { seen_on: string })[]> {
  const { rows } = await pool.query<LogName & { seen_on: string }>({
    name: 'read_names',
    text: `
      select kind, name, seen_on::text
      from log_names`,
  })
  return rows
}

/**
 * Takes in the names that there is room for, in their order, and notes that those that are known were seen.
 *
 * @param caller who brings them; null for the system itself
 * @returns those that may be used
 */
export async function takeNames(
  pool: pg.Pool,
  names: readonly LogName[],
  { caller, limits, day }: { caller: string | null; limits: NameLimits; day: string },
): Promise<LogName[]> {
  const { rows } = await pool.query<LogName>({
    name: 'take_names',
    text: `
      with given as (
        select t.kind, t.name, n.name is not null as is_known,
          row_number() over (partition by t.kind, n.name is null order by place) as nth
        from unnest($1::text[], $2::text[]) with ordinality as t (kind, name, place)
        left join log_names n on n.kind = t.kind and n.name = t.name
      ), held as (
        select kind, count(*) as in_all, count(*) filter (where brought_by = $3) as by_caller
        from log_names
        where brought_by is not null
        group by kind
      )
      insert into log_names (kind, name, brought_by, seen_on)
      select g.kind, g.name, $3, $7::date
      from given g
      join unnest($4::text[], $5::bigint[], $6::bigint[]) as l (kind, in_all, by_caller) on l.kind = g.kind
      left join held h on h.kind = g.kind
      where g.is_known
        or nth <= least(l.in_all - coalesce(h.in_all, 0), l.by_caller - coalesce(h.by_caller, 0))
      order by g.kind, g.name
      on conflict (kind, name) do update set seen_on = excluded.seen_on
      returning kind, name`,
    values: [
      names.map(({ kind }) => kind),
      names.map(({ name }) => name),
      caller,
      NAME_KINDS,
      NAME_KINDS.map((kind) => limits[kind].inAll),
      NAME_KINDS.map((kind) => limits[kind].byCaller),
      day,
    ],
  })
  return rows
}

/** Forgets names that no line carried for a month. */
export async function forgetNames(pool: pg.Pool): Promise<void> {
  await pool.query({
    name: 'forget_names',
    text: `delete from log_names where seen_on < current_date - ${FORGET_DAYS}`,
  })
}

type NameCount = { kind: NameKind; names: number; most: number; most_by: string }

/** How many names callers brought of each kind, and how many the one with most of them did. */
export async function countNames(pool: pg.Pool): Promise<NameCount[]> {
  const { rows } = await pool.query<NameCount>(`
    /* count_names */
    select kind, sum(names)::bigint as names, max(names) as most,
      (array_agg(brought_by order by names desc))[1] as most_by
    from (
      select kind, brought_by, count(*) as names
      from log_names
      where brought_by is not null
      group by kind, brought_by
    ) by_caller
    group by kind
    order by kind`)
  return rows
}

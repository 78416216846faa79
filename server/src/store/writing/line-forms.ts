// Versions of how a source's plain lines are written. The store does not interpret a form.
import type pg from 'pg'
import type { SenderMark } from './senders.ts'

/** The origin of lines: a key or user, the way they come in, and the source or labels of the stream. */
export type FormPlace = { holder: string; wayIn: string; source: string }

/** Version 0 has no form: none was known. */
export type FormVersion = { version: number; form: unknown }

/** Versions of a place within an hour; a place whose lines are of many kinds would else have one for each batch. */
const MOST_AN_HOUR = 20
/** Forms of a key: lines of more files and sources than that are read without, until the oldest forms are forgotten. */
const MOST_OF_A_HOLDER = 10_000
/** Each deployment may bring new files and labels, and nobody says which of the old ones have gone. */
const KEPT_OF_A_HOLDER = 8000
const KEPT_DAYS = 30

/** The version that lines of this place are read by. With a sender's mark it is fixed by the first look. */
export async function findLineForm(
  pool: pg.Pool,
  place: FormPlace,
  mark: SenderMark | undefined,
): Promise<FormVersion> {
  if (mark === undefined) return (await newestForm(pool, place)) ?? NO_FORM
  // The same batch may be fixed by another server at this moment; then it is found the second time.
  return (await markedForm(pool, place, mark)) ?? (await markedForm(pool, place, mark)) ?? NO_FORM
}

const NO_FORM: FormVersion = { version: 0, form: undefined }

async function newestForm(
  pool: pg.Pool,
  { holder, wayIn, source }: FormPlace,
): Promise<FormVersion | undefined> {
  const { rows } = await pool.query<FormVersion>({
    name: 'newest_line_form',
    text: `
      select version, form
      from line_forms
      where holder = $1 and way_in = $2 and source = $3
      order by version desc
      limit 1`,
    values: [holder, wayIn, source],
  })
  return rows[0]
}

async function markedForm(
  pool: pg.Pool,
  { holder, wayIn, source }: FormPlace,
  { sender, batch }: SenderMark,
): Promise<FormVersion | undefined> {
  const { rows } = await pool.query<{ version: number; form: unknown }>({
    name: 'marked_line_form',
    text: `
      with fixed as (
        insert into line_form_marks (sender, holder, way_in, source, last_batch, version)
        select $1, $2, $3, $4, $5::bigint, coalesce(max(version), 0)
        from line_forms
        where holder = $2 and way_in = $3 and source = $4
        on conflict (sender, holder, way_in, source) do update
        set last_batch = excluded.last_batch, version = excluded.version, updated_at = now()
        where line_form_marks.last_batch < excluded.last_batch
        returning version
      ), marked as (
        select version from fixed
        union all
        select version
        from line_form_marks
        where sender = $1 and holder = $2 and way_in = $3 and source = $4 and not exists (select from fixed)
      )
      select marked.version, line_forms.form
      from marked
      left join line_forms on line_forms.holder = $2 and line_forms.way_in = $3
        and line_forms.source = $4 and line_forms.version = marked.version`,
    values: [sender, holder, wayIn, source, batch],
  })
  const [row] = rows
  return row && { version: row.version, form: row.form ?? undefined }
}

/**
 * Keeps a form as the version after the version that the lines were read by. If several servers do so at once the first
 * form is kept.
 */
export async function addLineForm(
  pool: pg.Pool,
  { holder, wayIn, source }: FormPlace,
  after: number,
  form: object,
): Promise<void> {
  await pool.query({
    name: 'add_line_form',
    text: `
      insert into line_forms (holder, way_in, source, version, form)
      select $1, $2, $3, $4::integer + 1, $5::jsonb
      from line_forms
      where holder = $1 and way_in = $2 and source = $3
      having count(*) filter (where created_at > now() - interval '1 hour') < $6::integer
        and (select count(*) from line_forms where holder = $1) < $7::integer
      on conflict do nothing`,
    values: [holder, wayIn, source, after, JSON.stringify(form), MOST_AN_HOUR, MOST_OF_A_HOLDER],
  })
}

/**
 * Forgets versions that newer ones took the place of long ago, the marks of senders of that time, and the oldest of a key that
 * has too many: where one of these is still in use it is found again from the next lines.
 */
export async function forgetLineForms(pool: pg.Pool): Promise<void> {
  await pool.query({
    name: 'forget_line_form_marks',
    text: `delete from line_form_marks where updated_at < now() - $1::integer * interval '1 day'`,
    values: [KEPT_DAYS],
  })
  await pool.query({
    name: 'forget_line_forms',
    text: `
      delete from line_forms
      where created_at < now() - $1::integer * interval '1 day'
        and exists (
          select
          from line_forms newer
          where newer.holder = line_forms.holder and newer.way_in = line_forms.way_in
            and newer.source = line_forms.source and newer.version > line_forms.version
        )
        and not exists (
          select
          from line_form_marks
          where line_form_marks.holder = line_forms.holder and line_form_marks.way_in = line_forms.way_in
            and line_form_marks.source = line_forms.source and line_form_marks.version = line_forms.version
        )`,
    values: [KEPT_DAYS],
  })
  await pool.query({
    name: 'forget_oldest_line_forms',
    text: `
      delete from line_forms
      using (
        select holder, way_in, source, version,
          row_number() over (partition by holder order by created_at desc) as position
        from line_forms
        where holder in (select holder from line_forms group by holder having count(*) > $1::integer)
      ) ranked
      where ranked.position > $1::integer
        and line_forms.holder = ranked.holder and line_forms.way_in = ranked.way_in
        and line_forms.source = ranked.source and line_forms.version = ranked.version
        and not exists (
          select
          from line_form_marks
          where line_form_marks.holder = line_forms.holder and line_form_marks.way_in = line_forms.way_in
            and line_form_marks.source = line_forms.source and line_form_marks.version = line_forms.version
        )`,
    values: [KEPT_OF_A_HOLDER],
  })
}

import pg from 'pg'
import { LINE_OF_BATCH } from './overload-sender.ts'

/** The batches of the bench that are stored: `once` when each of their lines is there a single time. */
export async function storedBatches(
  connection: pg.PoolConfig,
  lines: number,
): Promise<Map<number, 'once' | 'otherwise'>> {
  const client = new pg.Client(connection)
  await client.connect()
  try {
    const { rows } = await client.query<{ batch: number; is_whole: boolean }>(
      `
      select
        batch,
        count(*) = $2 and sum(line) = $2::bigint * ($2 - 1) / 2 as is_whole
      from (
        select mark[1]::int as batch, mark[2]::int as line
        from logs, regexp_match(message, $1) as mark
        where mark is not null
      ) marked
      group by batch`,
      [LINE_OF_BATCH, lines],
    )
    return new Map(rows.map(({ batch, is_whole }) => [batch, is_whole ? 'once' : 'otherwise']))
  } finally {
    await client.end()
  }
}

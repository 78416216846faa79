// The floor under ingest: an HTTP server that pipes COPY text into a table without indexes and answers after COMMIT.
// Run as a process of its own by bench/ingest.ts, so that both sides have the same cores to share.
import { createServer } from 'node:http'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'

const connection = JSON.parse(process.argv[2] ?? '{}') as pg.PoolConfig
const pool = new pg.Pool({ ...connection, max: 4 })
await pool.query('drop table if exists bare_copy')
await pool.query(`
  create table bare_copy (
    id bigint, timestamp timestamptz, camera_id integer, level varchar(20), source varchar(100),
    logger_name varchar(200), message text, extra_data jsonb
  )`)

const server = createServer(async (request, response) => {
  const client = await pool.connect()
  try {
    await pipeline(request, client.query(copyFrom('copy bare_copy from stdin')))
    response.end('ok')
  } catch (error) {
    response.statusCode = 500
    response.end(String(error))
  } finally {
    client.release()
  }
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(`${typeof address === 'object' && address ? address.port : 0}\n`)
})
process.on('SIGTERM', async () => {
  server.closeAllConnections()
  server.close()
  await pool.query('drop table bare_copy')
  await pool.end()
})

// The floor under ingest: an HTTP server that copies each body into a table without indexes and answers after COMMIT.
// NDJSON is parsed and written as COPY text, nothing else is done to it; any other body is piped through as it is.
// Run as a process of its own by bench/ingest.ts, so that both sides have the same cores to share.
import { createServer, type IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { copyLine } from '../server/src/store/database/batch-flight.ts'
import { LOG_COLUMN_LIST } from '../server/src/store/database/table-names.ts'

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
    const isText = request.headers['content-type'] !== 'application/x-ndjson'
    const source = isText ? request : Readable.from([await copyTextOf(request)])
    await pipeline(source, client.query(copyFrom(`copy bare_copy (${LOG_COLUMN_LIST}) from stdin`)))
    response.end('ok')
  } catch (error) {
    response.statusCode = 500
    response.end(String(error))
  } finally {
    client.release()
  }
})
let nextId = 1

async function copyTextOf(request: IncomingMessage): Promise<Buffer> {
  const lines = (await buffer(request)).toString('utf8').split('\n')
  return Buffer.from(lines.map((line) => copyLine(nextId++, JSON.parse(line))).join(''))
}

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

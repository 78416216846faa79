// A small Timelapser: three cameras, an API and a worker, each logging in its own way.
//
//   npm start                      in one terminal
//   npm run example                in another; Ctrl-C ends it, `-- --seconds 20` does so by itself
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { consoleHandler, createLogger, httpHandler, withContext } from '@timelapser/logger'

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    key: { type: 'string' },
    seconds: { type: 'string' },
    quiet: { type: 'boolean', default: false },
  },
})
// The server leaves its address and a key in its data folder for programs on the same machine.
const url = values.url ?? process.env.TIMELAPSER_LOGS_URL ?? leftByServer('address')
const apiKey = values.key ?? process.env.TIMELAPSER_LOGS_API_KEY ?? leftByServer('admin-api-key')

const CAMERAS = [
  { id: 1, name: 'Front Door', host: '192.168.1.101', failsAbove: 0.97 },
  { id: 2, name: 'Garden', host: '192.168.1.102', failsAbove: 0.995 },
  { id: 3, name: 'Garage Roof', host: '192.168.1.103', failsAbove: 0.8 },
]

await nameCameras()

const handlers = [httpHandler({ url, apiKey }), ...(values.quiet ? [] : [consoleHandler()])]
// Lines below the level in force are stored when an error follows them: the lines `GET … received` of requests that
// fail.
const logger = createLogger({ source: 'system', handlers, flightRecorder: true, uncaught: true })
const stop = new AbortController()
process.once('SIGINT', () => stop.abort())
process.once('SIGTERM', () => stop.abort())
if (values.seconds !== undefined) setTimeout(() => stop.abort(), Number(values.seconds) * 1000).unref()

logger.info('Timelapser is starting', { version: '4.2.0', cameras: CAMERAS.length })
await Promise.all([...CAMERAS.map(runCamera), runApi(), runWorker()])
logger.info('Timelapser is stopping')
await logger.close()

async function runCamera({ id, host, failsAbove }: (typeof CAMERAS)[number]): Promise<void> {
  const log = logger.bind({ camera_id: id, logger_name: 'camera_worker' })
  for (let frame = 1; await pause(1500); frame++) {
    if (Math.random() < failsAbove) {
      log.info('Image captured successfully', { frame, bytes: 180_000 + Math.round(Math.random() * 40_000) })
      continue
    }
    const rtsp_url = `rtsp://viewer:s3cret@${host}/stream1`
    log.warning('No frame for 10 s, reconnecting', { rtsp_url, retry_count: 1 })
    await pause(800)
    log.error('RTSP connection timeout after 30 seconds', { rtsp_url, retry_count: 3, timeout_duration: 30 })
  }
}

async function runApi(): Promise<void> {
  const log = logger.bind({ source: 'api', logger_name: 'http' })
  const routes = ['/api/cameras', '/api/timelapses', '/api/images/latest', '/api/settings']
  while (await pause(700)) {
    const route = routes[Math.floor(Math.random() * routes.length)]
    const duration_ms = Math.round(5 + Math.random() ** 4 * 1500)
    withContext({ request_id: crypto.randomUUID() }, () => {
      log.debug(`GET ${route} received`)
      const status = Math.random() < 0.02 ? 500 : 200
      const line = `GET ${route} ${status} in ${duration_ms} ms`
      if (status === 500) log.error(line, { duration_ms, err: new TypeError('image is undefined') })
      else log.info(line, { duration_ms })
    })
  }
}

async function runWorker(): Promise<void> {
  const log = logger.bind({ source: 'worker', logger_name: 'video_renderer' })
  for (let job = 1; await pause(4000); job++) {
    log.info('Rendering timelapse', { job, frames: 720 })
    if (job % 7 === 0) log.critical('Disk is full, rendering stopped', { job, free_bytes: 12_288 })
    else log.info('Timelapse rendered', { job, seconds: 3 + Math.round(Math.random() * 5) })
  }
}

/** Waits about so long; false when the program is to end. */
async function pause(milliseconds: number): Promise<boolean> {
  await sleep(milliseconds * (0.6 + Math.random() * 0.8), undefined, { signal: stop.signal }).catch(
    () => undefined,
  )
  return !stop.signal.aborted
}

async function nameCameras(): Promise<void> {
  for (const { id, name } of CAMERAS) {
    const response = await fetch(`${url}/api/cameras`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
      body: JSON.stringify({ id, name }),
    }).catch(() => leave(`No answer from ${url}. Start the server first: npm start.`))
    // 409: it has been there since the last run.
    if (!response.ok && response.status !== 409)
      throw new Error(`${response.status} ${await response.text()}`)
  }
}

function leftByServer(name: string): string {
  const file = join(process.env.DATA_DIR ?? 'data', name)
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return leave(`There is no ${file}. Start the server first: npm start; or give --url and --key.`)
  }
}

function leave(sentence: string): never {
  console.error(sentence)
  process.exit(1)
}

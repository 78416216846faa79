import type { Level } from '@timelapser/logger'
import { type Episode, line, type Stage, traceback } from './episode.ts'

const ROUTES = [
  ['GET', '/api/cameras', 12],
  ['GET', '/api/cameras/{camera}/latest-image', 40],
  ['GET', '/api/dashboard', 90],
  ['GET', '/api/logs?level=ERROR&limit=50', 30],
  ['PUT', '/api/cameras/{camera}', 25],
  ['POST', '/api/timelapses/{camera}/start', 60],
  ['POST', '/api/videos', 45],
  ['DELETE', '/api/images/{image}', 18],
] as const

/** A request and its response, which share their `request_id`; some are slow, refused or end in a stack trace. */
export function generateApiLogs({ random, cameras }: Stage): Episode {
  if (random.isOneIn(60))
    return signIn(random.hex(8), random.int(1, 6), `10.0.${random.int(0, 3)}.${random.int(2, 250)}`)
  const [method, route, usualMs] = random.pick(ROUTES)
  const path = route
    .replace('{camera}', String(cameras[random.int(0, cameras.length - 1)]?.id))
    .replace('{image}', String(random.int(1, 2_000_000)))
  const request_id = `${random.hex(8)}-${random.hex(4)}`
  const isSlow = random.isOneIn(40)
  const ms = Math.round(usualMs * (0.4 + random.next() * 2)) + (isSlow ? random.int(1000, 9000) : 0)
  const status = statusOf(random.next(), method)
  const of = { source: 'api', logger_name: 'app.http' }
  const about = { request_id, method, path, client: `192.168.1.${random.int(2, 250)}` }
  const level: Level = status >= 500 ? 'ERROR' : status >= 400 || isSlow ? 'WARNING' : 'INFO'
  const episode = [
    line(0, { ...of, level: 'DEBUG', message: `${method} ${path}`, extra_data: about }),
    line(ms, {
      ...of,
      level,
      message: `${method} ${path} ${status} in ${ms} ms`,
      extra_data: { ...about, status, duration_ms: ms },
    }),
  ]
  if (isSlow) episode.splice(1, 0, slowQuery(ms, request_id))
  if (status >= 500) episode.splice(1, 0, failure(random, ms, request_id))
  return episode
}

function slowQuery(ms: number, request_id: string) {
  return line(ms - 10, {
    source: 'api',
    logger_name: 'app.database',
    level: 'WARNING',
    message: `Slow query (${ms - 20} ms): SELECT * FROM images WHERE camera_id = %s ORDER BY captured_at DESC LIMIT 100`,
    extra_data: { request_id },
  })
}

function failure(random: Stage['random'], ms: number, request_id: string) {
  const message = traceback(
    random.pick([
      "KeyError: 'captured_at'",
      'asyncio.exceptions.TimeoutError',
      "ValueError: time data '2026-13-01' does not match format '%Y-%m-%d'",
    ]),
    [
      'app/routers/images.py|77|list_images|return await service.get_images(camera_id, filters)',
      'app/services/image_service.py|203|get_images|captured = [row["captured_at"] for row in rows]',
    ],
  )
  return line(ms - 2, {
    source: 'api',
    logger_name: 'app.errors',
    level: 'ERROR',
    message,
    extra_data: { request_id },
  })
}

function statusOf(chance: number, method: string): number {
  if (chance < 0.008) return 500
  if (chance < 0.011) return 503
  if (chance < 0.03) return 404
  if (chance < 0.04) return 422
  return method === 'POST' ? 201 : method === 'DELETE' ? 204 : 200
}

/** Somebody guesses passwords; the last password may be theirs. */
function signIn(request: string, attempts: number, client: string): Episode {
  const of = { source: 'api', logger_name: 'app.auth' }
  const tries = Array.from({ length: attempts }, (_, index) =>
    line(index * 1800, {
      ...of,
      level: 'WARNING',
      message: `Sign-in of jordan refused from ${client}`,
      extra_data: { request_id: `${request}-${index}`, attempt: index + 1 },
    }),
  )
  const end =
    attempts > 4
      ? line(attempts * 1800, {
          ...of,
          level: 'ERROR',
          message: `Address ${client} locked out for 15 minutes after ${attempts} attempts`,
          extra_data: { request_id: request },
        })
      : line(attempts * 1800, {
          ...of,
          level: 'INFO',
          message: `jordan signed in from ${client}`,
          extra_data: { request_id: request },
        })
  return [...tries, end]
}

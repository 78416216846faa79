import type { FastifyInstance } from 'fastify'
import type { SettingsService } from '../service/administration/settings-service.ts'

/** One finished request worth a line. */
export type RequestLine = {
  level: 'info' | 'warning' | 'error'
  message: string
  extra_data: {
    method: string
    route: string
    status: number
    duration_ms: number
    request_id: string
    by: string | null
  }
}

/** Slower than this, in milliseconds, is worth a line. */
const SLOW_MS = 1000

/** Take their time by design: a question held until a level changes, a file as fast as its reader. */
const NEVER_SLOW = new Set(['GET /api/levels', 'GET /api/logs/export'])

/** Logs requests as the setting `request_logging` says. Query strings stay out: they hold people's search texts. */
export function registerRequestLog(
  app: FastifyInstance,
  settings: SettingsService,
  onLine: (line: RequestLine) => void,
): void {
  app.addHook('onResponse', async (request, response) => {
    const route = request.routeOptions.url ?? 'unknown'
    const { method } = request
    const status = response.statusCode
    // Ingest requests, by any protocol, would each write another line.
    const { access, isStream, isTrial } = request.routeOptions.config
    if ((access === 'ingest' || isStream) && status < 500) return
    // Without its settings the server logs more rather than less.
    const wanted = await settings.get().then(
      ({ request_logging }) => request_logging,
      () => 'changes',
    )
    if (wanted === 'off' && status < 500) return
    const isChange = !isTrial && method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS'
    const isSlow = response.elapsedTime > SLOW_MS && !NEVER_SLOW.has(`${method} ${route}`)
    if (wanted !== 'all' && !isChange && !isSlow && status < 500) return
    const duration_ms = Math.round(response.elapsedTime * 10) / 10
    onLine({
      level: status >= 500 ? 'error' : status >= 400 || isSlow ? 'warning' : 'info',
      // Without its duration, which differs each time: repeats of a failure or a refusal become one line.
      message: `${method} ${route} ${status}${status >= 400 ? '' : ` in ${duration_ms} ms`}`,
      extra_data: {
        method,
        route,
        status,
        duration_ms,
        request_id: request.id,
        by: request.principal?.name ?? null,
      },
    })
  })
}

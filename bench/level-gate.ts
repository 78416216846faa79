// The cost of the level gate for a line: without overrides, with some, and a call that is not wanted.
import { createLogger, LevelGate, type LevelOverride, type LogHandler } from '@timelapser/logger'

const ROUNDS = 3_000_000

function measure(name: string, work: () => void): void {
  for (let index = 0; index < 200_000; index++) work()
  const began = performance.now()
  for (let index = 0; index < ROUNDS; index++) work()
  console.log(`${name.padEnd(44)} ${(((performance.now() - began) * 1e6) / ROUNDS).toFixed(0)} ns`)
}

const override = (scope: LevelOverride['scope'], target: string): LevelOverride => ({
  ...{ scope, target, level: 'WARNING', max_lines_per_minute: 6_000 },
  expires_at: new Date(Date.now() + 3_600_000).toISOString(),
})
const place = { source: 'worker', logger_name: 'capture.rtsp.session', camera_id: 7 }

const plain = new LevelGate({ rules: { log_level: 'INFO', overrides: [] } })
measure('admit, no overrides', () => plain.admit('INFO', place))

const overrides = Array.from({ length: 100 }, (_, n) => [
  override('camera', String(n + 100)),
  override('logger', `service${n}.part`),
  override('source', `source${n}`),
]).flat()
const busy = new LevelGate({ rules: { log_level: 'INFO', overrides } })
measure('admit, 300 overrides, none matches', () => busy.admit('INFO', place))
measure('admit, 300 overrides, the source matches', () =>
  busy.admit('INFO', { ...place, source: 'source50' }),
)

const handler: LogHandler = {
  handle: () => {},
  isEnabled: (level) => busy.couldPass(level),
  watchEnabled: (listener) => busy.watch(listener),
  flush: async () => {},
  close: async () => {},
}
const logger = createLogger({ handlers: [handler] })
measure('logger.debug that no override could want', () => logger.debug('text', { a: 1 }))

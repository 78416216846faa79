// The loggers that are measured beside each other, made ready to write a line with bindings and extra data.
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { consoleHandler, createLogger, type HttpOptions, httpHandler, type Logger } from '@timelapser/logger'
import pino from 'pino'
import winston from 'winston'

/** The call interface of every subject; the object stands first, as pino has it. */
export type Subject = {
  debug: (extra: object, message: string) => void
  info: (extra: object, message: string) => void
  /** Resolves when what was written so far is out. */
  settle: () => Promise<void>
  /** The counts of delivered and lost lines, if the subject has them. */
  tell: () => string
}

export type Place = { folder: string; url: string; apiKey: string }

const BINDINGS = { camera_id: 7, request_id: '0197f0c2-7b1e' }
const settled = async () => {}

export const SUBJECTS = {
  pino: ({ folder }) => {
    const destination = pino.destination({ dest: join(folder, 'pino.log'), sync: true })
    return fromPino(pino({ level: 'info' }, destination), settled)
  },
  'pino, buffered': ({ folder }) => {
    const destination = pino.destination({
      ...{ dest: join(folder, 'buffered.log'), sync: false, minLength: 4096 },
    })
    const flush = () => new Promise<void>((resolve) => destination.flush(() => resolve()))
    return fromPino(pino({ level: 'info' }, destination), flush)
  },
  winston: ({ folder }) => {
    const file = new winston.transports.File({ filename: join(folder, 'winston.log') })
    const format = winston.format.combine(winston.format.timestamp(), winston.format.json())
    const root = winston.createLogger({ level: 'info', format, transports: [file] })
    const logger = root.child(BINDINGS)
    return {
      debug: (extra, message) => void logger.debug(message, extra),
      info: (extra, message) => void logger.info(message, extra),
      async settle() {
        // Its own `finish` comes once, at the end of a logger.
        while (root.writableLength + file.writableLength > 0) await nextTurn()
      },
      tell: () => '',
    }
  },
  'timelapser, http': (place) => fromOurs(createLogger({ handlers: [overHttp(place)] })),
  'timelapser, http with a spool': (place) =>
    fromOurs(createLogger({ handlers: [overHttp(place, { spool: spoolIn(place) })] })),
  'timelapser, http, durable': (place) =>
    fromOurs(createLogger({ handlers: [overHttp(place, { spool: spoolIn(place), durable: true })] })),
  'timelapser, http, durable, fsync each second': (place) =>
    fromOurs(
      createLogger({ handlers: [overHttp(place, { spool: spoolIn(place, 'interval'), durable: true })] }),
    ),
  'timelapser, http, durable, fsync each line': (place) =>
    fromOurs(createLogger({ handlers: [overHttp(place, { spool: spoolIn(place, 'line'), durable: true })] })),
  'timelapser, http and JSON to a file': (place) =>
    fromOurs(createLogger({ handlers: [overHttp(place), toFile(place)] })),
  'timelapser, level of the logger': (place) =>
    fromOurs(createLogger({ level: 'info', handlers: [toFile(place)] })),
  'timelapser, levels of the handlers': (place) =>
    fromOurs(createLogger({ handlers: [httpHandler({ ...place, level: 'INFO' }), toFile(place)] })),
} satisfies Record<string, (place: Place) => Subject>

export type SubjectName = keyof typeof SUBJECTS

function overHttp({ url, apiKey }: Place, more: Partial<HttpOptions> = {}) {
  return httpHandler({ url, apiKey, onProblem: () => {}, ...more })
}

function spoolIn({ folder }: Place, fsync: 'line' | 'interval' | false = false) {
  return { directory: join(folder, `spool-${process.pid}`), fsync }
}

function toFile({ folder }: Place) {
  const stream = createWriteStream(join(folder, 'timelapser.log'))
  return consoleHandler({ stream, format: 'json', level: 'INFO' })
}

// pino and ours are called without a function between: a call of a nanosecond would be one of two.
function fromPino(root: pino.Logger, settle: () => Promise<void>): Subject {
  return Object.assign(root.child(BINDINGS), { settle, tell: () => '' }) as unknown as Subject
}

function fromOurs(root: Logger): Subject {
  const tell = () =>
    root
      .stats()
      .handlers.map(({ name, delivered, dropped, queuedRows, spooledRows, spooledBytes }) =>
        [
          `${name} delivered ${delivered}`,
          `dropped ${dropped}`,
          `waiting in memory ${queuedRows}`,
          `on disk ${spooledRows}, ${(spooledBytes / 2 ** 20).toFixed(0)} MB`,
        ].join(', '),
      )
      .join('; ')
  return Object.assign(root.bind(BINDINGS), { settle: () => root.flush(), tell }) as unknown as Subject
}

// Batches of records as each protocol's senders write them.
import type { LogRecord } from '@timelapser/logger'

/** A field that is a text or a message. */
function field(number: number, value: Buffer | string): Buffer {
  const inner = typeof value === 'string' ? Buffer.from(value) : value
  return Buffer.concat([Buffer.from([number * 8 + 2]), varint(inner.length), inner])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return Buffer.from([...bytes, rest])
}

/** A number. */
function number(at: number, value: number): Buffer {
  return Buffer.concat([Buffer.from([at * 8]), varint(value)])
}

function fixed64(at: number, value: bigint): Buffer {
  const bytes = Buffer.alloc(9)
  bytes[0] = at * 8 + 1
  bytes.writeBigUInt64LE(value, 1)
  return bytes
}

/** A block of literals of 64 kB: snappy's output for incompressible text. */
function snappy(bytes: Buffer): Buffer {
  const parts = [varint(bytes.length)]
  for (let at = 0; at < bytes.length; at += 65_536) {
    const piece = bytes.subarray(at, at + 65_536)
    parts.push(Buffer.from([61 << 2, (piece.length - 1) & 255, (piece.length - 1) >> 8]), piece)
  }
  return Buffer.concat(parts)
}

const millisOf = ({ timestamp }: LogRecord) => Date.parse(timestamp)
const nanosOf = (record: LogRecord) => `${millisOf(record)}000000`
const cameraOf = ({ camera_id }: LogRecord) => (camera_id === null ? {} : { camera_id: String(camera_id) })
const SEVERITY = { DEBUG: 5, INFO: 9, WARNING: 13, ERROR: 17, CRITICAL: 21 } as const
const PRIORITY = { DEBUG: 15, INFO: 14, WARNING: 12, ERROR: 11, CRITICAL: 10 } as const

export function ndjsonBody(records: LogRecord[]): Buffer {
  return Buffer.from(records.map((record) => JSON.stringify(record)).join('\n'))
}

export function clefBody(records: LogRecord[]): Buffer {
  const lines = records.map(({ timestamp, level, message, source, logger_name, camera_id, extra_data }) =>
    JSON.stringify({
      ...{ '@t': timestamp, '@l': level, '@m': message, Application: source, SourceContext: logger_name },
      ...{ camera_id, ...extra_data },
    }),
  )
  return Buffer.from(lines.join('\n'))
}

export function bulkBody(records: LogRecord[]): Buffer {
  const lines = records.map(({ timestamp, level, message, source, logger_name, camera_id, extra_data }) =>
    JSON.stringify({
      ...{ '@timestamp': timestamp, log: { level, logger: logger_name }, message, service: { name: source } },
      ...{ camera: { id: camera_id }, ...extra_data },
    }),
  )
  return Buffer.from(lines.map((line) => `{"create":{}}\n${line}\n`).join(''))
}

function streamsOf(records: LogRecord[]): [string, LogRecord[]][] {
  const labels = ({ source, level }: LogRecord) => JSON.stringify([source, level])
  return [...Map.groupBy(records, labels)]
}

const metadataOf = (record: LogRecord): Record<string, string> => ({
  ...cameraOf(record),
  ...Object.fromEntries(Object.entries(record.extra_data ?? {}).map(([key, value]) => [key, String(value)])),
})

export function lokiJsonBody(records: LogRecord[]): Buffer {
  const streams = streamsOf(records).map(([key, of]) => {
    const [source, level] = JSON.parse(key) as [string, string]
    const values = of.map((record) => [nanosOf(record), record.message, metadataOf(record)])
    return { stream: { app: source, level }, values }
  })
  return Buffer.from(JSON.stringify({ streams }))
}

export function lokiProtobufBody(records: LogRecord[]): Buffer {
  const streams = streamsOf(records).map(([key, of]) => {
    const [source, level] = JSON.parse(key) as [string, string]
    const entries = of.map((record) => {
      const millis = millisOf(record)
      const time = Buffer.concat([
        number(1, Math.floor(millis / 1000)),
        number(2, (millis % 1000) * 1_000_000),
      ])
      const pairs = Object.entries(metadataOf(record)).map(([name, value]) =>
        field(3, Buffer.concat([field(1, name), field(2, value)])),
      )
      return field(2, Buffer.concat([field(1, time), field(2, record.message), ...pairs]))
    })
    return field(1, Buffer.concat([field(1, `{app="${source}", level="${level}"}`), ...entries]))
  })
  return snappy(Buffer.concat(streams))
}

export function otlpJsonBody(records: LogRecord[]): Buffer {
  const resourceLogs = [...Map.groupBy(records, ({ source }) => source)].map(([source, of]) => ({
    resource: { attributes: [{ key: 'service.name', value: { stringValue: source } }] },
    scopeLogs: [
      {
        scope: { name: 'bench' },
        logRecords: of.map((record) => ({
          timeUnixNano: nanosOf(record),
          severityNumber: SEVERITY[record.level],
          severityText: record.level,
          body: { stringValue: record.message },
          attributes: Object.entries(metadataOf(record)).map(([key, value]) => ({
            key,
            value: { intValue: value },
          })),
        })),
      },
    ],
  }))
  return Buffer.from(JSON.stringify({ resourceLogs }))
}

export function otlpProtobufBody(records: LogRecord[]): Buffer {
  const attribute = (at: number, key: string, value: Buffer) =>
    field(at, Buffer.concat([field(1, key), field(2, value)]))
  const groups = [...Map.groupBy(records, ({ source }) => source)].map(([source, of]) => {
    const logRecords = of.map((record) =>
      field(
        2,
        Buffer.concat([
          fixed64(1, BigInt(nanosOf(record))),
          number(2, SEVERITY[record.level]),
          field(3, record.level),
          field(5, field(1, record.message)),
          ...Object.entries(metadataOf(record)).map(([key, value]) =>
            attribute(6, key, number(3, Number(value))),
          ),
        ]),
      ),
    )
    const resource = field(1, attribute(1, 'service.name', field(1, source)))
    return field(
      1,
      Buffer.concat([resource, field(2, Buffer.concat([field(1, field(1, 'bench')), ...logRecords]))]),
    )
  })
  return Buffer.concat(groups)
}

export function syslogLines(records: LogRecord[]): Buffer {
  const lines = records.map(
    ({ timestamp, level, message, source, logger_name }) =>
      `<${PRIORITY[level]}>1 ${timestamp} ${source} ${logger_name} 4711 - [bench@1 batch="1"] ${message}\n`,
  )
  return Buffer.from(lines.join(''))
}

const GELF_LEVEL = { DEBUG: 7, INFO: 6, WARNING: 4, ERROR: 3, CRITICAL: 2 } as const

function gelfOf(record: LogRecord): string {
  const fields = Object.entries({ ...metadataOf(record), service: record.source })
  return JSON.stringify({
    ...{ version: '1.1', host: 'bench', short_message: record.message, timestamp: millisOf(record) / 1000 },
    level: GELF_LEVEL[record.level],
    ...Object.fromEntries(fields.map(([name, value]) => [`_${name}`, value])),
  })
}

/** Each behind the other with a NUL. */
export function gelfMessages(records: LogRecord[]): Buffer {
  return Buffer.from(records.map((record) => `${gelfOf(record)}\0`).join(''))
}

export function gelfBody(records: LogRecord[]): Buffer {
  return Buffer.from(records.map(gelfOf).join('\n'))
}

/** Text or a number in MessagePack, up to 64 kB and 2^53. */
function packed(value: string | number): Buffer {
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(9, 0xcb)
    bytes.writeDoubleBE(value, 1)
    return bytes
  }
  const text = Buffer.from(value)
  return Buffer.concat([Buffer.from([0xda, text.length >> 8, text.length & 255]), text])
}

/** Packed forward mode: a blob of entries with their times to the nanosecond. */
export function forwardMessage(records: LogRecord[]): Buffer {
  const entries = records.map((record) => {
    const millis = millisOf(record)
    const time = Buffer.from([0xd7, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    time.writeUInt32BE(Math.floor(millis / 1000), 2)
    time.writeUInt32BE((millis % 1000) * 1_000_000, 6)
    const { message, level, source } = record
    const fields = Object.entries({ log: message, level, service: source, ...metadataOf(record) })
    const map = fields.flatMap(([name, value]) => [packed(name), packed(value)])
    return Buffer.concat([Buffer.from([0x92]), time, Buffer.from([0x80 + fields.length]), ...map])
  })
  const blob = Buffer.concat(entries)
  const head = Buffer.from([0xc6, 0, 0, 0, 0])
  head.writeUInt32BE(blob.length, 1)
  return Buffer.concat([Buffer.from([0x92]), packed('bench'), head, blob])
}

export function journalExport(records: LogRecord[]): Buffer {
  const entries = records.map((record) => {
    const fields = Object.entries(metadataOf(record)).map(
      ([name, value]) => `${name.toUpperCase()}=${value}\n`,
    )
    const placed = `MESSAGE=${record.message}\nPRIORITY=${GELF_LEVEL[record.level]}\nSYSLOG_IDENTIFIER=${record.source}\n`
    return `__REALTIME_TIMESTAMP=${millisOf(record)}000\n${placed}${fields.join('')}\n`
  })
  return Buffer.from(entries.join(''))
}

export function hecBody(records: LogRecord[]): Buffer {
  const events = records.map((record) => {
    const { message, level, source } = record
    const event = { message, level, ...metadataOf(record) }
    return JSON.stringify({ time: millisOf(record) / 1000, source, event })
  })
  return Buffer.from(events.join(''))
}

export function datadogBody(records: LogRecord[]): Buffer {
  const logs = records.map((record) => {
    const { message, level, source } = record
    return { message, status: level, service: source, timestamp: millisOf(record), ...metadataOf(record) }
  })
  return Buffer.from(JSON.stringify(logs))
}

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

/** A block of literals of 64 kB: what snappy makes of text it finds nothing in. */
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

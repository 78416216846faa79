import { createHash } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { DEFAULT_SOURCE, type Decoded, type RecordDefaults, type Steps } from '../ingest/decoded.ts'
import type { LogForm } from '../ingest/inference/log-form.ts'
import { jsonRecordSteps } from '../ingest/json-records.ts'
import { type LineOptions, lineRecordSteps } from '../ingest/line-records.ts'
import { AppError } from '../service/app-error.ts'
import type { IngestService, IngestResult as Result } from '../service/ingest/ingest-service.ts'
import { formHolder } from '../service/ingest/remembered-forms.ts'
import { now } from '../store/database/timestamp.ts'
import type { SenderMark } from '../store/writing/senders.ts'
import { takeRawBodies, withBody } from './raw-body.ts'
import { grouped, Reply, reply } from './reply.ts'
import { IngestResult } from './schemas/ingest.ts'

/** Any JSON type, text, and the default types of programs (curl among them). */
const TAKEN_TYPES =
  /^\s*(application\/([\w.+-]*json[\w.+-]*|octet-stream|x-www-form-urlencoded)|text\/(plain|json|x-ndjson))\s*(;|$)/i

/** Types of bodies that may hold plain lines. */
const TEXT = /^\s*(?:text\/plain|application\/(?:x-www-form-urlencoded|octet-stream))\s*(?:;|$)/i

/** As long as the column. */
const MAX_SOURCE = 100

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

const parameters = {
  headers: Type.Object({
    'x-sender': Type.Optional(
      Type.String({ description: 'A UUID; with X-Batch, repeated batches are stored once' }),
    ),
    'x-batch': Type.Optional(Type.String({ description: 'Increases with each batch of the sender' })),
    'x-import': Type.Optional(
      Type.String({ description: 'true: keep times and levels unchanged (administrators)' }),
    ),
  }),
  querystring: Type.Object({
    source: Type.Optional(
      Type.String({
        ...{ minLength: 1, maxLength: MAX_SOURCE },
        description: 'The source of plain lines and of records without one',
      }),
    ),
    key: Type.Optional(
      Type.String({ maxLength: 200, description: 'A key for pages, where no header can be sent' }),
    ),
  }),
}

/** `POST /api/logs`: one record, a JSON array or NDJSON, gzip accepted; answered after COMMIT. */
export function ingestRoutes(ingest: IngestService): FastifyPluginAsyncTypebox {
  return async (app) => {
    takeRawBodies(app, ingest.bodies)

    app.post(
      '/api/logs',
      {
        config: { access: 'ingest' },
        schema: { ...parameters, response: { 200: Reply(IngestResult) } },
      },
      async (request) => {
        const isImport = request.headers['x-import'] === 'true'
        if (isImport && request.principal.role !== 'admin') {
          throw new AppError(
            'FORBIDDEN',
            'X-Import keeps times and levels unchanged and requires an administrator or an admin key.',
          )
        }
        const sender = senderOf(request)
        const contentType = request.headers['content-type']
        const { source } = request.query
        const place = { holder: formHolder(request.principal.lineage), wayIn: 'text', source: source ?? '' }
        const known = isPlainText(contentType) ? await ingest.forms.find(place, sender) : undefined
        const joining = await ingest.joining()
        const isJoined = joining[source ?? DEFAULT_SOURCE] !== false
        // A batch that comes again has to become the same records, whenever that is.
        const isLive = sender === undefined && !isImport
        const options = { join: isJoined, source, remembered: known?.form, isLive }
        const decode = (body: Buffer) => decodeOwn(body, contentType, options)
        const result = await withBody(
          request,
          ingest.bodies,
          { decode, recordsOf: (all) => all },
          async (decoded) => {
            const stored = await ingest.ingest(decoded, { isImport, sender })
            if (isRefused(decoded, stored)) throw refusal(stored)
            if (known !== undefined) await ingest.forms.learn(place, known, decoded.form)
            return stored
          },
        )
        return reply(storedMessage(result), result)
      },
    )
  }
}

function decodeOwn(
  body: Buffer,
  contentType: string | undefined,
  {
    join,
    source,
    remembered,
    isLive,
  }: { join: boolean; source: string | undefined; remembered: LogForm | undefined; isLive: boolean },
): Steps<Decoded> {
  if (body.length === 0) {
    throw new AppError(
      'INVALID_REQUEST',
      'The body is empty. Send one JSON record, a JSON array of records or one record per line.',
    )
  }
  if (contentType !== undefined && !TAKEN_TYPES.test(contentType)) {
    throw new AppError(
      'UNSUPPORTED_MEDIA_TYPE',
      `Content-Type ${contentType.slice(0, 100)} is not accepted here; send application/json, application/x-ndjson or text/plain.`,
    )
  }
  const arrival = now()
  const written = isLive ? { writtenUntil: arrival } : {}
  const defaults = { now: arrival, join, ...written, ...(source !== undefined && { source }) }
  return bodySteps(body, contentType, defaults, remembered)
}

/**
 * The body of `POST /api/logs` of any content type. JSON and NDJSON are known by their first character; other text
 * is plain lines when it is sent as `text/plain`, or as the content type that curl uses by default, and broken JSON
 * otherwise. In text a bracket may also begin a line (`[error] …`): it is JSON only if all of it is.
 *
 * @param remembered how earlier plain lines of the same place were written.
 */
export function* bodySteps(
  body: Uint8Array,
  contentType: string | undefined,
  defaults: RecordDefaults & Pick<LineOptions, 'join' | 'writtenUntil'>,
  remembered?: LogForm,
): Steps<Decoded> {
  if (!isPlainText(contentType)) return yield* jsonRecordSteps(body, defaults)
  const first = Buffer.from(body.subarray(0, 1024)).toString('utf8').trimStart()[0]
  if (first === '{') return yield* jsonRecordSteps(body, defaults)
  if (first !== '[') return yield* lineRecordSteps(body, { ...defaults, remembered })
  const asJson = yield* jsonRecordSteps(body, defaults)
  return asJson.records.length > 0 ? asJson : yield* lineRecordSteps(body, { ...defaults, remembered })
}

function isPlainText(contentType: string | undefined): boolean {
  return contentType !== undefined && TEXT.test(contentType)
}

/** Whether every record was bad. A repeat only reports records that could not be read: the rest may be stored. */
function isRefused({ records }: Decoded, { accepted, filtered, rejected_count, repeated }: Result): boolean {
  if (rejected_count === 0 || accepted + filtered > 0) return false
  return !repeated || records.length === 0
}

function refusal({ repeated: _, ...data }: Result): AppError {
  const { rejected_count, rejected } = data
  const [first] = rejected
  const count = rejected_count === 1 ? 'The record was' : `All ${grouped(rejected_count)} records were`
  const reason = first ? `: ${first.reason}` : ''
  const sentence = `${count} refused, nothing was stored; record ${first?.index ?? 0}${reason}`
  return new AppError('INVALID_REQUEST', sentence, { data })
}

function storedMessage({ accepted, rejected_count, retimed }: Result): string {
  const stored = `Stored ${grouped(accepted)} log ${accepted === 1 ? 'entry' : 'entries'}`
  const moved = retimed > 0 ? `, ${grouped(retimed)} at the time of arrival` : ''
  return rejected_count > 0 ? `${stored}${moved}, rejected ${grouped(rejected_count)}` : `${stored}${moved}`
}

function senderOf({ headers, principal }: FastifyRequest): SenderMark | undefined {
  const sender = headers['x-sender']?.toString()
  const batch = headers['x-batch']?.toString()
  if (sender === undefined && batch === undefined) return undefined
  if (!sender || !UUID.test(sender)) throw new AppError('INVALID_REQUEST', 'X-Sender must be a UUID.')
  const number = Number(batch)
  if (!batch || !Number.isSafeInteger(number) || number < 1) {
    throw new AppError(
      'INVALID_REQUEST',
      'X-Batch must be a whole number from 1 that increases with each batch.',
    )
  }
  const named = sender.toLowerCase()
  return { sender: ownSender(principal.lineage, named), batch: number, formerly: named }
}

/** A sender belongs to the key that names it: another key with the same uuid is another sender. */
function ownSender(lineage: string, sender: string): string {
  const hash = createHash('sha256').update(`${lineage} ${sender}`).digest()
  // RFC 9562, version 8: bits of one's own.
  hash[6] = ((hash[6] as number) & 0x0f) | 0x80
  hash[8] = ((hash[8] as number) & 0x3f) | 0x80
  return hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

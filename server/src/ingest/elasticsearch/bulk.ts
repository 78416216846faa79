// Elasticsearch's _bulk: an action a line, and for all but delete the document on the next line.
import type { ExtraData, LogRecord } from '@timelapser/logger'
import { hasMoreValuesThan, MAX_VALUES_A_RECORD } from '../body-limits.ts'
import {
  atOnce,
  type Decoded,
  DecodedBody,
  MAX_NAMED_REJECTIONS,
  type RecordDefaults,
  type Steps,
} from '../decoded.ts'
import { asObject, asText } from '../foreign-record.ts'
import { bodyText, filledLines, parseJson } from '../parse-json.ts'
import { shorten } from '../record-fields.ts'
import { fromDocument } from './ecs-document.ts'

/** One action of a bulk request, in order, for the reply. */
export type BulkItem = {
  action: string
  index: string
  /** The document's id, when the sender gave it one. */
  id: string | undefined
  /** Why it was not taken, and what Elasticsearch calls that. */
  failure: { type: string; reason: string } | undefined
  /** Whether it asks for the deletion of a document, of which there is none: lines have no ids of their senders. */
  isMissing?: boolean
}

export type DecodedBulk = { decoded: Decoded; items: BulkItem[] }

/** Lines of a step: 128 documents with their actions. */
const LINES_A_STEP = 256

/** Characters of names that come back; Elasticsearch's own have at most 255 and 512 bytes. */
const MAX_NAME = 512

const ACTIONS = ['index', 'create', 'update', 'delete']

/** The fields that an action line may have beside its document; a document looks different. */
const METADATA =
  /^(_index|_id|_type|routing|_routing|version|version_type|if_seq_no|if_primary_term|pipeline|require_alias|require_data_stream|dynamic_templates|list_executed_pipelines|op_type|retry_on_conflict)$/

type Action = { name: string; metadata: ExtraData }

/**
 * Never throws. A line that is no action where an action should be is an item that failed; the next action line counts
 * again.
 */
export function* bulkSteps(
  body: Uint8Array,
  index: string | undefined,
  defaults: RecordDefaults,
): Steps<DecodedBulk> {
  const decoded = new DecodedBody()
  const items: BulkItem[] = []
  let open: Action | undefined

  const close = (outcome: LogRecord | { type: string; reason: string }, action = open) => {
    const failure = 'type' in outcome ? outcome : undefined
    decoded.add('type' in outcome ? `${outcome.type}: ${outcome.reason}` : outcome)
    items.push({
      action: action?.name ?? 'index',
      index: (asText(action?.metadata._index) ?? index ?? '').slice(0, MAX_NAME),
      id: asText(action?.metadata._id)?.slice(0, MAX_NAME),
      failure: failure && items.length < MAX_NAMED_REJECTIONS ? failure : failure && briefly(failure),
    })
    open = undefined
  }

  let lines = 0
  for (const line of filledLines(body)) {
    if (++lines % LINES_A_STEP === 0) yield
    const parsed = hasMoreValuesThan(line, MAX_VALUES_A_RECORD)
      ? { reason: `it has over ${MAX_VALUES_A_RECORD} values` }
      : parseJson(line)
    const action = 'value' in parsed ? readAction(parsed.value) : undefined
    if (action !== undefined) {
      if (open !== undefined) close(illegal('the document of this action is missing'))
      if (action.name === 'index' || action.name === 'create') open = action
      else if (action.name === 'delete') {
        close(illegal('the document does not exist: logs are not deleted'), action)
        Object.assign(items.at(-1) as BulkItem, { failure: undefined, isMissing: true })
      } else open = action
      continue
    }
    if (open === undefined) close(illegal(`no action and metadata line: ${shorten(line.trim())}`))
    else if ('reason' in parsed) close(unparsable(parsed.reason))
    else {
      const document = open.name === 'update' ? upsertOf(parsed.value) : parsed.value
      if (document === undefined) close(illegal('update by script is not supported: logs do not change'))
      else close(toRecord(document, open, index, defaults))
    }
  }
  if (open !== undefined) close(illegal('the document of this action is missing'))
  return { decoded, items }
}

/** {@link bulkSteps} at once. */
export function decodeBulk(
  body: Uint8Array,
  index: string | undefined,
  defaults: RecordDefaults,
): DecodedBulk {
  return atOnce(bulkSteps(body, index, defaults))
}

function readAction(value: unknown): Action | undefined {
  const line = asObject(value)
  const [name = '', ...more] = Object.keys(line ?? {})
  const metadata = asObject(line?.[name])
  if (more.length > 0 || !ACTIONS.includes(name) || metadata === undefined) return undefined
  return Object.keys(metadata).every((key) => METADATA.test(key)) ? { name, metadata } : undefined
}

/** The document of an update: `upsert`, as the document never exists yet, else the changed fields. */
function upsertOf(value: unknown): unknown {
  const { upsert, doc, doc_as_upsert: isWhole } = asObject(value) ?? {}
  const document = asObject(isWhole === true ? doc : (upsert ?? doc))
  // With a script the upsert may be empty, and the document is what the script makes of it.
  return document === undefined || Object.keys(document).length === 0 ? undefined : document
}

/** One document as a body of its own: `_doc` and `_create`. */
export function* documentSteps(
  body: Uint8Array,
  index: string,
  id: string | undefined,
  defaults: RecordDefaults,
): Steps<DecodedBulk> {
  const parsed = hasMoreValuesThan(body, MAX_VALUES_A_RECORD)
    ? { reason: `it has over ${MAX_VALUES_A_RECORD} values` }
    : parseJson(bodyText(body))
  const outcome =
    'reason' in parsed
      ? unparsable(parsed.reason)
      : toRecord(parsed.value, { name: 'index', metadata: {} }, index, defaults)
  const failure = 'type' in outcome ? outcome : undefined
  const decoded = new DecodedBody()
  decoded.add('type' in outcome ? `${outcome.type}: ${outcome.reason}` : outcome)
  yield
  return { decoded, items: [{ action: 'index', index: index.slice(0, MAX_NAME), id, failure }] }
}

function toRecord(value: unknown, { metadata }: Action, index: string | undefined, defaults: RecordDefaults) {
  const document = asObject(value)
  if (document === undefined) return unparsable(`a document must be a JSON object; this is ${shorten(value)}`)
  const source = defaults.source ?? asText(metadata._index) ?? index
  return fromDocument(document, source === undefined ? defaults : { ...defaults, source })
}

/** Without the sentence, which would make the reply several times as long as what was sent. */
const briefly = ({ type }: { type: string }) => ({ type, reason: 'as those before' })
const illegal = (reason: string) => ({ type: 'illegal_argument_exception', reason })
const unparsable = (reason: string) => ({ type: 'document_parsing_exception', reason })

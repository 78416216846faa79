import { AsyncLocalStorage } from 'node:async_hooks'
import { type Bound, bindTo, UNBOUND } from './build-record.ts'
import type { Bindings } from './logger.ts'
import { jsonBytes, toExtraData } from './plain-data.ts'
import { RECORD_LIMITS } from './record.ts'

/** A context and what it makes of the loggers that wrote in it: made once for each, not for each line. */
type Context = { fields: Bound; merged: WeakMap<Bound, Bound> }

const storage = new AsyncLocalStorage<Context>()
/** Until the first context there is nothing to look up. */
let isUsed = false

/**
 * Calls `work`; every line that any logger writes in it, also after an `await`, carries these fields. Bindings of a
 * logger and fields of a call go before them; a context in a context adds to it.
 *
 * @example
 * await withContext({ request_id: 'a7', camera_id: 3 }, async () => {
 *   logger.info('Capture started')
 *   await capture()
 * })
 */
export function withContext<Result>(fields: Bindings, work: () => Result): Result {
  isUsed = true
  const outer = storage.getStore()?.fields ?? UNBOUND
  return storage.run({ fields: bindTo(outer, fields, {}), merged: new WeakMap() }, work)
}

/** Returns the bindings a logger writes with here and now: its own, over the fields of the context. */
export function inContext(bound: Bound): Bound {
  if (!isUsed) return bound
  const context = storage.getStore()
  if (!context) return bound
  const known = context.merged.get(bound)
  if (known) return known
  const merged = merge(context.fields, bound)
  context.merged.set(bound, merged)
  return merged
}

/** As a camera in a call: it names the source only where nobody else did. */
function merge(context: Bound, bound: Bound): Bound {
  const own = context.extra && toExtraData(context.extra, RECORD_LIMITS.extraDataBytes - bound.extraBytes)
  const extra = own ? { ...own, ...bound.extra } : bound.extra
  return {
    source: bound.sourceIsDefault ? context.source : bound.source,
    sourceIsDefault: bound.sourceIsDefault && context.sourceIsDefault,
    logger_name: bound.logger_name ?? context.logger_name,
    camera_id: bound.camera_id ?? context.camera_id,
    sensitive: bound.sensitive || context.sensitive,
    extra,
    extraBytes: extra ? jsonBytes(extra) : 0,
    prefix: bound.prefix,
  }
}

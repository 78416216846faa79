// Where something stands in a line: at a character, in a column, behind a key, or wherever its form is met first.

export type Place =
  | { kind: 'offset'; at: number }
  /** Words are what white space separates; the first is 0. */
  | { kind: 'column'; index: number }
  | { kind: 'field'; separator: string; index: number }
  | { kind: 'key'; key: string }
  | { kind: 'first'; until: number }

/** Brackets and quotes that may stand before a value in its column. */
const OPENING = /[[("'<{*`]/

/** The character at which the place begins in the line; -1 when the line has none. Not for `first`. */
export function placeIn(line: string, place: Place): number {
  switch (place.kind) {
    case 'offset':
      return place.at < line.length ? place.at : -1
    case 'column':
      return skipOpening(line, columnAt(line, place.index))
    case 'field':
      return skipOpening(line, fieldAt(line, place.separator, place.index))
    case 'key': {
      const at = line.indexOf(place.key)
      return at === -1 ? -1 : skipOpening(line, at + place.key.length)
    }
    default:
      return 0
  }
}

function columnAt(line: string, index: number): number {
  let at = 0
  const { length } = line
  for (let column = 0; ; column += 1) {
    while (at < length && line.charCodeAt(at) <= 32) at += 1
    if (column === index) return at < length ? at : -1
    while (at < length && line.charCodeAt(at) > 32) at += 1
    if (at >= length) return -1
  }
}

function fieldAt(line: string, separator: string, index: number): number {
  let at = 0
  for (let field = 0; field < index; field += 1) {
    at = line.indexOf(separator, at)
    if (at === -1) return -1
    at += 1
  }
  while (line.charCodeAt(at) === 32) at += 1
  return at
}

function skipOpening(line: string, start: number): number {
  if (start === -1) return -1
  let at = start
  while (at < start + 3 && at < line.length && OPENING.test(line[at] as string)) at += 1
  return at
}

const KEY = /[\w.@-]{1,40}["']?[=:] ?["']?$/
const ONLY_OPENING = /(?:^|\s)[[("'<{*`]{0,3}$/

/** The places that mean the position `at` of the line, the strictest first. */
export function placesOf(line: string, at: number): Place[] {
  const before = line.slice(0, at)
  const places: Place[] = []
  if (at <= 2 && /^[[("'<{*`]{0,2}$/.test(before)) places.push({ kind: 'offset', at })
  if (ONLY_OPENING.test(before)) {
    const index = before
      .replace(/[[("'<{*`]{0,3}$/, '')
      .split(/\s+/)
      .filter(Boolean).length
    places.push({ kind: 'column', index })
  }
  for (const separator of [',', ';', '|', '\t', ':']) {
    const index = before.split(separator).length - 1
    if (
      index > 0 &&
      /(?:[,;|\t]\s*[[("'<{*`]{0,3}|:)$/.test(before) &&
      before
        .trimEnd()
        .replace(/[[("'<{*`]{0,3}$/, '')
        .endsWith(separator.trim())
    )
      places.push({ kind: 'field', separator, index })
  }
  const key = KEY.exec(before)
  if (key !== null && at > 0) places.push({ kind: 'key', key: key[0] })
  if (places.length === 0 && at < 64) places.push({ kind: 'offset', at })
  places.push({ kind: 'first', until: 0 })
  return places
}

export function describePlace(place: Place): string {
  if (place.kind === 'offset') return place.at <= 2 ? 'start of the line' : `character ${place.at + 1}`
  if (place.kind === 'column') return place.index === 0 ? 'start of the line' : `column ${place.index + 1}`
  if (place.kind === 'field') return `field ${place.index + 1} between ${nameOf(place.separator)}`
  if (place.kind === 'key') return `behind ${place.key.replace(/["']/g, '').trim()}`
  return 'first in the line'
}

function nameOf(separator: string): string {
  return separator === '\t' ? 'tabs' : `\`${separator}\``
}

import { type AnsiStyle, parseAnsi } from './ansi.ts'
import { splitHidden } from './hidden-characters.ts'

/** One stretch of a message as it is to be drawn. */
export type Segment = { text: string; hidden: string | null; hit: boolean; style: AnsiStyle | null }

/** The texts to mark; none of them empty. */
export type Needles = readonly string[]
export const NO_NEEDLES: Needles = []

/** Start and end of each hit of any needle, in any case, as the server's substring search finds them. */
export function findHits(text: string, needles: Needles): [number, number][] {
  if (needles.length === 0) return []
  const sources = needles.map((needle) => needle.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
  const pattern = new RegExp(sources.join('|'), 'giu')
  return Array.from(text.matchAll(pattern), (match) => [match.index, match.index + match[0].length])
}

/** A message cut into stretches of one look each: terminal colours, hits, and hidden characters by name. */
export function toSegments(message: string, needles: Needles): Segment[] {
  const styled = parseAnsi(message)
  const hits = findHits(styled.map((part) => part.text).join(''), needles)
  const segments: Segment[] = []
  let offset = 0
  for (const part of styled) {
    for (const [text, hit] of cutAtHits(part.text, offset, hits)) {
      for (const piece of splitHidden(text)) segments.push({ ...piece, hit, style: part.style })
    }
    offset += part.text.length
  }
  return segments
}

function cutAtHits(text: string, offset: number, hits: [number, number][]): [string, boolean][] {
  const cuts: [string, boolean][] = []
  let done = 0
  for (const [start, end] of hits) {
    const from = Math.max(start - offset, done)
    const to = Math.min(end - offset, text.length)
    if (to <= from) continue
    if (from > done) cuts.push([text.slice(done, from), false])
    cuts.push([text.slice(from, to), true])
    done = to
  }
  if (done < text.length) cuts.push([text.slice(done), false])
  return cuts
}

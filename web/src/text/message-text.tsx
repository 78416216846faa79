import { memo, useMemo, useState } from 'react'
import type { LogRow } from 'timelapser-logs/api'
import type { AnsiStyle } from './ansi.ts'
import { findHits, type Needles, NO_NEEDLES, type Segment, toSegments } from './segments.ts'

// The terminal's colours in the colours of the page, so that they stay readable in both themes.
const COLOR_CLASS: Readonly<Record<string, string>> = {
  black: 'text-faint',
  red: 'text-error',
  green: 'text-live',
  yellow: 'text-warning',
  blue: 'text-info',
  magenta: 'text-critical',
  cyan: 'text-accent',
  white: 'text-ink',
}

/** Text from a log line, inert: nothing in it is markup, and nothing in it is invisible. */
export const MessageText = memo(function MessageText({
  text,
  needles = NO_NEEDLES,
}: {
  text: string
  needles?: Needles
}) {
  const segments = toSegments(text, needles)
  // biome-ignore lint/suspicious/noArrayIndexKey: the stretches of a text have no identity but their place
  return segments.map((segment, index) => <Stretch key={index} segment={segment} />)
})

function Stretch({ segment }: { segment: Segment }) {
  if (segment.hidden !== null) {
    return (
      <span
        className="mx-px rounded-sm bg-accent-wash px-0.5 font-mono text-[0.85em] text-accent"
        title={`Hidden character ${segment.hidden}`}
      >
        {segment.hidden}
      </span>
    )
  }
  const className = segment.style === null ? undefined : styleClass(segment.style)
  if (segment.hit)
    return <mark className={`rounded-sm bg-hit text-hit-ink ${className ?? ''}`}>{segment.text}</mark>
  return className === undefined ? segment.text : <span className={className}>{segment.text}</span>
}

function styleClass(style: AnsiStyle): string {
  const classes = [
    style.color === null ? (style.dim ? 'text-faint' : '') : COLOR_CLASS[style.color],
    style.bold && 'font-semibold',
    style.italic && 'italic',
    style.underline && 'underline',
  ]
  return classes.filter(Boolean).join(' ')
}

const TINT: Partial<Record<LogRow['level'], string>> = {
  CRITICAL: 'text-critical',
  ERROR: 'text-error',
  DEBUG: 'text-muted',
}

/** The message of a row: one line, or all of them once unfolded. */
export function RowMessage({
  row,
  needles,
  wrap,
  clamp = '',
  namesLogger,
}: {
  row: LogRow
  needles: Needles
  wrap: boolean
  /** The class that limits the height of a folded message. */
  clamp?: string
  /** Whether the row names its logger elsewhere. */
  namesLogger: boolean
}) {
  const [unfolded, setUnfolded] = useState(false)
  const { text, moreLines, moreCharacters } = previewOf(row.message, unfolded)
  const hitsBeyond = useHitsBeyond(row.message, text, needles)
  const flow =
    wrap || unfolded
      ? `whitespace-pre-wrap wrap-anywhere ${unfolded ? '' : clamp}`
      : 'overflow-hidden text-ellipsis whitespace-pre print:wrap-anywhere print:whitespace-pre-wrap'
  return (
    <span className="flex min-w-0 items-start gap-2">
      <span className={`min-w-0 ${flow} ${TINT[row.level] ?? ''}`} dir="ltr">
        {text === '' ? (
          <em className="text-faint">empty message</em>
        ) : (
          <MessageText text={text} needles={needles} />
        )}
        {moreCharacters > 0 && (
          <span className={moreLines === 0 && hitsBeyond ? 'bg-hit text-hit-ink' : 'text-faint'}>
            {' '}
            … {moreCharacters.toLocaleString()} more characters
          </span>
        )}
      </span>
      {(moreLines > 0 || unfolded) && (
        <FoldButton
          moreLines={moreLines}
          unfolded={unfolded}
          holdsHits={hitsBeyond}
          toggle={() => setUnfolded(!unfolded)}
        />
      )}
      {!namesLogger && <LoggerHit row={row} needles={needles} />}
    </span>
  )
}

/** Whether what is searched for stands in the part of a message that is not shown. */
function useHitsBeyond(message: string, shown: string, needles: Needles): boolean {
  return useMemo(
    () =>
      shown.length < message.length && findHits(message, needles).length > findHits(shown, needles).length,
    [message, shown, needles],
  )
}

/** The name of a logger where it, not the message, is what a search has found. */
function LoggerHit({ row, needles }: { row: LogRow; needles: Needles }) {
  const name = row.logger_name
  if (name === null || findHits(name, needles).length === 0) return null
  return (
    <span className="min-w-0 shrink-[9] truncate font-sans text-muted" title={`Logger ${name}`}>
      logger <MessageText text={name} needles={needles} />
    </span>
  )
}

/** Unfolds a message of several lines; marked when what is searched for stands in those that are folded. */
function FoldButton({
  moreLines,
  unfolded,
  holdsHits,
  toggle,
}: {
  moreLines: number
  unfolded: boolean
  holdsHits: boolean
  toggle: () => void
}) {
  const lines = `+${moreLines} ${moreLines === 1 ? 'line' : 'lines'}`
  return (
    <button
      type="button"
      aria-expanded={unfolded}
      tabIndex={-1}
      title={holdsHits && !unfolded ? 'They contain matches of the search' : undefined}
      onClick={(event) => {
        event.stopPropagation()
        toggle()
      }}
      className={`figures shrink-0 rounded-sm px-1.5 font-sans text-label ${holdsHits && !unfolded ? 'bg-hit text-hit-ink' : 'bg-sunken text-muted hover:text-ink'}`}
    >
      {unfolded ? 'fold' : lines}
    </button>
  )
}

/** The part of a message that a row shows; the panel shows all of it. */
export type Preview = { text: string; moreLines: number; moreCharacters: number }

/** Folded, a row draws this much at most: 256 kB in one row would stop the page. */
const FOLDED_CHARACTERS = 1000
const UNFOLDED_CHARACTERS = 20_000

/** Python writes the error last, and the same first line for each traceback. */
const TRACEBACK = /^Traceback \(most recent call last\):/

/** The line of a message that says most: its first with something in it, of a traceback the error; unfolded, all up to a bound. */
export function previewOf(message: string, unfolded: boolean): Preview {
  const trimmed = message.trimEnd()
  if (unfolded) {
    const text = cut(trimmed, UNFOLDED_CHARACTERS)
    return { text, moreLines: 0, moreCharacters: trimmed.length - text.length }
  }
  const body = trimmed.slice(trimmed.lastIndexOf('\n', trimmed.search(/\S/)) + 1)
  const end = body.indexOf('\n')
  const first = end === -1 ? body : body.slice(0, end)
  const line = ((TRACEBACK.test(body) && errorOf(body)) || first).replace(/\r$/, '')
  const text = cut(line, FOLDED_CHARACTERS)
  return {
    text,
    moreLines: end === -1 ? 0 : body.slice(end).split('\n').length - 1,
    moreCharacters: line.length - text.length,
  }
}

/** The last line that is not indented, behind the frames. */
function errorOf(traceback: string): string | undefined {
  return traceback
    .slice(-UNFOLDED_CHARACTERS)
    .split('\n')
    .findLast((line) => /^\S/.test(line))
}

/** Never between the halves of a surrogate pair. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text
  const end = /[\ud800-\udbff]/.test(text.charAt(length - 1)) ? length - 1 : length
  return text.slice(0, end)
}

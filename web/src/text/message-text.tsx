import { memo } from 'react'
import type { AnsiStyle } from './ansi.ts'
import { type Needles, NO_NEEDLES, type Segment, toSegments } from './segments.ts'

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

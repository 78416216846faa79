import { type MouseEvent, useMemo, useState } from 'react'
import type { LogRow } from 'timelapser-logs/api'
import { MessageText } from '../../text/message-text.tsx'
import { findHits, type Needles } from '../../text/segments.ts'
import { previewOf } from '../message-preview.ts'
import type { Column } from './columns.ts'
import { FoldButton } from './fold-button.tsx'
import type { ValueTarget } from './value-menu.tsx'

/** The props of every row; rows of a list differ only in their line. */
export type RowProps = {
  row: LogRow
  columns: readonly Column[]
  zone: string
  now: number
  needles: Needles
  active: boolean
  opened: boolean
  selected: boolean
  fresh: boolean
  wrap: boolean
  roomy: boolean
  onClick: (id: number, event: MouseEvent) => void
  onMenu: (row: LogRow, event: MouseEvent) => void
  pick: (target: ValueTarget) => void
}

const TINT: Partial<Record<RowProps['row']['level'], string>> = {
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
}: Pick<RowProps, 'row' | 'needles' | 'wrap'> & {
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

import { useState } from 'react'
import { MessageText } from '../text/message-text.tsx'
import { previewOf } from './message-preview.ts'
import type { RowProps } from './row-props.ts'

/** The message of a row: one line, or all of them once unfolded. */
export function RowMessage({ row, needles, wrap }: Pick<RowProps, 'row' | 'needles' | 'wrap'>) {
  const [unfolded, setUnfolded] = useState(false)
  const { text, moreLines, moreCharacters } = previewOf(row.message, unfolded)
  const tinted =
    row.level === 'CRITICAL'
      ? 'text-critical'
      : row.level === 'ERROR'
        ? 'text-error'
        : row.level === 'DEBUG'
          ? 'text-muted'
          : ''
  const flow =
    wrap || unfolded ? 'whitespace-pre-wrap wrap-anywhere' : 'overflow-hidden text-ellipsis whitespace-pre'
  return (
    <span className="flex min-w-0 items-start gap-2">
      <span className={`min-w-0 ${flow} ${tinted}`} dir="ltr">
        {text === '' ? (
          <em className="text-faint">empty message</em>
        ) : (
          <MessageText text={text} needles={needles} />
        )}
        {moreCharacters > 0 && (
          <span className="text-faint"> … {moreCharacters.toLocaleString()} more characters</span>
        )}
      </span>
      {(moreLines > 0 || unfolded) && (
        <button
          type="button"
          aria-expanded={unfolded}
          tabIndex={-1}
          onClick={(event) => {
            event.stopPropagation()
            setUnfolded(!unfolded)
          }}
          className="figures shrink-0 rounded-sm bg-sunken px-1.5 font-sans text-label text-muted hover:text-ink"
        >
          {unfolded ? 'fold' : `+${moreLines} ${moreLines === 1 ? 'line' : 'lines'}`}
        </button>
      )}
    </span>
  )
}

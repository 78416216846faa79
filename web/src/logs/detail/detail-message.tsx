import { Copy } from 'lucide-react'
import type { LogRow } from 'timelapser-logs/api'
import { copy } from '../../controls/copy.ts'
import { MessageText, previewOf } from '../../text/message-text.tsx'
import { needlesIn } from '../../text/needles.ts'
import { setTerm, stateOfTerm, termOf } from '../search/search-terms.ts'
import type { ChangeView } from '../use-view.ts'
import type { LogView } from '../view.ts'
import { FieldButton, FilterButtons } from './detail-field.tsx'

/** More than this of one message is shown on demand: laying out 256 kB takes a second. */
const MESSAGE_CHARACTERS = 30_000

/** The whole message, with what can be done with it. */
export function DetailMessage({ log, view, change }: { log: LogRow; view: LogView; change: ChangeView }) {
  const shown = log.message.slice(0, MESSAGE_CHARACTERS)
  // The search box has one line, and so has what is searched for.
  const { text: line, moreCharacters } = previewOf(log.message, false)
  const term = line === '' || moreCharacters > 0 ? null : termOf('message', line)
  return (
    <section aria-label="Message" className="rounded-md bg-sunken">
      <pre className="max-h-96 overflow-auto p-3 font-mono text-small wrap-anywhere whitespace-pre-wrap">
        {log.message === '' && <em className="font-sans text-faint">empty message</em>}
        <MessageText text={shown} needles={needlesIn(view)} />
        {shown.length < log.message.length && (
          <span className="text-faint">
            {' '}
            … {(log.message.length - shown.length).toLocaleString()} more characters; the JSON has all of them
          </span>
        )}
      </pre>
      {log.message !== '' && (
        <p className="flex justify-end border-t border-line/60 px-1.5 py-1 text-faint">
          {term !== null && (
            <FilterButtons
              text="lines with this message"
              state={stateOfTerm(view.q, term)}
              set={(state) => change({ q: setTerm(view.q, term, state) })}
            />
          )}
          <FieldButton label="Copy message" onClick={() => copy(log.message, 'the message')}>
            <Copy size={13} aria-hidden />
          </FieldButton>
        </p>
      )}
    </section>
  )
}

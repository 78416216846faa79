import { FloatingPanel } from '../../controls/floating-panel.tsx'
import type { PopupProps } from '../../controls/popup-button.tsx'

const EXAMPLES: readonly (readonly [written: string, finds: string])[] = [
  ['timeout', 'with this text, case-insensitive'],
  ['"connection timeout"', 'with the phrase'],
  ['-retry', 'without it'],
  ['(front or barn)', 'with either'],
  ['/time ?out|5\\d\\d/', 'that match the expression'],
  ['level:>=warning', 'of this level and above'],
  ['camera:"Front Door"', 'of the camera, by name or id'],
  ['source:api*', 'of sources that begin with api'],
  ['logger:app.*', 'of loggers that begin with app.'],
  ['message:retry', 'with the text in the message only'],
  ['request_id:r-1', 'of one request'],
  ['extra_data.retry_count:>3', 'with a number above'],
]

/** The search syntax by example; a click searches for one. */
export function SearchHelp({ apply, ...popup }: PopupProps & { apply: (text: string) => void }) {
  return (
    <FloatingPanel {...popup} label="Search syntax" className="w-[min(30rem,calc(100vw-2rem))] p-3">
      <h2 className="mb-2 px-1 font-medium">Find lines</h2>
      <ul className="grid gap-x-4 gap-y-1 sm:grid-cols-[auto_1fr] sm:gap-y-0.5">
        {EXAMPLES.map(([written, finds]) => (
          <li key={written} className="grid items-baseline sm:col-span-2 sm:grid-cols-subgrid">
            <button
              type="button"
              className="justify-self-start rounded-sm px-1 py-0.5 font-mono text-small text-accent hover:bg-hover"
              onClick={() => {
                apply(written)
                popup.close()
              }}
            >
              {written}
            </button>
            <span className="text-muted max-sm:px-1 max-sm:text-small">{finds}</span>
          </li>
        ))}
      </ul>
      <p className="mt-2 border-t border-line px-1 pt-2 text-small text-faint">
        A line must match all terms. Other text is searched literally.
      </p>
    </FloatingPanel>
  )
}

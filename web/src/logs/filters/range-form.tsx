import { type FormEvent, useId, useState } from 'react'
import { serverNow } from '../../api/server-clock.ts'
import { wholeAddressOf } from '../../app/location.ts'
import { usePreference } from '../../app/preference.ts'
import { Button } from '../../controls/button.tsx'
import { copy } from '../../controls/copy.ts'
import { SmallSelect, Text } from '../../controls/fields.tsx'
import { FloatingPanel } from '../../controls/floating-panel.tsx'
import type { PopupProps } from '../../controls/popup-button.tsx'
import { zonePreference } from '../../time/display-zone.ts'
import { parseRange } from '../../time/parse-range.ts'
import { boundsOf, isOpen, type Range, spanInWords } from '../../time/range.ts'
import { formatView, parseView } from '../view.ts'

const PRESETS = [300, 900, 3600, 21_600, 86_400, 172_800, 604_800, 2_592_000]

type Props = { range: Range; zone: string; choose: (range: Range) => void }

export function RangePanel({ anchor, close, choose, ...form }: PopupProps & Props) {
  const chooseAndClose = (range: Range) => {
    close()
    choose(range)
  }
  return (
    <FloatingPanel
      anchor={anchor}
      close={close}
      label="Time range"
      className="w-[min(26rem,calc(100vw-2rem))] p-4"
    >
      <RangeForm {...form} choose={chooseAndClose} />
    </FloatingPanel>
  )
}

/** Presets, and one field that takes spans, moments and two moments with “to” between. */
function RangeForm({ range, zone, choose }: Props) {
  return (
    <div className="grid gap-4">
      <TypedRange zone={zone} choose={choose} />
      <div className="grid grid-cols-2 gap-1 sm:grid-cols-3">
        {PRESETS.map((seconds) => (
          <Preset
            key={seconds}
            name={spanInWords(seconds)}
            chosen={range.kind === 'last' && range.seconds === seconds}
            onClick={() => choose({ kind: 'last', seconds })}
          />
        ))}
        <Preset
          name="all stored lines"
          chosen={range.kind === 'all'}
          onClick={() => choose({ kind: 'all' })}
        />
      </div>
      <div className="flex flex-wrap items-center justify-between gap-2 border-t border-line pt-3">
        <ZoneChoice zone={zone} />
        {isOpen(range) && range.kind !== 'all' && (
          <Button kind="quiet" onClick={() => copy(fixedTimeLink(range), 'a link to exactly this span')}>
            Copy as fixed time
          </Button>
        )}
      </div>
    </div>
  )
}

function TypedRange({ zone, choose }: Omit<Props, 'range'>) {
  const [typed, setTyped] = useState('')
  const [problem, setProblem] = useState<string | null>(null)
  const field = useId()
  const apply = (event: FormEvent) => {
    event.preventDefault()
    const parsed = parseRange(typed, serverNow(), zone)
    if ('problem' in parsed) setProblem(parsed.problem)
    else choose(parsed.range)
  }
  return (
    <form onSubmit={apply} className="grid gap-1.5">
      <label htmlFor={field} className="font-medium">
        Since a time, or from one time to another
      </label>
      <div className="flex gap-2">
        <Text
          id={field}
          value={typed}
          placeholder="2h, yesterday 14:00, 14:00 to 15:30"
          autoComplete="off"
          aria-invalid={problem !== null}
          aria-describedby={`${field}-problem`}
          onChange={(text) => {
            setTyped(text)
            setProblem(null)
          }}
        />
        <Button type="submit" kind="accent">
          Apply
        </Button>
      </div>
      <p id={`${field}-problem`} role="alert" className="text-small text-error empty:hidden">
        {problem}
      </p>
    </form>
  )
}

function Preset({ name, chosen, onClick }: { name: string; chosen: boolean; onClick: () => void }) {
  return (
    <button
      type="button"
      aria-pressed={chosen}
      onClick={onClick}
      className={`rounded-md px-2.5 py-1.5 text-left first-letter:uppercase ${chosen ? 'bg-accent-wash font-medium text-accent' : 'hover:bg-hover'}`}
    >
      {name}
    </button>
  )
}

/** Which zone times are read and typed in, by name. */
function ZoneChoice({ zone }: { zone: string }) {
  const [choice, setChoice] = usePreference(zonePreference)
  return (
    <label className="flex items-center gap-2 text-small text-muted">
      Times in
      <SmallSelect
        options={[
          ['configured', choice === 'configured' ? zone : 'The configured zone'],
          ['utc', 'UTC'],
          ['local', 'This browser’s zone'],
        ]}
        value={choice}
        onChange={setChoice}
      />
    </label>
  )
}

/** The address of this screen with its relative range laid down, so that it shows the same lines tomorrow. */
function fixedTimeLink(range: Range): string {
  const now = serverNow()
  const { start, end } = boundsOf(range, now)
  const view = parseView(window.location.search)
  const fixed = formatView({
    ...view,
    range: { kind: 'between', from: start, to: end ?? new Date(now).toISOString() },
  })
  return wholeAddressOf(`/logs${fixed}`)
}

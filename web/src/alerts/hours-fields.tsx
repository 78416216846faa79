import { Check, Labelled, Select, TextField } from '../controls/fields.tsx'
import { useDisplayZone } from '../time/display-zone.ts'
import { DAY_NAMES, DAYS, type HoursDraft, isBySun } from './hours-draft.ts'

type Times = Pick<HoursDraft, 'from' | 'to'>

/** Hours of a rule: none, or those from one time to another on some days. */
export function HoursFields({
  name,
  label,
  begins,
  hours,
  onChange,
}: {
  name: string
  /** The label of the box that switches them on. */
  label: string
  /** The hours that the form begins with. */
  begins: Times
  hours: HoursDraft | null
  onChange: (hours: HoursDraft | null) => void
}) {
  const timezone = useDisplayZone()
  const first = { ...begins, timezone, days: [...DAYS], latitude: '', longitude: '' }
  return (
    <fieldset className="grid gap-3">
      <legend className="sr-only">{name}</legend>
      <Check checked={hours !== null} onChange={(isOn) => onChange(isOn ? first : null)}>
        {label}
      </Check>
      {hours && (
        <HoursOfDays begins={begins} hours={hours} set={(change) => onChange({ ...hours, ...change })} />
      )}
    </fieldset>
  )
}

const KINDS = { clock: 'by the clock', sun: 'by the sun' } as const

function HoursOfDays({
  begins,
  hours,
  set,
}: {
  begins: Times
  hours: HoursDraft
  set: (change: Partial<HoursDraft>) => void
}) {
  const bySun = isBySun(hours)
  const time = { type: bySun ? 'text' : 'time', required: true }
  const place = { inputMode: 'decimal', maxLength: 12 } as const
  const field = (of: 'from' | 'to' | 'latitude' | 'longitude') => ({
    value: hours[of],
    onChange: (value: string) => set({ [of]: value }),
    className: 'figures sm:!w-28',
  })
  return (
    <div className="grid grid-cols-2 gap-x-3 gap-y-3 sm:flex sm:flex-wrap sm:items-end sm:gap-x-4">
      <div className="max-sm:col-span-2">
        <Labelled name="Day">
          <Select
            options={KINDS}
            value={bySun ? 'sun' : 'clock'}
            onChange={(kind) => set(kind === 'sun' ? { from: 'sunrise', to: 'sunset' } : begins)}
            className="sm:!w-auto"
          />
        </Labelled>
      </div>
      <TextField name="From" {...time} {...field('from')} />
      <TextField name="To" {...time} {...field('to')} />
      {bySun && (
        <>
          <TextField name="Latitude" placeholder="52.52" {...place} {...field('latitude')} />
          <TextField name="Longitude" placeholder="13.40" {...place} {...field('longitude')} />
        </>
      )}
      <div className="max-sm:col-span-2">
        <TextField
          name="Time zone"
          value={hours.timezone}
          maxLength={60}
          onChange={(timezone) => set({ timezone })}
          className="sm:!w-44"
        />
      </div>
      <DaysOfWeek chosen={hours.days} onChange={(days) => set({ days })} />
    </div>
  )
}

function DaysOfWeek({ chosen, onChange }: { chosen: readonly string[]; onChange: (days: string[]) => void }) {
  return (
    <span className="grid grid-cols-4 gap-x-3 gap-y-1 py-1.5 max-sm:col-span-2 sm:flex sm:flex-wrap">
      {DAYS.map((day) => (
        <Check
          key={day}
          className="gap-1.5!"
          checked={chosen.includes(day)}
          onChange={(isOn) => onChange(isOn ? [...chosen, day] : chosen.filter((one) => one !== day))}
        >
          {DAY_NAMES[day]}
        </Check>
      ))}
    </span>
  )
}

import { Labelled } from '../access/labelled.tsx'
import { FIELD } from '../controls/surfaces.ts'
import { useDisplayZone } from '../time/display-zone.ts'
import { DAYS, type HoursDraft, isBySun } from './hours-draft.ts'

const NAMES: Readonly<Record<string, string>> = {
  mon: 'Mon',
  tue: 'Tue',
  wed: 'Wed',
  thu: 'Thu',
  fri: 'Fri',
  sat: 'Sat',
  sun: 'Sun',
}

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
  begins: Pick<HoursDraft, 'from' | 'to'>
  hours: HoursDraft | null
  onChange: (hours: HoursDraft | null) => void
}) {
  const zone = useDisplayZone()
  const bySun = hours !== null && isBySun(hours)
  return (
    <fieldset className="grid gap-3">
      <legend className="sr-only">{name}</legend>
      <label className="flex cursor-pointer items-center gap-2">
        <input
          type="checkbox"
          checked={hours !== null}
          onChange={(event) =>
            onChange(
              event.target.checked
                ? {
                    ...{ ...begins, timezone: zone, days: [...DAYS] },
                    ...{ latitude: '', longitude: '' },
                  }
                : null,
            )
          }
          className="size-3.5 accent-accent"
        />
        {label}
      </label>
      {hours && (
        <div className="flex flex-wrap items-end gap-x-4 gap-y-3">
          <Labelled name="Day">
            <select
              value={bySun ? 'sun' : 'clock'}
              onChange={(event) =>
                onChange({
                  ...hours,
                  ...(event.target.value === 'sun' ? { from: 'sunrise', to: 'sunset' } : begins),
                })
              }
              className={`${FIELD} !w-auto`}
            >
              <option value="clock">by the clock</option>
              <option value="sun">by the sun</option>
            </select>
          </Labelled>
          <Labelled name="From">
            <input
              type={bySun ? 'text' : 'time'}
              value={hours.from}
              required
              onChange={(event) => onChange({ ...hours, from: event.target.value })}
              className={`${FIELD} figures !w-28`}
            />
          </Labelled>
          <Labelled name="To">
            <input
              type={bySun ? 'text' : 'time'}
              value={hours.to}
              required
              onChange={(event) => onChange({ ...hours, to: event.target.value })}
              className={`${FIELD} figures !w-28`}
            />
          </Labelled>
          {bySun && (
            <>
              <Labelled name="Latitude">
                <input
                  value={hours.latitude}
                  inputMode="decimal"
                  maxLength={12}
                  placeholder="52.52"
                  onChange={(event) => onChange({ ...hours, latitude: event.target.value })}
                  className={`${FIELD} figures !w-28`}
                />
              </Labelled>
              <Labelled name="Longitude">
                <input
                  value={hours.longitude}
                  inputMode="decimal"
                  maxLength={12}
                  placeholder="13.40"
                  onChange={(event) => onChange({ ...hours, longitude: event.target.value })}
                  className={`${FIELD} figures !w-28`}
                />
              </Labelled>
            </>
          )}
          <Labelled name="Time zone">
            <input
              value={hours.timezone}
              maxLength={60}
              onChange={(event) => onChange({ ...hours, timezone: event.target.value })}
              className={`${FIELD} !w-44`}
            />
          </Labelled>
          <span className="flex flex-wrap gap-x-3 gap-y-1 py-1.5">
            {DAYS.map((day) => (
              <label key={day} className="flex cursor-pointer items-center gap-1.5">
                <input
                  type="checkbox"
                  checked={hours.days.includes(day)}
                  onChange={(event) =>
                    onChange({
                      ...hours,
                      days: event.target.checked
                        ? [...hours.days, day]
                        : hours.days.filter((one) => one !== day),
                    })
                  }
                  className="size-3.5 accent-accent"
                />
                {NAMES[day]}
              </label>
            ))}
          </span>
        </div>
      )}
    </fieldset>
  )
}

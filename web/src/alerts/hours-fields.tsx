import { Labelled } from '../access/labelled.tsx'
import { FIELD } from '../controls/surfaces.ts'
import { useDisplayZone } from '../time/display-zone.ts'
import { DAY_NAMES, DAYS, type HoursDraft, isBySun } from './hours-draft.ts'

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
        <div className="grid grid-cols-2 gap-x-3 gap-y-3 sm:flex sm:flex-wrap sm:items-end sm:gap-x-4">
          <div className="max-sm:col-span-2">
            <Labelled name="Day">
              <select
                value={bySun ? 'sun' : 'clock'}
                onChange={(event) =>
                  onChange({
                    ...hours,
                    ...(event.target.value === 'sun' ? { from: 'sunrise', to: 'sunset' } : begins),
                  })
                }
                className={`${FIELD} sm:!w-auto`}
              >
                <option value="clock">by the clock</option>
                <option value="sun">by the sun</option>
              </select>
            </Labelled>
          </div>
          <Labelled name="From">
            <input
              type={bySun ? 'text' : 'time'}
              value={hours.from}
              required
              onChange={(event) => onChange({ ...hours, from: event.target.value })}
              className={`${FIELD} figures sm:!w-28`}
            />
          </Labelled>
          <Labelled name="To">
            <input
              type={bySun ? 'text' : 'time'}
              value={hours.to}
              required
              onChange={(event) => onChange({ ...hours, to: event.target.value })}
              className={`${FIELD} figures sm:!w-28`}
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
                  className={`${FIELD} figures sm:!w-28`}
                />
              </Labelled>
              <Labelled name="Longitude">
                <input
                  value={hours.longitude}
                  inputMode="decimal"
                  maxLength={12}
                  placeholder="13.40"
                  onChange={(event) => onChange({ ...hours, longitude: event.target.value })}
                  className={`${FIELD} figures sm:!w-28`}
                />
              </Labelled>
            </>
          )}
          <div className="max-sm:col-span-2">
            <Labelled name="Time zone">
              <input
                value={hours.timezone}
                maxLength={60}
                onChange={(event) => onChange({ ...hours, timezone: event.target.value })}
                className={`${FIELD} sm:!w-44`}
              />
            </Labelled>
          </div>
          <span className="grid grid-cols-4 gap-x-3 gap-y-1 py-1.5 max-sm:col-span-2 sm:flex sm:flex-wrap">
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
                {DAY_NAMES[day]}
              </label>
            ))}
          </span>
        </div>
      )}
    </fieldset>
  )
}

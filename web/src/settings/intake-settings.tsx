import type { Settings } from 'timelapser-logs/api'
import { FIELD } from '../controls/surfaces.ts'
import { isTimeZone } from '../time/zone.ts'
import { JoinBySource } from './join-by-source.tsx'
import { NumberField } from './number-field.tsx'
import { SettingField } from './setting-field.tsx'
import { DraftForm, SettingsSection } from './settings-section.tsx'
import { useDraft } from './use-draft.ts'

const ZONES = ['UTC', ...Intl.supportedValuesOf('timeZone')]
const REQUESTS = [
  ['off', 'No requests'],
  ['changes', 'Changes, failures and slow requests'],
  ['all', 'All but ingest and streams'],
] as const satisfies readonly (readonly [Settings['request_logging'], string])[]

/** The zone people read times in. */
export function ZoneSettings({ settings }: { settings: Settings }) {
  const draft = useDraft(settings, ['timezone'])
  const zone = draft.value('timezone')
  const unknown = isTimeZone(zone) ? null : `“${zone}” is not a time zone.`
  return (
    <SettingsSection id="zone" name="Time zone" hint="Times are shown and days are counted in this zone.">
      <DraftForm draft={draft} isValid={unknown === null}>
        <SettingField
          of="timezone"
          name="Time zone"
          hint="A name such as Europe/Berlin. Times are stored in UTC."
          problem={unknown ?? draft.problem('timezone')}
        >
          {(ids) => (
            <input
              {...ids}
              value={zone}
              list="time-zones"
              onChange={({ target }) => draft.set('timezone', target.value)}
              className={FIELD}
            />
          )}
        </SettingField>
        <datalist id="time-zones">
          {ZONES.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </DraftForm>
    </SettingsSection>
  )
}

const NAME_LIMITS = ['max_sources', 'max_loggers', 'max_cameras'] as const

/** How lines are treated as they come in, and the server's own lines. */
export function IntakeSettings({ settings }: { settings: Settings }) {
  const draft = useDraft(settings, [
    'register_cameras',
    ...NAME_LIMITS,
    'message_max',
    'join_by_source',
    'request_logging',
  ])
  return (
    <SettingsSection id="intake" name="Intake" hint="How incoming lines are stored.">
      <DraftForm draft={draft}>
        <SettingField
          of="register_cameras"
          name="Unknown cameras"
          hint="Lines with a camera that is not in the list."
          problem={draft.problem('register_cameras')}
        >
          {(ids) => (
            <select
              {...ids}
              value={String(draft.value('register_cameras'))}
              onChange={({ target }) => draft.set('register_cameras', target.value === 'true')}
              className={FIELD}
            >
              <option value="true">Add them to the list</option>
              <option value="false">Leave the list as it is</option>
            </select>
          )}
        </SettingField>
        {NAME_LIMITS.map((of) => (
          <SettingField
            key={of}
            of={of}
            name={`Most ${of.slice('max_'.length)}`}
            hint="Lines with further names are stored under “other”; a single key may use half of the limit."
            problem={draft.problem(of)}
          >
            {(ids) => (
              <NumberField
                {...ids}
                value={draft.value(of)}
                unit={of.slice('max_'.length)}
                onChange={(most) => draft.set(of, most)}
              />
            )}
          </SettingField>
        ))}
        <SettingField
          of="message_max"
          name="Longest message"
          hint="Longer messages are cut; extra_data.truncated_bytes says by how much."
          problem={draft.problem('message_max')}
        >
          {(ids) => (
            <NumberField
              {...ids}
              value={draft.value('message_max')}
              unit="bytes"
              onChange={(bytes) => draft.set('message_max', bytes)}
            />
          )}
        </SettingField>
        <JoinBySource
          joining={draft.value('join_by_source')}
          problem={draft.problem('join_by_source')}
          onChange={(joining) => draft.set('join_by_source', joining)}
        />
        <SettingField
          of="request_logging"
          name="Request log"
          hint="Requests to this server that are logged."
          problem={draft.problem('request_logging')}
        >
          {(ids) => (
            <select
              {...ids}
              value={draft.value('request_logging')}
              onChange={({ target }) => {
                const chosen = REQUESTS.find(([value]) => value === target.value)?.[0]
                if (chosen) draft.set('request_logging', chosen)
              }}
              className={FIELD}
            >
              {REQUESTS.map(([value, name]) => (
                <option key={value} value={value}>
                  {name}
                </option>
              ))}
            </select>
          )}
        </SettingField>
      </DraftForm>
    </SettingsSection>
  )
}

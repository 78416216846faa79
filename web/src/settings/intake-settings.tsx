import type { Settings } from 'timelapser-logs/api'
import { Select, Text } from '../controls/fields.tsx'
import { isTimeZone } from '../time/zone.ts'
import { JoinBySource } from './join-by-source.tsx'
import { type NumberDraft, NumberSetting } from './number-setting.tsx'
import { SettingField } from './setting-field.tsx'
import { DraftForm, SettingsSection } from './settings-section.tsx'
import { useDraft } from './use-draft.ts'

const ZONES = ['UTC', ...Intl.supportedValuesOf('timeZone')]
const REQUESTS: Readonly<Record<Settings['request_logging'], string>> = {
  off: 'No requests',
  changes: 'Changes, failures and slow requests',
  all: 'All but ingest and streams',
}

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
            <Text {...ids} value={zone} list="time-zones" onChange={(name) => draft.set('timezone', name)} />
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
            <Select
              {...ids}
              options={{ true: 'Add them to the list', false: 'Leave the list as it is' }}
              value={draft.value('register_cameras') ? 'true' : 'false'}
              onChange={(next) => draft.set('register_cameras', next === 'true')}
            />
          )}
        </SettingField>
        <NameLimits draft={draft} />
        <NumberSetting
          draft={draft}
          of="message_max"
          name="Longest message"
          hint="Longer messages are cut; extra_data.truncated_bytes says by how much."
          unit="bytes"
        />
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
            <Select
              {...ids}
              options={REQUESTS}
              value={draft.value('request_logging')}
              onChange={(logged) => draft.set('request_logging', logged)}
            />
          )}
        </SettingField>
      </DraftForm>
    </SettingsSection>
  )
}

function NameLimits({ draft }: { draft: NumberDraft<(typeof NAME_LIMITS)[number]> }) {
  return NAME_LIMITS.map((of) => {
    const names = of.slice('max_'.length)
    return (
      <NumberSetting
        key={of}
        {...{ draft, of }}
        name={`Most ${names}`}
        hint="Lines with further names are stored under “other”; a single key may use half of the limit."
        unit={names}
      />
    )
  })
}

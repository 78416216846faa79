import type { Settings } from 'timelapser-logs/api'
import { DaysByLevel } from './days-by-level.tsx'
import { DaysBySource } from './days-by-source.tsx'
import { NumberField } from './number-field.tsx'
import { RetentionOutlook } from './retention-outlook.tsx'
import { SettingField } from './setting-field.tsx'
import { DraftForm, SettingsSection } from './settings-section.tsx'
import { SizeField } from './size-field.tsx'
import { useDraft } from './use-draft.ts'

const NAMES = [
  'retention_days',
  'retention_by_level',
  'retention_by_source',
  'retention_max_bytes',
  'disk_reserve_bytes',
] as const satisfies readonly (keyof Settings)[]

/** How long lines are kept, how much room they may take, and what that comes to. */
export function RetentionSettings({ settings }: { settings: Settings }) {
  const draft = useDraft(settings, NAMES)
  return (
    <SettingsSection
      id="retention"
      name="Retention"
      hint="Expired lines are deleted once an hour. A rule for a source overrides one for a level, which overrides the days for all."
    >
      <DraftForm draft={draft}>
        <SettingField
          of="retention_days"
          name="Days to keep"
          hint="Older lines are deleted. 0 keeps everything."
          problem={draft.problem('retention_days')}
        >
          {(ids) => (
            <NumberField
              {...ids}
              value={draft.value('retention_days')}
              unit="days"
              onChange={(days) => draft.set('retention_days', days)}
            />
          )}
        </SettingField>
        <DaysByLevel
          days={draft.value('retention_by_level')}
          otherwise={draft.value('retention_days')}
          problem={draft.problem('retention_by_level')}
          onChange={(days) => draft.set('retention_by_level', days)}
        />
        <DaysBySource
          days={draft.value('retention_by_source')}
          problem={draft.problem('retention_by_source')}
          onChange={(days) => draft.set('retention_by_source', days)}
        />
        <SettingField
          of="retention_max_bytes"
          name="Maximum size"
          hint="The oldest partitions are dropped while their total size exceeds this limit. 0 sets no limit."
          problem={draft.problem('retention_max_bytes')}
        >
          {(ids) => (
            <SizeField
              ids={ids}
              name="the maximum size"
              value={draft.value('retention_max_bytes')}
              onChange={(bytes) => draft.set('retention_max_bytes', bytes)}
            />
          )}
        </SettingField>
        <SettingField
          of="disk_reserve_bytes"
          name="Reserve on the disk"
          hint="With less free space than this nothing is stored, so that PostgreSQL can keep running. 0 sets no reserve."
          problem={draft.problem('disk_reserve_bytes')}
        >
          {(ids) => (
            <SizeField
              ids={ids}
              name="the reserve"
              value={draft.value('disk_reserve_bytes')}
              onChange={(bytes) => draft.set('disk_reserve_bytes', bytes)}
            />
          )}
        </SettingField>
      </DraftForm>
      <RetentionOutlook changes={draft.changed} />
    </SettingsSection>
  )
}

import type { Settings } from 'timelapser-logs/api'
import { DaysByLevel } from './days-by-level.tsx'
import { DaysBySource } from './days-by-source.tsx'
import { NumberSetting } from './number-setting.tsx'
import { RetentionOutlook } from './retention-outlook.tsx'
import { DraftForm, SettingsSection } from './settings-section.tsx'
import { SizeSetting } from './size-setting.tsx'
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
        <NumberSetting
          draft={draft}
          of="retention_days"
          name="Days to keep"
          hint="Older lines are deleted. 0 keeps everything."
          unit="days"
        />
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
        <SizeSetting
          draft={draft}
          of="retention_max_bytes"
          name="Maximum size"
          hint="The oldest partitions are dropped while their total size exceeds this limit. 0 sets no limit."
          unitLabel="Unit of the maximum size"
        />
        <SizeSetting
          draft={draft}
          of="disk_reserve_bytes"
          name="Reserve on the disk"
          hint="With less free space than this nothing is stored, so that PostgreSQL can keep running. 0 sets no reserve."
          unitLabel="Unit of the reserve"
        />
      </DraftForm>
      <RetentionOutlook changes={draft.changed} />
    </SettingsSection>
  )
}

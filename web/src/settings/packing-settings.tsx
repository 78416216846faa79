import type { Settings } from 'timelapser-logs/api'
import { NumberSetting } from './number-setting.tsx'
import { PackingProgress } from './packing-progress.tsx'
import { DraftForm, SettingsSection } from './settings-section.tsx'
import { useDraft } from './use-draft.ts'

const NAMES = ['pack_after_days'] as const satisfies readonly (keyof Settings)[]

/** Whether old lines are packed, how far that is, and the room it gave back. */
export function PackingSettings({ settings }: { settings: Settings }) {
  const draft = useDraft(settings, NAMES)
  return (
    <SettingsSection
      id="packing"
      name="Packing"
      hint="Packed lines take about a tenth of the space and stay searchable. Some searches of packed lines take longer."
    >
      <DraftForm draft={draft}>
        <NumberSetting
          draft={draft}
          of="pack_after_days"
          name="Pack after"
          hint="Partitions that ended longer ago are packed in the background. 0 stops packing; packed lines stay packed."
          unit="days"
        />
      </DraftForm>
      <PackingProgress afterDays={settings.pack_after_days} />
    </SettingsSection>
  )
}

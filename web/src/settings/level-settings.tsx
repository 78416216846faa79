import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import type { Settings } from 'timelapser-logs/api'
import { Failed } from '../controls/failed.tsx'
import { SkeletonRows } from '../controls/skeleton.tsx'
import { useLevels } from '../levels/use-levels.ts'
import { LevelSelect } from '../logs/level-select.tsx'
import { NewOverride } from './new-override.tsx'
import { OverrideItem } from './override-item.tsx'
import { SettingField } from './setting-field.tsx'
import { DraftForm, SettingsSection } from './settings-section.tsx'
import { useDraft } from './use-draft.ts'

/** From which level on lines are stored: in general, and for single cameras, loggers and sources, for a while or for good. */
export function LevelSettings({ settings }: { settings: Settings }) {
  const draft = useDraft(settings, ['log_level'])
  return (
    <SettingsSection
      id="levels"
      name="Levels"
      hint="Lines below these levels are held back by their sender and never stored. Changes take effect immediately, without a restart."
    >
      <DraftForm draft={draft}>
        <SettingField
          of="log_level"
          name="Level to store"
          hint="Applies to all lines without an override below."
          problem={draft.problem('log_level')}
        >
          {(ids) => (
            <LevelSelect
              {...ids}
              value={draft.value('log_level')}
              onChange={(level) => draft.set('log_level', level)}
            />
          )}
        </SettingField>
      </DraftForm>
      <Overrides />
    </SettingsSection>
  )
}

function Overrides() {
  const client = useQueryClient()
  const levels = useLevels()
  const again = useCallback(() => client.invalidateQueries({ queryKey: ['levels'] }), [client])
  return (
    <div className="grid grid-cols-1 gap-3 border-t border-line pt-5">
      <h3 className="font-semibold">Overrides</h3>
      {levels.isPending && <SkeletonRows name="levels" rows={3} height="h-14" />}
      {levels.isError && <Failed what="The levels" error={levels.error} retry={() => levels.refetch()} />}
      {levels.data?.overrides.length === 0 && (
        <p className="text-muted">None. The level above applies to all lines.</p>
      )}
      {levels.data && levels.data.overrides.length > 0 && (
        <ul aria-label="Overrides" className="divide-y divide-line rounded-md border border-line">
          {levels.data.overrides.map((override) => (
            <OverrideItem key={`${override.scope} ${override.target}`} override={override} onOver={again} />
          ))}
        </ul>
      )}
      {!levels.isPending && <NewOverride />}
    </div>
  )
}

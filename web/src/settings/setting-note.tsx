import type { Settings } from 'timelapser-logs/api'
import { SETTING_NOTES } from './setting-notes.ts'

/** The range and the default of a setting. */
export function SettingNote({ of }: { of: keyof Settings }) {
  return (
    <span data-setting={of} className="block text-faint">
      {SETTING_NOTES[of]}
    </span>
  )
}

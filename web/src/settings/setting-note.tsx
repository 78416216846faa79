import type { Settings } from 'timelapser-logs/api'
import { SETTING_NOTES } from './setting-notes.ts'

/** What a setting may be, and what it is before anybody sets it. */
export function SettingNote({ of }: { of: keyof Settings }) {
  return (
    <span data-setting={of} className="block text-faint">
      {SETTING_NOTES[of]}
    </span>
  )
}

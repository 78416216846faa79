import { useEffect } from 'react'
import type { Settings } from 'timelapser-logs/api'
import { useSettings } from '../api/use-settings.ts'
import { Failed } from '../controls/failed.tsx'
import { SkeletonRows } from '../controls/skeleton.tsx'
import { SCREEN } from '../controls/surfaces.ts'
import { ParseSettings } from '../parsing/parse-settings.tsx'
import { IntakeSettings, ZoneSettings } from './intake-settings.tsx'
import { LevelSettings } from './level-settings.tsx'
import { LinkSettings } from './link-settings.tsx'
import { PackingSettings } from './packing-settings.tsx'
import { RedactionSettings } from './redaction-settings.tsx'
import { RetentionSettings } from './retention-settings.tsx'

const SECTIONS = [
  ['levels', 'Levels'],
  ['retention', 'Retention'],
  ['packing', 'Packing'],
  ['zone', 'Time zone'],
  ['parsing', 'Parsing'],
  ['redaction', 'Redaction'],
  ['links', 'Links'],
  ['intake', 'Intake'],
] as const

/** The settings of the whole server. Each section is saved by itself. */
export function SettingsPage() {
  const settings = useSettings()
  useEffect(() => {
    document.title = 'Settings – Timelapser Logs'
  }, [])
  return (
    <main id="content" className={`${SCREEN} gap-x-8 lg:grid-cols-[9rem_minmax(0,1fr)]`}>
      <h1 className="text-figure/8 font-semibold tracking-tight lg:col-span-2">Settings</h1>
      <nav aria-label="Settings" className="top-6 self-start max-lg:hidden lg:sticky">
        <ul className="grid gap-0.5">
          {SECTIONS.map(([id, name]) => (
            <li key={id}>
              <a
                href={`#${id}`}
                className="-ml-2.5 block rounded-md px-2.5 py-1.5 text-muted hover:bg-hover hover:text-ink"
              >
                {name}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div className="grid grid-cols-1 content-start gap-6">
        {settings.data ? (
          <Sections settings={settings.data} />
        ) : settings.isError ? (
          <Failed what="The settings" error={settings.error} retry={() => settings.refetch()} />
        ) : (
          <SkeletonRows name="settings" rows={3} height="h-56" />
        )}
      </div>
    </main>
  )
}

function Sections({ settings }: { settings: Settings }) {
  return (
    <>
      <LevelSettings settings={settings} />
      <RetentionSettings settings={settings} />
      <PackingSettings settings={settings} />
      <ZoneSettings settings={settings} />
      <ParseSettings />
      <RedactionSettings settings={settings} />
      <LinkSettings settings={settings} />
      <IntakeSettings settings={settings} />
    </>
  )
}

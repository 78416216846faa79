import { useEffect } from 'react'
import type { Settings } from 'timelapser-logs/api'
import { useSettings } from '../api/use-settings.ts'
import { Failed } from '../controls/failed.tsx'
import { Skeleton } from '../controls/skeleton.tsx'
import { IntakeSettings, ZoneSettings } from './intake-settings.tsx'
import { LevelSettings } from './level-settings.tsx'
import { RedactionSettings } from './redaction-settings.tsx'
import { RetentionSettings } from './retention-settings.tsx'

const SECTIONS = [
  ['levels', 'Levels'],
  ['retention', 'Retention'],
  ['zone', 'Time zone'],
  ['redaction', 'Redaction'],
  ['intake', 'Intake'],
] as const

/** What applies to the whole server. Each section is saved by itself. */
export function SettingsPage() {
  const settings = useSettings()
  useEffect(() => {
    document.title = 'Settings – Timelapser Logs'
  }, [])
  return (
    <div className="mx-auto grid max-w-5xl grid-cols-1 gap-x-8 gap-y-4 px-4 py-8 sm:px-6 lg:grid-cols-[9rem_minmax(0,1fr)]">
      <nav aria-label="Settings" className="top-6 self-start max-lg:hidden lg:sticky lg:pt-12">
        <ul className="grid gap-0.5">
          {SECTIONS.map(([id, name]) => (
            <li key={id}>
              <a
                href={`#${id}`}
                className="block rounded-md px-2.5 py-1.5 text-muted hover:bg-hover hover:text-ink"
              >
                {name}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <main id="content" className="grid max-w-3xl grid-cols-1 gap-6">
        <h1 className="text-figure font-semibold tracking-tight">Settings</h1>
        {settings.data ? (
          <Sections settings={settings.data} />
        ) : settings.isError ? (
          <Failed what="The settings" error={settings.error} retry={() => settings.refetch()} />
        ) : (
          <Skeleton className="h-96 w-full" />
        )}
      </main>
    </div>
  )
}

function Sections({ settings }: { settings: Settings }) {
  return (
    <>
      <LevelSettings settings={settings} />
      <RetentionSettings settings={settings} />
      <ZoneSettings settings={settings} />
      <RedactionSettings settings={settings} />
      <IntakeSettings settings={settings} />
    </>
  )
}

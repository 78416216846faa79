import { useEffect } from 'react'
import { useSettings } from '../api/use-settings.ts'
import { Button } from '../controls/button.tsx'
import { Skeleton } from '../controls/skeleton.tsx'
import { SettingsForm } from './settings-form.tsx'

export function SettingsPage() {
  const settings = useSettings()
  useEffect(() => {
    document.title = 'Settings – Timelapser Logs'
  }, [])
  return (
    <main id="content" className="mx-auto grid max-w-2xl gap-10 px-4 py-10 sm:px-6">
      <section className="grid gap-5">
        <h1 className="text-figure font-semibold tracking-tight">Settings</h1>
        {settings.data ? (
          <SettingsForm settings={settings.data} key={JSON.stringify(settings.data)} />
        ) : settings.isError ? (
          <div role="alert" className="grid justify-items-start gap-3">
            <p className="text-error">The settings could not be loaded: {settings.error.message}</p>
            <Button onClick={() => settings.refetch()}>Try again</Button>
          </div>
        ) : (
          <Skeleton className="h-48 w-full" />
        )}
      </section>
    </main>
  )
}

import { useState } from 'react'
import type { AlertDigestSettings } from 'timelapser-logs/api'
import { serverNow } from '../api/server-clock.ts'
import { Button } from '../controls/button.tsx'
import { Failed } from '../controls/failed.tsx'
import { notify } from '../controls/notice.tsx'
import { Skeleton } from '../controls/skeleton.tsx'
import { useDisplayZone } from '../time/display-zone.ts'
import { formatMoment } from '../time/format.ts'
import { DigestForm } from './digest-form.tsx'
import { useChangeAlerts, useDigest, useDigestPreview } from './use-alerts.ts'

/** The reader's daily digest: when and where it is sent, and how it looks now. */
export function DailyDigest() {
  const { digest } = useDigest().data ?? {}
  const [isEdited, setEdited] = useState(false)
  const [isShown, setShown] = useState(false)
  const change = useChangeAlerts(() => notify('The daily digest is switched off'))
  if (digest === undefined) return null
  const isOn = digest?.enabled === true
  return (
    <section className="grid gap-3" aria-labelledby="digest">
      <div className="flex flex-wrap items-center gap-3">
        <h2 id="digest" className="text-title font-semibold">
          Daily digest
        </h2>
        {!isEdited && <Button onClick={() => setEdited(true)}>{isOn ? 'Change' : 'Send daily'}</Button>}
        {!isEdited && isOn && (
          <Button
            kind="quiet"
            disabled={change.isPending}
            onClick={() => change.mutate({ method: 'PUT', path: '/api/alerts/digest', body: offOf(digest) })}
          >
            Switch off
          </Button>
        )}
        <Button kind="quiet" aria-expanded={isShown} onClick={() => setShown(!isShown)}>
          {isShown ? 'Hide' : 'Show the last 24 hours'}
        </Button>
      </div>
      {isEdited ? (
        <DigestForm digest={digest} done={() => setEdited(false)} />
      ) : (
        <Schedule digest={isOn ? digest : null} />
      )}
      {isShown && <Preview />}
    </section>
  )
}

function Schedule({ digest }: { digest: AlertDigestSettings | null }) {
  const zone = useDisplayZone()
  if (digest === null) {
    return (
      <p className="text-pretty text-muted">
        Once a day by mail or webhook: lines by level, new kinds of message, silent cameras and alerts.
      </p>
    )
  }
  const { at, timezone, channels, next_at } = digest
  return (
    <p className="wrap-anywhere">
      At {at} ({timezone}) to {channels.join(', ')}
      {next_at !== null && (
        <span className="text-muted">; next {formatMoment(next_at, zone, serverNow())}</span>
      )}
    </p>
  )
}

/** The digest as it would be sent now. */
function Preview() {
  const zone = useDisplayZone()
  const preview = useDigestPreview(zone)
  if (preview.isError) {
    return <Failed what="The digest" error={preview.error} retry={() => preview.refetch()} />
  }
  if (!preview.data) return <Skeleton className="h-40 w-full" />
  return (
    <section aria-label="The digest of the last 24 hours">
      <pre className="rounded-lg border border-line bg-surface px-4 py-3 font-sans text-body whitespace-pre-wrap wrap-anywhere">
        {preview.data.text}
      </pre>
    </section>
  )
}

function offOf({ at, timezone, channels }: AlertDigestSettings) {
  return { enabled: false, at, timezone, channels }
}

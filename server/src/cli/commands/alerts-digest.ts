import type { AlertDigest, AlertDigestInput, AlertDigestSettings } from '../../http/api-schemas.ts'
import { type ApiClient, ApiFailure } from '../client/api-client.ts'
import type { ServerOptions } from '../client/server-options.ts'
import { jsonText, paint, visible, visibleInLine } from '../terminal/terminal.ts'

export type DigestOptions = ServerOptions & {
  json?: true
  at?: string
  timezone?: string
  channel?: string[]
  off?: true
}

/** `alerts digest`: the digest of the day up to now; or when and where it is sent. */
export async function digest(client: ApiClient, options: DigestOptions): Promise<number> {
  const { json, at, timezone, channel, off } = options
  const { digest: before } = await client.request<{ digest: AlertDigestSettings | null }>(
    'GET',
    '/api/alerts/digest',
  )
  if (at === undefined && channel === undefined && off === undefined) {
    const query = timezone === undefined ? '' : `?${new URLSearchParams({ timezone })}`
    const shown = await client.request<AlertDigest>('GET', `/api/alerts/digest/preview${query}`)
    if (json) console.log(jsonText({ ...shown, settings: before }))
    else console.log(`${visible(shown.text)}\n\n${paint('dim', visibleInLine(settingsText(before)))}`)
    return 0
  }
  const wanted = {
    ...{
      at: at ?? before?.at,
      timezone: timezone ?? before?.timezone,
      channels: channel ?? before?.channels,
    },
    ...(off && { enabled: false }),
  }
  const missing = [
    ...(wanted.at === undefined ? ['--at'] : []),
    ...(wanted.timezone === undefined ? ['--timezone'] : []),
    ...(wanted.channels === undefined ? ['--channel'] : []),
  ]
  if (missing.length > 0)
    throw new ApiFailure(`There is no daily digest yet. Give ${missing.join(' and ')} too.`)
  const saved = await client.request<{ digest: AlertDigestSettings }>('PUT', '/api/alerts/digest', {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(wanted as AlertDigestInput),
  })
  console.log(json ? jsonText(saved.digest) : visibleInLine(settingsText(saved.digest)))
  return 0
}

function settingsText(digest: AlertDigestSettings | null): string {
  if (digest === null) return 'No daily digest is sent. Set one with --at, --timezone and --channel.'
  if (!digest.enabled) return 'The daily digest is switched off.'
  const { at, timezone, channels, next_at } = digest
  return `Sent daily at ${at} (${timezone}) to ${channels.join(', ')}; next at ${next_at}.`
}

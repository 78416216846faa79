import { ExternalLink } from 'lucide-react'
import type { LogRow } from 'timelapser-logs/api'
import { useSettings } from '../../api/use-settings.ts'
import { lineLinks } from './line-links.ts'

/** Where the line leads in other applications, as the settings say. */
export function DetailLinks({ log }: { log: LogRow }) {
  const links = lineLinks(log, useSettings().data?.line_links ?? {})
  if (links.length === 0) return null
  return (
    <ul aria-label="Links of this line" className="flex flex-wrap gap-2">
      {links.map(({ name, url }) => (
        <li key={name} className="min-w-0">
          <a
            href={url}
            target="_blank"
            rel="noopener noreferrer"
            className="inline-flex max-w-full items-center gap-1.5 rounded-md border border-line bg-surface px-3 py-1.5 font-medium hover:bg-hover"
          >
            <span className="truncate">{name}</span>
            <ExternalLink size={14} aria-hidden className="shrink-0" />
          </a>
        </li>
      ))}
    </ul>
  )
}

import { lastLogsPath } from '../logs/use-view.ts'
import { Link } from './link.tsx'
import type { Screen } from './screens.ts'

/** Shown to a user who follows a link to a screen of another role. */
export function ForOthers({ screen }: { screen: Screen }) {
  return (
    <main id="content" className="mx-auto grid max-w-md gap-3 px-4 py-24">
      <h1 className="text-title font-semibold">{screen.name}: for administrators alone</h1>
      <p className="text-muted">Ask one of them for what you need, or to make you one.</p>
      <Link className="font-medium text-accent underline" href={lastLogsPath()}>
        To the logs
      </Link>
    </main>
  )
}

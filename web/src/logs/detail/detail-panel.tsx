import { Tabs } from '@base-ui/react/tabs'
import { Copy, Link2, X } from 'lucide-react'
import type { LogRow } from 'timelapser-logs/api'
import { useLog } from '../../api/use-logs.ts'
import { wholeAddressOf } from '../../app/location.ts'
import { Button, IconButton } from '../../controls/button.tsx'
import { copy } from '../../controls/copy.ts'
import { MessageText } from '../../text/message-text.tsx'
import { PANEL, PanelSkeleton } from '../panel-place.tsx'
import type { ChangeView } from '../use-view.ts'
import type { LogView } from '../view.ts'
import { DetailFields } from './detail-fields.tsx'
import { DetailMissing } from './detail-missing.tsx'
import { DetailSurroundings } from './detail-surroundings.tsx'

type Props = { id: number; row: LogRow | null; view: LogView; change: ChangeView; zone: string }

/** Everything of one line, beside the list; the list stays usable. */
export function DetailPanel({ id, row, view, change, zone }: Props) {
  const fetched = useLog(row === null ? id : null)
  const log = row ?? fetched.data ?? null
  return (
    <aside aria-label={`Line ${id}`} className={PANEL}>
      <div className="flex items-center gap-1 border-b border-line py-1.5 pr-1.5 pl-4">
        <h2 className="figures mr-auto font-semibold">Line {id}</h2>
        <IconButton
          label="Copy a link to this line"
          onClick={() => copy(wholeAddressOf(`/logs?log=${id}`), 'the link')}
        >
          <Link2 size={16} aria-hidden />
        </IconButton>
        <IconButton label="Close (Esc)" onClick={() => change({ log: null })}>
          <X size={16} aria-hidden />
        </IconButton>
      </div>
      {log !== null ? (
        <DetailTabs log={log} view={view} change={change} zone={zone} />
      ) : fetched.isError ? (
        <DetailMissing error={fetched.error} retry={() => fetched.refetch()} change={change} />
      ) : (
        <PanelSkeleton />
      )}
    </aside>
  )
}

const TAB =
  'border-b-2 border-transparent px-3 py-2 font-medium text-muted hover:text-ink data-[active]:border-accent data-[active]:text-ink focus-visible:-outline-offset-2'
const TAB_PANEL = 'min-h-0 flex-1 overflow-auto outline-none'

function DetailTabs({
  log,
  view,
  change,
  zone,
}: {
  log: LogRow
  view: LogView
  change: ChangeView
  zone: string
}) {
  return (
    <Tabs.Root defaultValue="fields" className="flex min-h-0 flex-1 flex-col">
      <Tabs.List className="flex gap-1 border-b border-line px-2">
        <Tabs.Tab value="fields" className={TAB}>
          Fields
        </Tabs.Tab>
        <Tabs.Tab value="json" className={TAB}>
          JSON
        </Tabs.Tab>
        <Tabs.Tab value="surroundings" className={TAB}>
          Context
        </Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="fields" className={TAB_PANEL}>
        <DetailFields log={log} view={view} change={change} zone={zone} />
      </Tabs.Panel>
      <Tabs.Panel value="json" className={TAB_PANEL}>
        <DetailJson log={log} />
      </Tabs.Panel>
      <Tabs.Panel value="surroundings" className={TAB_PANEL}>
        <DetailSurroundings log={log} change={change} zone={zone} />
      </Tabs.Panel>
    </Tabs.Root>
  )
}

/** The row as the API gives it. */
function DetailJson({ log }: { log: LogRow }) {
  const text = JSON.stringify(log, null, 2)
  return (
    <div className="grid justify-items-start gap-3 p-4">
      <Button onClick={() => copy(text, 'the line as JSON')}>
        <Copy size={14} aria-hidden /> Copy
      </Button>
      <pre className="w-full font-mono text-small wrap-anywhere whitespace-pre-wrap">
        <MessageText text={text} />
      </pre>
    </div>
  )
}

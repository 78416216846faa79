import { Menu } from '@base-ui/react/menu'
import { Ban, Bell, Braces, Copy, Filter, Link2, Timer, Waypoints } from 'lucide-react'
import type { ReactNode } from 'react'
import type { LogRow } from 'timelapser-logs/api'
import { alertAddress } from '../../alerts/alert-address.ts'
import { navigate, wholeAddressOf } from '../../app/location.ts'
import { copy } from '../../controls/copy.ts'
import { AnchoredMenu } from '../../controls/floating-menu.tsx'
import { MENU_ITEM } from '../../controls/surfaces.ts'
import { useRaiseLevel } from '../../levels/use-levels.ts'
import { useSession } from '../../session/use-session.ts'
import { setValue } from '../filters/filter-values.ts'
import { originOf } from '../origin.tsx'
import type { ChangeView } from '../use-view.ts'
import { type LogFilters, type LogView, NO_FILTERS } from '../view.ts'
import { rowsAs } from './row-text.ts'

export type RowTarget = { anchor: Element; row: LogRow }
const MINUTES = [15, 60] as const

type Props = { row: LogRow; view: LogView; change: ChangeView }

/** Everything a line can be used for, by right click or by `m`. */
export function RowMenu({
  target: { anchor, row },
  view,
  change,
  close,
}: {
  target: RowTarget
  view: LogView
  change: ChangeView
  close: () => void
}) {
  const isAdmin = useSession().data?.role === 'admin'
  const raise = useRaiseLevel()
  return (
    <AnchoredMenu anchor={anchor} alignOffset={180} label={`Line ${row.id}`} className="w-72" close={close}>
      <FilterItems row={row} view={view} change={change} />
      <RequestItems row={row} view={view} change={change} />
      <Menu.Separator className="my-1.5 border-t border-line" />
      <Item icon={<Bell size={14} />} act={() => navigate(alertAddress(filtersLike(row)))}>
        Alert on lines like this…
      </Item>
      {MINUTES.map((minutes) => (
        <Item
          key={minutes}
          icon={<Timer size={14} />}
          disabled={!isAdmin}
          why="Only an administrator may change levels."
          act={() => raise(row, minutes)}
        >
          Debug {originOf(row).name} for {minutes === 60 ? 'an hour' : `${minutes} minutes`}
        </Item>
      ))}
      <Menu.Separator className="my-1.5 border-t border-line" />
      <Item icon={<Copy size={14} />} act={() => copy(row.message, 'the message')}>
        Copy the message
      </Item>
      <Item icon={<Copy size={14} />} act={() => copy(rowsAs('text', [row]), 'the line')}>
        Copy the line as text
      </Item>
      <Item icon={<Braces size={14} />} act={() => copy(rowsAs('json', [row]), 'the line as JSON')}>
        Copy the line as JSON
      </Item>
      <Item icon={<Link2 size={14} />} act={() => copy(wholeAddressOf(`/logs?log=${row.id}`), 'the link')}>
        Copy a link
      </Item>
    </AnchoredMenu>
  )
}

/** Filters by the values of the line, for each and against each. */
function FilterItems({ row, view, change }: Props) {
  const origin = originOf(row)
  const values = [
    { field: 'level', value: row.level, name: row.level },
    { field: origin.field, value: origin.value, name: origin.name },
    ...(row.logger_name === null
      ? []
      : [{ field: 'logger_name', value: row.logger_name, name: `logger ${row.logger_name}` } as const]),
  ] as const
  return values.map(({ field, value, name }) => (
    <div key={field}>
      <Item icon={<Filter size={14} />} act={() => change(setValue(view, field, value, 'in'))}>
        Only {name}
      </Item>
      <Item icon={<Ban size={14} />} act={() => change(setValue(view, field, value, 'out'))}>
        Not {name}
      </Item>
    </div>
  ))
}

function RequestItems({ row, view, change }: Props) {
  const id = row.extra_data?.request_id
  if (typeof id !== 'string' || id === '') return null
  return (
    <>
      <Item icon={<Waypoints size={14} />} act={() => change({ ...NO_FILTERS, request_id: id })}>
        Same request ({id})
      </Item>
      <Item icon={<Ban size={14} />} act={() => change(setValue(view, 'request_id', id, 'out'))}>
        Exclude this request
      </Item>
    </>
  )
}

/** Lines of the same level, from the same camera or source and the same logger. */
function filtersLike(row: LogRow): LogFilters {
  const { field, value } = originOf(row)
  return {
    ...NO_FILTERS,
    level: [row.level],
    ...(field === 'camera_id' ? { camera_id: [Number(value)] } : { source: [String(value)] }),
    logger_name: row.logger_name === null ? [] : [row.logger_name],
  }
}

function Item(props: {
  icon: ReactNode
  act: () => void
  disabled?: boolean
  why?: string
  children: ReactNode
}) {
  return (
    <Menu.Item
      className={MENU_ITEM}
      disabled={props.disabled ?? false}
      title={props.disabled ? props.why : undefined}
      onClick={props.act}
    >
      <span className="shrink-0 text-faint" aria-hidden>
        {props.icon}
      </span>
      <span className="truncate">{props.children}</span>
    </Menu.Item>
  )
}

import { Menu } from '@base-ui/react/menu'
import { Bell, Check, Keyboard, ListX, Trash2 } from 'lucide-react'
import { navigate } from '../../app/location.ts'
import { type Preference, usePreference } from '../../app/preference.ts'
import { FloatingMenu } from '../../controls/floating-menu.tsx'
import type { PopupProps } from '../../controls/popup-button.tsx'
import { MENU_ITEM } from '../../controls/surfaces.ts'
import { PHONE, useMediaQuery } from '../../controls/use-media-query.ts'
import { columnName, columns, fieldPath, OWN_COLUMNS, useColumns } from '../list/columns.ts'
import { densityPreference, wrapPreference } from '../list-preferences.ts'
import type { Removal } from './removal-dialog.tsx'

/** Rarely used actions: how rows look, the shortcuts, and deleting. */
export function MoreMenu({
  isAdmin,
  openSheet,
  query,
  filters,
  remove,
  ...popup
}: PopupProps & {
  isAdmin: boolean
  openSheet: () => void
  query: string
  /** The filters of the list, without its time. */
  filters: string
  remove: (removal: Removal) => void
}) {
  // Cards have no columns.
  const phone = useMediaQuery(PHONE)
  return (
    <FloatingMenu {...popup} label="More">
      <Choice preference={wrapPreference} on="wrap" off="cut" name="Wrap long lines" hint="w" />
      <Choice preference={densityPreference} on="roomy" off="compact" name="Comfortable rows" hint="d" />
      {!phone && <ColumnItems />}
      <Menu.Separator className="my-1.5 border-t border-line" />
      <Menu.Item
        className={MENU_ITEM}
        onClick={() => navigate(`/alerts?${new URLSearchParams({ new: filters })}`)}
      >
        <Bell size={15} aria-hidden /> Alert on this…
      </Menu.Item>
      <Menu.Item className={MENU_ITEM} onClick={openSheet}>
        <Keyboard size={15} aria-hidden /> Keyboard shortcuts <Hint>?</Hint>
      </Menu.Item>
      <Menu.Separator className="my-1.5 border-t border-line" />
      <Menu.Item className={`${MENU_ITEM} text-error`} disabled={!isAdmin} onClick={() => remove({ query })}>
        <ListX size={15} aria-hidden /> Delete matching lines…
      </Menu.Item>
      <Menu.Item
        className={`${MENU_ITEM} text-error`}
        disabled={!isAdmin}
        onClick={() => remove({ query: null })}
      >
        <Trash2 size={15} aria-hidden />
        <span className="grid">
          Clear logs…
          {!isAdmin && <span className="text-small">Only an administrator may delete lines.</span>}
        </span>
      </Menu.Item>
    </FloatingMenu>
  )
}

/** The columns of the list: the fixed ones, and those that show fields. */
function ColumnItems() {
  const { shown } = useColumns()
  return (
    <>
      {[...OWN_COLUMNS, ...shown.filter((name) => fieldPath(name) !== null)].map((name) => (
        <Menu.CheckboxItem
          key={name}
          className={MENU_ITEM}
          checked={shown.includes(name)}
          onCheckedChange={() => columns.toggle(name)}
        >
          <Tick />
          Column {fieldPath(name) === null ? columnName(name).toLowerCase() : columnName(name)}
        </Menu.CheckboxItem>
      ))}
      <Menu.Item className={`${MENU_ITEM} pl-9`} onClick={columns.reset}>
        Reset columns
      </Menu.Item>
    </>
  )
}

function Choice<On extends string, Off extends string>(props: {
  preference: Preference<On | Off>
  on: On
  off: Off
  name: string
  hint: string
}) {
  const [value, setValue] = usePreference(props.preference)
  return (
    <Menu.CheckboxItem
      className={MENU_ITEM}
      checked={value === props.on}
      onCheckedChange={(checked) => setValue(checked ? props.on : props.off)}
    >
      <Tick />
      {props.name} <Hint>{props.hint}</Hint>
    </Menu.CheckboxItem>
  )
}

function Tick() {
  return (
    <span className="grid size-4 place-items-center">
      <Menu.CheckboxItemIndicator>
        <Check size={14} aria-hidden />
      </Menu.CheckboxItemIndicator>
    </span>
  )
}

function Hint({ children }: { children: string }) {
  return <span className="ml-auto pl-4 font-mono text-small text-faint">{children}</span>
}

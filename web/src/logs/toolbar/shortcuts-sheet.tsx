import { Dialog } from '@base-ui/react/dialog'
import { Button } from '../../controls/button.tsx'
import { KeyCap } from '../../controls/key-cap.tsx'
import { BACKDROP, DIALOG } from '../../controls/surfaces.ts'
import { useInertPage } from '../../controls/use-inert-page.ts'

const SHORTCUTS: readonly (readonly [keys: readonly string[], what: string])[] = [
  [['/'], 'Search'],
  [['L'], 'Turn live on or off'],
  [['j', 'k'], 'Next, previous line; also ↓ and ↑'],
  [['o', 'Enter'], 'Open or close the line'],
  [['m'], 'Menu of the line: filter for, filter out, copy, debug'],
  [['x'], 'Select the line; also Ctrl or Shift and click'],
  [['e'], 'To extra_data of the open line; → and ← open and close, Enter filters'],
  [['f'], 'Find in the list'],
  [['Esc'], 'Close the open panel or menu'],
  [['r'], 'Refresh'],
  [['w'], 'Wrap long lines'],
  [['d'], 'Density of the rows'],
  [['?'], 'Show this help'],
]

export function ShortcutsSheet({ close }: { close: () => void }) {
  useInertPage()
  return (
    <Dialog.Root open onOpenChange={(open) => !open && close()}>
      <Dialog.Portal>
        <Dialog.Backdrop className={BACKDROP} />
        <Dialog.Popup className={DIALOG}>
          <Dialog.Title className="mb-3 text-title font-semibold">Keyboard shortcuts</Dialog.Title>
          <dl className="grid grid-cols-[auto_1fr] items-center gap-x-5 gap-y-2.5">
            {SHORTCUTS.map(([keys, what]) => (
              <div key={what} className="contents">
                <dt className="flex gap-1">
                  {keys.map((key) => (
                    <KeyCap key={key}>{key}</KeyCap>
                  ))}
                </dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
          <div className="mt-5 flex justify-end">
            <Dialog.Close render={<Button>Close</Button>} />
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

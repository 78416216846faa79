import { AlertDialog } from '@base-ui/react/alert-dialog'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { request } from '../api/client.ts'
import { Button } from '../controls/button.tsx'
import { notify } from '../controls/notice.tsx'
import { BACKDROP, DIALOG } from '../controls/surfaces.ts'

/** Says what deleting a camera does and does not do, then does it. */
export function DeleteCamera({ camera, close }: { camera: { id: number; name: string }; close: () => void }) {
  const cancel = useRef<HTMLButtonElement>(null)
  const client = useQueryClient()
  const remove = useMutation({
    mutationFn: () => request(`/api/cameras/${camera.id}`, { method: 'DELETE' }),
    onSuccess: async () => {
      notify(`${camera.name} is deleted`)
      client.invalidateQueries({ queryKey: ['logs'] })
      await client.invalidateQueries({ queryKey: ['cameras'] })
      close()
    },
  })
  return (
    <AlertDialog.Root open onOpenChange={(open) => !open && close()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={BACKDROP} />
        <AlertDialog.Popup className={`${DIALOG} grid gap-4`} initialFocus={cancel}>
          <AlertDialog.Title className="text-title font-semibold">Delete {camera.name}?</AlertDialog.Title>
          <AlertDialog.Description className="rounded-md bg-sunken px-3 py-2.5">
            The camera with the id {camera.id} leaves the list. Its lines stay, as lines without a camera,
            under the source they came from. This cannot be undone.
          </AlertDialog.Description>
          {remove.isError && (
            <p role="alert" className="text-error">
              {remove.error.message}
            </p>
          )}
          <div className="flex justify-end gap-2">
            <AlertDialog.Close render={<Button ref={cancel}>Cancel</Button>} />
            <Button kind="danger" disabled={remove.isPending} onClick={() => remove.mutate()}>
              {remove.isPending ? 'Deleting…' : 'Delete'}
            </Button>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}

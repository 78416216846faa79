import { useMutation, useQueryClient } from '@tanstack/react-query'
import { request } from '../api/client.ts'
import { DeleteDialog } from '../controls/delete-dialog.tsx'
import { notify } from '../controls/notice.tsx'

/** Says what deleting a camera does and does not do, then does it. */
export function DeleteCamera({ camera, close }: { camera: { id: number; name: string }; close: () => void }) {
  const client = useQueryClient()
  const remove = useMutation({
    mutationFn: () => request(`/api/cameras/${camera.id}`, { method: 'DELETE' }),
    onSuccess: async () => {
      notify(`${camera.name} was deleted`)
      client.invalidateQueries({ queryKey: ['logs'] })
      await client.invalidateQueries({ queryKey: ['cameras'] })
      close()
    },
  })
  return (
    <DeleteDialog
      title={`Delete ${camera.name}?`}
      consequence={`The camera with the id ${camera.id} is removed from the list. Its lines are kept without a camera, under their source. This cannot be undone.`}
      ready
      pending={remove.isPending}
      error={remove.error}
      remove={remove.mutate}
      close={close}
    />
  )
}

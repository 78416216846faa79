import { useState } from 'react'
import { Button } from '../controls/button.tsx'
import { CameraGrants } from './camera-grants.tsx'

/** The cameras a viewer sees, to be changed. */
export function UserCameras({
  cameras: saved,
  disabled,
  onSave,
  onClose,
}: {
  cameras: number[] | null
  disabled: boolean
  onSave: (cameras: number[] | null) => void
  onClose: () => void
}) {
  const [cameras, setCameras] = useState(saved)
  return (
    <div className="grid gap-2">
      <CameraGrants value={cameras} onChange={setCameras} />
      <div className="flex gap-2">
        <Button kind="accent" disabled={cameras?.length === 0 || disabled} onClick={() => onSave(cameras)}>
          Save
        </Button>
        <Button kind="quiet" onClick={onClose}>
          Cancel
        </Button>
      </div>
    </div>
  )
}

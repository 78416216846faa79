import { useCameras } from '../api/use-settings.ts'

/** Which cameras' logs are seen: all logs, or those of the checked ones. */
export function CameraGrants({
  value,
  onChange,
}: {
  value: readonly number[] | null
  onChange: (cameras: number[] | null) => void
}) {
  const cameras = useCameras().data?.cameras ?? []
  const toggle = (id: number) =>
    onChange(value?.includes(id) ? value.filter((other) => other !== id) : [...(value ?? []), id])
  return (
    <fieldset className="flex flex-wrap gap-x-4 gap-y-1.5">
      <legend className="sr-only">Visible logs</legend>
      <label className="flex items-center gap-2">
        <input
          type="checkbox"
          className="size-4 accent-accent"
          checked={value === null}
          onChange={(event) => onChange(event.target.checked ? null : [])}
        />
        All logs
      </label>
      {value !== null &&
        cameras.map(({ id, name }) => (
          <label key={id} className="flex items-center gap-2">
            <input
              type="checkbox"
              className="size-4 accent-accent"
              checked={value.includes(id)}
              onChange={() => toggle(id)}
            />
            {name}
          </label>
        ))}
      {value?.length === 0 && (
        <span className="w-full text-small text-faint">Choose at least one camera.</span>
      )}
    </fieldset>
  )
}

import { Check } from '../controls/fields.tsx'
import { useChannels } from './use-alerts.ts'

/** The channels that are notified. */
export function ChannelChoice({
  chosen,
  onChange,
  missing = 'No channels yet: alerts are only shown on this page. Administrators add channels below.',
}: {
  chosen: readonly string[]
  onChange: (chosen: string[]) => void
  /** Shown while there is no channel. */
  missing?: string
}) {
  const channels = useChannels()
  const there = channels.data?.channels.map(({ name }) => name) ?? []
  // A chosen channel that was deleted is refused: it is shown, so that it can be taken off.
  const names = [...there, ...(channels.data ? chosen.filter((name) => !there.includes(name)) : [])]
  return (
    <>
      {channels.data && names.length === 0 && <p className="text-pretty text-muted">{missing}</p>}
      <div className="flex flex-wrap gap-x-5 gap-y-1.5">
        {names.map((name) => (
          <Check
            key={name}
            checked={chosen.includes(name)}
            onChange={(isOn) => onChange(isOn ? [...chosen, name] : chosen.filter((one) => one !== name))}
          >
            {there.includes(name) ? name : `${name} (deleted)`}
          </Check>
        ))}
      </div>
    </>
  )
}

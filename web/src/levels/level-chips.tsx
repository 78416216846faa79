import { useQueryClient } from '@tanstack/react-query'
import { Timer, X } from 'lucide-react'
import { useCallback } from 'react'
import { useCameras } from '../api/use-settings.ts'
import { LEVEL_NAME } from '../logs/levels.ts'
import { Countdown } from './countdown.tsx'
import { useEndOverride, useLevels } from './use-levels.ts'

/** The overrides in force, each with the time left and a way to end it. */
export function LevelChips({ isAdmin }: { isAdmin: boolean }) {
  const client = useQueryClient()
  const levels = useLevels()
  const cameras = useCameras()
  const end = useEndOverride()
  const again = useCallback(() => client.invalidateQueries({ queryKey: ['levels'] }), [client])
  const passing = levels.data?.overrides.filter((one) => one.expires_at !== null) ?? []
  if (passing.length === 0) return null
  return (
    <ul aria-label="Temporary overrides" className="flex min-w-0 flex-wrap gap-1.5 lg:ml-auto">
      {passing.map((one) => {
        const camera = cameras.data?.cameras.find(
          ({ id }) => one.scope === 'camera' && String(id) === one.target,
        )
        const name = camera?.name ?? (one.scope === 'camera' ? `Camera ${one.target}` : one.target)
        return (
          <li
            key={`${one.scope} ${one.target}`}
            className="flex max-w-full items-center gap-1.5 rounded-md border border-accent/40 bg-accent-wash pl-2 text-small text-accent"
          >
            <Timer size={13} className="shrink-0" aria-hidden />
            <span className="truncate">
              {LEVEL_NAME[one.level]} · {name}
            </span>
            <span className={`font-medium ${isAdmin ? '' : 'pr-2.5 py-1'}`}>
              {one.expires_at !== null && <Countdown until={one.expires_at} onOver={again} />}
            </span>
            {isAdmin && (
              <button
                type="button"
                aria-label={`End ${LEVEL_NAME[one.level]} of ${name} now`}
                title="Remove the override"
                onClick={() => end.mutate(one)}
                className="grid size-6.5 shrink-0 place-items-center hover:text-ink focus-visible:-outline-offset-2"
              >
                <X size={13} aria-hidden />
              </button>
            )}
          </li>
        )
      })}
    </ul>
  )
}

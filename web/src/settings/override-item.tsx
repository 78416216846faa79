import { Timer, X } from 'lucide-react'
import { useCameras } from '../api/use-settings.ts'
import { IconButton } from '../controls/button.tsx'
import { Countdown } from '../levels/countdown.tsx'
import { type LevelOverride, useEndOverride } from '../levels/use-levels.ts'
import { LevelLabel } from '../logs/level-label.tsx'

const SCOPE_NAME = { camera: 'Camera', logger: 'Logger', source: 'Source' } as const

/** One override: its scope, the time left, the reason and the author. */
export function OverrideItem({ override, onOver }: { override: LevelOverride; onOver: () => void }) {
  const cameras = useCameras()
  const end = useEndOverride()
  const { scope, target, level, expires_at, max_lines_per_minute, reason, author } = override
  const camera = cameras.data?.cameras.find(({ id }) => scope === 'camera' && String(id) === target)
  const name = camera ? `${camera.name} (id ${target})` : target
  return (
    <li className="flex flex-wrap items-start gap-x-3 py-2 pr-2 pl-3">
      <div className="grid min-w-0 flex-1 gap-0.5 max-sm:basis-full">
        <p className="flex flex-wrap items-baseline gap-x-2">
          <span className="text-small text-faint">{SCOPE_NAME[scope]}</span>
          <span className="min-w-0 font-medium wrap-anywhere">{name}</span>
          <LevelLabel level={level} />
          {level !== 'CRITICAL' && <span className="text-small text-faint">and above</span>}
          <span className="text-small text-faint">
            at most {max_lines_per_minute.toLocaleString()} lines per minute
          </span>
        </p>
        <p className="text-small text-muted wrap-anywhere">
          {author && `By ${author}`}
          {reason && `: ${reason}`}
        </p>
      </div>
      <p className="ml-auto flex items-center gap-1.5 pt-1.5 text-small whitespace-nowrap text-muted">
        {expires_at === null ? (
          'no expiry'
        ) : (
          <>
            <Timer size={13} aria-hidden />
            <span>
              <Countdown until={expires_at} onOver={onOver} /> left
            </span>
          </>
        )}
      </p>
      <IconButton
        label={`Remove the override for ${name}`}
        disabled={end.isPending}
        onClick={() => end.mutate(override)}
      >
        <X size={14} aria-hidden />
      </IconButton>
    </li>
  )
}

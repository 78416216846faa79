import { type KeyboardEvent, useState } from 'react'
import type { CameraActivity, CamerasActivity } from 'timelapser-logs/api'
import { Link } from '../app/link.tsx'
import { logsPath, type Step, stepInWords, stepsOf } from './strip-steps.ts'

/** Lines, errors and silence of a camera, a link a step. One tab stop: arrows, Home and End move within. */
export function ActivityStrip({
  camera,
  activity,
  zone,
  period,
}: {
  camera: CameraActivity
  activity: CamerasActivity
  zone: string
  period: string
}) {
  const steps = stepsOf(camera, activity)
  const [current, setCurrent] = useState(steps.length - 1)
  const [shown, setShown] = useState<number | null>(null)
  const now = Date.parse(activity.end)
  const label = shown === null ? undefined : steps[shown]
  const place = ((shown ?? 0) / (steps.length - 1)) * 100

  const move = (event: KeyboardEvent<HTMLDivElement>) => {
    const target = targetOf(event.key, current, steps.length - 1)
    if (target === undefined) return
    event.preventDefault()
    setCurrent(target)
    const cell = event.currentTarget.children[target]
    if (cell instanceof HTMLElement) cell.focus()
  }

  return (
    <div className="relative">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for controls of a form */}
      <div
        role="group"
        aria-label={`Lines of ${camera.name}, ${period}, by time`}
        className="flex h-9 items-stretch overflow-hidden rounded-sm bg-sunken"
        onKeyDown={move}
        onPointerLeave={() => setShown(null)}
        onBlur={() => setShown(null)}
      >
        {steps.map((step, index) => (
          <Link
            key={step.from}
            href={logsPath(camera.id, step)}
            tabIndex={index === current ? 0 : -1}
            aria-label={stepInWords(step, zone, now)}
            onPointerEnter={() => setShown(index)}
            onFocus={() => {
              setCurrent(index)
              setShown(index)
            }}
            className={`flex min-w-0 flex-1 items-end px-px hover:bg-hover focus-visible:-outline-offset-2 ${step.isSilent ? 'silence' : ''}`}
          >
            <Bar step={step} />
          </Link>
        ))}
      </div>
      {label && <StepTip place={place} text={stepInWords(label, zone, now)} />}
    </div>
  )
}

/** The step that a key leads to. */
function targetOf(key: string, current: number, last: number): number | undefined {
  const targets: Record<string, number> = {
    ArrowLeft: Math.max(current - 1, 0),
    ArrowRight: Math.min(current + 1, last),
    Home: 0,
    End: last,
  }
  return targets[key]
}

/** The words of a step above it. @param place from the left end of the strip, in percent */
function StepTip({ place, text }: { place: number; text: string }) {
  return (
    <p
      aria-hidden
      className="pointer-events-none absolute bottom-full z-20 mb-1 rounded-md border border-line bg-surface px-2 py-1 text-small whitespace-nowrap shadow-float"
      // At the left end it begins at its cell, at the right end it ends there: never outside.
      style={{ left: `${place}%`, transform: `translateX(-${place}%)` }}
    >
      {text}
    </p>
  )
}

function Bar({ step: { logs, errors, height } }: { step: Step }) {
  if (logs === 0) return null
  return (
    <span
      className="flex w-full flex-col justify-end overflow-hidden rounded-t-[1px] bg-info-fill"
      style={{ height: `max(3px, ${height * 100}%)` }}
    >
      {errors > 0 && (
        <span
          className="block bg-error-fill"
          style={{ height: `max(4px, ${(errors / logs) * 100}%)`, maxHeight: '100%' }}
        />
      )}
    </span>
  )
}

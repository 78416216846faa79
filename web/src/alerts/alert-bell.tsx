import { Bell } from 'lucide-react'
import { Link } from '../app/link.tsx'
import { buttonClass } from '../controls/button.tsx'
import { useAlertSummary } from './use-alerts.ts'

/** How many alerts fire, on every screen. */
export function AlertBell() {
  const { data } = useAlertSummary()
  const trouble = (data?.problems ?? 0) + (data?.dead ?? 0)
  const firing = data?.firing ?? 0
  const label =
    firing > 0
      ? `Alerts: ${firing.toLocaleString()} firing`
      : trouble > 0
        ? 'Alerts: a rule or a notice needs attention'
        : 'Alerts: nothing is firing'
  return (
    <Link
      href="/alerts"
      aria-label={label}
      title={label}
      className={`${buttonClass('quiet', 'icon')} relative`}
    >
      <Bell size={16} aria-hidden />
      {(firing > 0 || trouble > 0) && (
        <span
          aria-hidden
          className="figures absolute top-0 right-0 grid h-4 min-w-4 place-items-center rounded-full bg-error px-1 text-[0.625rem] leading-none font-semibold text-surface"
        >
          {firing > 0 ? (firing > 99 ? '99+' : firing) : '!'}
        </span>
      )}
    </Link>
  )
}

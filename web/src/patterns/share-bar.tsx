/** A count, and below it how much it is of another. */
export function ShareBar({ count, of, fill }: { count: number; of: number; fill: string }) {
  const percent = Math.max(2, (100 * count) / Math.max(1, of))
  return (
    <div className="grid content-start gap-1.5 max-sm:flex max-sm:items-center max-sm:gap-3">
      <span className="figures font-semibold">{count.toLocaleString()}</span>
      <span aria-hidden className="block h-1 flex-1 overflow-hidden rounded-full bg-sunken">
        <span className={`block h-full rounded-full ${fill}`} style={{ width: `${percent}%` }} />
      </span>
    </div>
  )
}

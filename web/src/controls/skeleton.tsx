/** A place where a value will be; quick answers are here before it is seen. */
export function Skeleton({ className = '', height }: { className?: string; height?: number }) {
  return <span aria-hidden style={{ height }} className={`block rounded-sm bg-line awaiting ${className}`} />
}

/** The place of a list that is still to come: as many rows, as high, so that nothing below moves when it is here. */
export function SkeletonRows({ name, rows, height }: { name: string; rows: number; height: string }) {
  return (
    <div
      role="status"
      aria-label={`Loading ${name}`}
      className="divide-y divide-line rounded-lg border border-line bg-surface"
    >
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: bars that never change places
        <div key={row} className={`flex flex-col justify-center gap-2 px-4 ${height}`}>
          <Skeleton className="h-3 w-1/3" />
          <Skeleton className="h-3 w-1/2" />
        </div>
      ))}
    </div>
  )
}

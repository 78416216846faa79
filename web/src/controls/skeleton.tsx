/** A place where a value will be; the delay keeps quick answers from flashing it. */
export function Skeleton({ className = '' }: { className?: string }) {
  return (
    <span aria-hidden className={`breathing block rounded-sm bg-line [animation-delay:150ms] ${className}`} />
  )
}

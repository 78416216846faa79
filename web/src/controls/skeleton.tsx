/** A place where a value will be; quick answers are here before it is seen. */
export function Skeleton({ className = '' }: { className?: string }) {
  return <span aria-hidden className={`block rounded-sm bg-line awaiting ${className}`} />
}

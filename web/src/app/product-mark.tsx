/** Three lines of a log, the last line with a text in it. */
export function ProductMark({ size = 20 }: { size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      strokeWidth="2.4"
      strokeLinecap="round"
      aria-hidden
    >
      <path d="M3 4.5h8" className="stroke-accent" />
      <path d="M3 10h14" className="stroke-ink" />
      <path d="M3 15.5h5" className="stroke-accent" />
      <path d="M12.5 15.5h4.5" className="stroke-error" />
    </svg>
  )
}

import { X } from 'lucide-react'

/** One filter in force; its text turns it round where it has an opposite. */
export function Pill({
  name,
  value,
  inverted = false,
  onInvert,
  onRemove,
}: {
  name: string
  value: string
  inverted?: boolean
  onInvert?: () => void
  onRemove: () => void
}) {
  const text = (
    <>
      <span className="text-faint">{name}:</span>{' '}
      {inverted && <span className="font-medium text-error">not </span>}
      <span className="font-medium">{value}</span>
    </>
  )
  return (
    <li className="flex max-w-full items-center overflow-hidden rounded-md border border-line bg-surface text-small">
      {onInvert ? (
        <button
          type="button"
          onClick={onInvert}
          title={inverted ? 'Include instead' : 'Exclude instead'}
          className="truncate py-1 pl-2.5 hover:underline focus-visible:-outline-offset-2"
        >
          {text}
        </button>
      ) : (
        <span className="truncate py-1 pl-2.5">{text}</span>
      )}
      <button
        type="button"
        aria-label={`Remove the filter ${name}: ${inverted ? 'not ' : ''}${value}`}
        title="Remove"
        onClick={onRemove}
        className="grid size-6.5 shrink-0 place-items-center text-faint hover:text-ink focus-visible:-outline-offset-2"
      >
        <X size={13} aria-hidden />
      </button>
    </li>
  )
}

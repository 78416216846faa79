/** Unfolds a message of several lines; marked when what is searched for stands in those that are folded. */
export function FoldButton({
  moreLines,
  unfolded,
  holdsHits,
  toggle,
}: {
  moreLines: number
  unfolded: boolean
  holdsHits: boolean
  toggle: () => void
}) {
  const lines = `+${moreLines} ${moreLines === 1 ? 'line' : 'lines'}`
  return (
    <button
      type="button"
      aria-expanded={unfolded}
      tabIndex={-1}
      title={holdsHits && !unfolded ? 'They contain matches of the search' : undefined}
      onClick={(event) => {
        event.stopPropagation()
        toggle()
      }}
      className={`figures shrink-0 rounded-sm px-1.5 font-sans text-label ${holdsHits && !unfolded ? 'bg-hit text-hit-ink' : 'bg-sunken text-muted hover:text-ink'}`}
    >
      {unfolded ? 'fold' : lines}
    </button>
  )
}

import { MessageText } from '../../text/message-text.tsx'

/** The completions of the word at the caret, below the box; the focus stays in the box. */
export function SearchCompletions({
  id,
  options,
  chosen,
  choose,
}: {
  id: string
  options: readonly string[]
  /** The place of the option that Enter takes; -1 for none. */
  chosen: number
  choose: (option: string) => void
}) {
  return (
    <div
      id={id}
      role="listbox"
      aria-label="Completions"
      className="absolute top-full left-0 z-40 mt-1 grid max-w-full min-w-56 rounded-lg border border-line bg-surface p-1.5 shadow-float"
    >
      {options.map((option, at) => (
        // biome-ignore lint/a11y/useFocusableInteractive: the box has the focus and names the option
        // biome-ignore lint/a11y/useKeyWithClickEvents: the arrows and Enter are the box's
        <div
          key={option}
          id={`${id}-${at}`}
          role="option"
          aria-selected={at === chosen}
          // The box keeps the focus.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => choose(option)}
          className={`cursor-pointer truncate rounded-md px-2.5 py-1 font-mono text-small hover:bg-hover ${at === chosen ? 'bg-hover' : ''}`}
        >
          <MessageText text={option.trim()} />
        </div>
      ))}
    </div>
  )
}

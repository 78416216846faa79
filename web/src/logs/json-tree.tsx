import { copy } from '../controls/copy.ts'
import { MessageText } from '../text/message-text.tsx'

/** Deeper or longer than this starts folded. */
const OPEN_DEPTH = 2
const OPEN_ENTRIES = 20

/** `extra_data` as a tree; a click on a key copies its path. */
export function JsonTree({ value }: { value: object }) {
  return (
    <div className="rounded-md border border-line px-3 py-2 font-mono text-small">
      <Entries value={value} path="" depth={0} />
    </div>
  )
}

function Entries({ value, path, depth }: { value: object; path: string; depth: number }) {
  const entries = Object.entries(value) as [string, unknown][]
  return (
    <ul className={depth === 0 ? '' : 'ml-1 border-l border-line pl-3'}>
      {entries.map(([key, entry]) => {
        const here = Array.isArray(value) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`
        return (
          <li key={key} className="py-px">
            <Entry name={key} value={entry} path={here} depth={depth} />
          </li>
        )
      })}
    </ul>
  )
}

function Entry({ name, value, path, depth }: { name: string; value: unknown; path: string; depth: number }) {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) {
    return (
      <span className="flex flex-wrap gap-x-2">
        <Key name={name} path={path} />
        <Leaf value={value} />
      </span>
    )
  }
  const size = Object.keys(value).length
  return (
    <details open={depth < OPEN_DEPTH && size <= OPEN_ENTRIES}>
      <summary className="text-muted">
        {name} <span className="text-faint">{Array.isArray(value) ? `[${size}]` : `{${size}}`}</span>
      </summary>
      <Entries value={value} path={path} depth={depth + 1} />
    </details>
  )
}

function Key({ name, path }: { name: string; path: string }) {
  return (
    <button
      type="button"
      title={`Copy the path ${path}`}
      onClick={() => copy(path, 'the path')}
      className="text-muted hover:underline"
    >
      <MessageText text={name} />
    </button>
  )
}

function Leaf({ value }: { value: unknown }) {
  if (typeof value === 'string') {
    return (
      <span className="min-w-0 wrap-anywhere whitespace-pre-wrap">
        <MessageText text={value} />
      </span>
    )
  }
  return <span className="text-accent">{JSON.stringify(value)}</span>
}

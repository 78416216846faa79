import { Button } from '../controls/button.tsx'
import { copy } from '../controls/copy.ts'

/** A secret that is shown now and never again. */
export function ShownOnce({ text, what, done }: { text: string; what: string; done: () => void }) {
  return (
    <div className="grid gap-2 rounded-md bg-sunken px-3 py-2.5">
      <p>The {what} is shown only once. Copy it before you leave this page.</p>
      <code className="font-mono text-small break-all select-all">{text}</code>
      <div className="flex gap-2">
        <Button kind="accent" onClick={() => copy(text, `the ${what}`)}>
          Copy
        </Button>
        <Button onClick={done}>Done</Button>
      </div>
    </div>
  )
}

import { Button } from '../controls/button.tsx'
import { copy } from '../controls/copy.ts'

/** Codes that are shown now and never again. */
export function BackupCodes({ codes, done }: { codes: readonly string[]; done?: () => void }) {
  return (
    <div className="grid max-w-md gap-3 rounded-md bg-sunken px-3 py-2.5">
      <p>
        Use a backup code to sign in if you lose your phone. Each code works once. The codes are shown only
        now: keep them where you keep passwords.
      </p>
      <ul className="grid grid-cols-2 gap-x-6 gap-y-1 font-mono text-small" aria-label="Backup codes">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="flex gap-2">
        <Button kind={done ? 'accent' : 'plain'} onClick={() => copy(codes.join('\n'), 'the backup codes')}>
          Copy
        </Button>
        {done && <Button onClick={done}>Done</Button>}
      </div>
    </div>
  )
}

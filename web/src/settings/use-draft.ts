import { useState } from 'react'
import type { Settings } from 'timelapser-logs/api'
import { useSaveSettings } from '../api/use-settings.ts'
import { notify } from '../controls/notice.tsx'

/** Some of the settings while they are changed. Only changed values are sent; a refusal is shown at its field. */
export function useDraft<N extends keyof Settings>(settings: Settings, names: readonly N[]) {
  const [values, setValues] = useState<Partial<Pick<Settings, N>>>({})
  const save = useSaveSettings()
  const changed = Object.fromEntries(
    names
      .filter((name) => name in values && !isSame(values[name], settings[name]))
      .map((name) => [name, values[name]]),
  ) as Partial<Settings>
  const message = save.error?.message
  const refused = names.find((name) => message?.startsWith(name) || message?.includes(` in ${name} `))
  return {
    value: <M extends N>(name: M): Settings[M] => (values[name] ?? settings[name]) as Settings[M],
    set: <M extends N>(name: M, value: Settings[M]) => {
      setValues({ ...values, [name]: value })
      save.reset()
    },
    changed,
    isChanged: Object.keys(changed).length > 0,
    isSaving: save.isPending,
    /** The server's objection to the value of this setting. */
    problem: (name: N): string | null => (name === refused && message !== undefined ? message : null),
    /** An objection that names none of the settings. */
    otherProblem: refused === undefined ? (message ?? null) : null,
    undo: () => {
      setValues({})
      save.reset()
    },
    save: () =>
      save.mutate(changed, {
        onSuccess: () => {
          setValues({})
          notify('Settings saved')
        },
      }),
  }
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

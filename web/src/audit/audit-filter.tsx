import { type FormEvent, useState } from 'react'
import { navigate } from '../app/location.ts'
import { Button } from '../controls/button.tsx'
import { Labelled, Select, TextField } from '../controls/fields.tsx'
import { type AuditFilters, auditPath, fromField, toField } from './audit-query.ts'

const TEXTS = [
  ['actor', 'Actor', 'user anna'],
  ['action', 'Action', 'settings'],
  ['entity', 'Object', 'camera 4'],
] as const

const PERIODS = [
  ['', 'At any time'],
  ['1h', 'In the last hour'],
  ['24h', 'In the last 24 hours'],
  ['7d', 'In the last 7 days'],
  ['30d', 'In the last 30 days'],
  ['between', 'Between two times…'],
] as const

/** Kinds of things that are done; each stands for all its actions. */
const ACTIONS = ['camera', 'key', 'levels', 'link', 'logs', 'password', 'session', 'settings', 'user', 'view']

/** The filters of the entries: each exact, the action also by its beginning. */
export function AuditFilter({ filters, zone }: { filters: AuditFilters; zone: string }) {
  const [draft, setDraft] = useState(filters)
  const [period, setPeriod] = useState(filters.from || filters.to ? 'between' : (filters.range ?? ''))
  const set = (name: keyof AuditFilters, value: string | undefined) => {
    const { [name]: _, ...others } = draft
    setDraft(value ? { ...others, [name]: value } : others)
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const { range: _, from, to, ...exact } = draft
    const between = { ...(from && { from }), ...(to && { to }) }
    const time = period === 'between' ? between : period === '' ? {} : { range: period }
    navigate(auditPath({ ...exact, ...time }))
  }
  return (
    <form onSubmit={submit} className="grid grid-cols-2 items-end gap-3 lg:grid-cols-[1fr_1fr_1fr_1fr_auto]">
      {TEXTS.map(([name, label, example]) => (
        <TextField
          key={name}
          name={label}
          value={draft[name] ?? ''}
          placeholder={example}
          maxLength={200}
          list={name === 'action' ? 'audit-actions' : undefined}
          onChange={(text) => set(name, text)}
        />
      ))}
      <datalist id="audit-actions">
        {ACTIONS.map((action) => (
          <option key={action} value={action} />
        ))}
      </datalist>
      <Labelled name="When">
        <Select<string> options={PERIODS} value={period} onChange={setPeriod} />
      </Labelled>
      {period === 'between' && (
        <div className="grid grid-cols-1 gap-3 col-span-full sm:max-w-lg sm:grid-cols-2 lg:order-last">
          {(['from', 'to'] as const).map((name) => (
            <TextField
              key={name}
              name={`${name === 'from' ? 'From' : 'Until'} (${zone})`}
              type="datetime-local"
              value={toField(draft[name], zone)}
              onChange={(text) => set(name, fromField(text, zone))}
            />
          ))}
        </div>
      )}
      <div className="flex gap-2">
        <Button type="submit">Filter</Button>
        {Object.keys(filters).length > 0 && (
          <Button kind="quiet" onClick={() => navigate('/audit')}>
            Clear
          </Button>
        )}
      </div>
    </form>
  )
}

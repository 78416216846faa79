import { useQuery } from '@tanstack/react-query'
import { type ComponentProps, useEffect, useState } from 'react'
import type { Fields } from 'timelapser-logs/api'
import { request } from '../api/client.ts'
import { Choice } from '../controls/choice.tsx'
import { Captioned, Select } from '../controls/fields.tsx'
import { FIELD } from '../controls/surfaces.ts'
import { type ChartChoice, COLUMNS, countsLines, KINDS, MEASURES, type Measure } from './choice.ts'

/** Values of a field that few enough lines differ in to have a series each. */
const FEW = 200

/** The parts of a choice: the figure, its field, the groups and the form. */
export function ChartControls({
  choice,
  choose,
  filters,
}: {
  choice: ChartChoice
  choose: (part: Partial<ChartChoice>) => void
  /** The filters and the range of the lines, whose fields are offered. */
  filters: string
}) {
  const [isAsked, setAsked] = useState(!countsLines(choice.measure))
  const ask = () => setAsked(true)
  const { measure, field, by, kind } = choice
  return (
    <div className="flex flex-wrap items-end gap-x-4 gap-y-3">
      <Captioned name="Measure" className="w-52 max-sm:w-[calc(50%-0.5rem)]">
        <Select
          options={MEASURES}
          value={measure}
          onChange={(next) => {
            // A figure of lines has no field.
            choose({ measure: next, ...(countsLines(next) && { field: null }) })
            ask()
          }}
        />
      </Captioned>
      {!countsLines(measure) && (
        <Captioned name="Field" className="w-52 max-sm:w-[calc(50%-0.5rem)]">
          <NameInput
            value={field ?? ''}
            onName={(name) => choose({ field: name === '' ? null : name })}
            placeholder={measure === 'distinct' ? 'source or a field' : 'duration_ms'}
            list="chart-fields"
            onFocus={ask}
          />
        </Captioned>
      )}
      <Groups by={by} onChange={(groups) => choose({ by: groups })} onFocus={ask} />
      <Choice label="Form" values={KINDS} value={kind} onChange={(next) => choose({ kind: next })} />
      <Offered measure={measure} filters={filters} isAsked={isAsked} />
    </div>
  )
}

/** The first group, and a second one beside it. */
function Groups({
  by,
  onChange,
  onFocus,
}: {
  by: readonly string[]
  onChange: (by: string[]) => void
  onFocus: () => void
}) {
  const [first = '', second = ''] = by
  const take = (groups: string[]) =>
    onChange(groups.filter((one, index, all) => one !== '' && all.indexOf(one) === index))
  return (
    <>
      <Captioned name="By" className="w-40 max-sm:w-[calc(50%-0.5rem)]">
        <NameInput
          value={first}
          onName={(name) => take([name, second])}
          placeholder="camera_id, a field …"
          list="chart-groups"
          onFocus={onFocus}
        />
      </Captioned>
      {by.length > 0 && (
        <Captioned name="And by" className="w-40 max-sm:w-[calc(50%-0.5rem)]">
          <NameInput
            value={second}
            onName={(name) => take([first, name])}
            placeholder="nothing else"
            list="chart-groups"
            onFocus={onFocus}
          />
        </Captioned>
      )}
    </>
  )
}

/** The names that are offered for the field and for the groups. */
function Offered({ measure, filters, isAsked }: { measure: Measure; filters: string; isAsked: boolean }) {
  const fields = useFields(filters, isAsked)
  const isAnyField = measure === 'distinct' || measure === 'count'
  const few = fields.filter(({ distinct, is_distinct_cut: isCut }) => distinct <= FEW && !isCut)
  return (
    <>
      <datalist id="chart-fields">
        {measure === 'distinct' && COLUMNS.map(([name]) => <option key={name} value={name} />)}
        {fields
          .filter(({ numbers }) => isAnyField || numbers !== null)
          .map(({ field }) => (
            <option key={field} value={field} />
          ))}
      </datalist>
      <datalist id="chart-groups">
        {COLUMNS.map(([name]) => (
          <option key={name} value={name} />
        ))}
        {few.map(({ field }) => (
          <option key={field} value={field} />
        ))}
      </datalist>
    </>
  )
}

/** A name that is taken once it is written: on Enter, on leaving the field, and at a choice from the list. */
function NameInput({
  value,
  onName,
  ...rest
}: Omit<ComponentProps<'input'>, 'value' | 'onChange'> & { value: string; onName: (name: string) => void }) {
  const [text, setText] = useState(value)
  useEffect(() => setText(value), [value])
  const take = (name: string) => name.trim() !== value && onName(name.trim())
  return (
    <input
      value={text}
      maxLength={300}
      autoComplete="off"
      spellCheck={false}
      onChange={({ target, nativeEvent }) => {
        setText(target.value)
        // A choice from the list is no typing.
        const isChosen =
          !(nativeEvent instanceof InputEvent) || nativeEvent.inputType === 'insertReplacementText'
        if (isChosen) take(target.value)
      }}
      onBlur={({ target }) => take(target.value)}
      onKeyDown={({ key }) => key === 'Enter' && take(text)}
      className={FIELD}
      {...rest}
    />
  )
}

/** The fields of the newest lines. */
function useFields(filters: string, enabled: boolean): Fields['fields'] {
  const { data } = useQuery({
    queryKey: ['patterns', 'fields', filters, 'names'],
    queryFn: ({ signal }) =>
      request<Fields>(`/api/debug/fields?${filters}&limit=100&within_ms=300`, { signal }),
    enabled,
    placeholderData: (previous) => previous,
  })
  return data?.fields ?? []
}

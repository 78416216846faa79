import { useQuery } from '@tanstack/react-query'
import { type ComponentProps, useEffect, useState } from 'react'
import type { Fields } from 'timelapser-logs/api'
import { request } from '../api/client.ts'
import { Choice } from '../controls/choice.tsx'
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
  const fields = useFields(filters, isAsked)
  const { measure, field, by } = choice
  const numbers = fields.filter(({ numbers: figures }) => figures !== null)
  const named = measure === 'distinct' || measure === 'count' ? fields : numbers
  return (
    <div className="flex flex-wrap items-end gap-x-4 gap-y-3">
      <Labelled name="Measure" className="w-52 max-sm:w-[calc(50%-0.5rem)]">
        <select
          value={measure}
          onChange={({ target }) => {
            const next = MEASURES.find(([one]) => one === target.value)?.[0] ?? ('count' as Measure)
            // A figure of lines has no field.
            choose({ measure: next, ...(countsLines(next) && { field: null }) })
            ask()
          }}
          className={FIELD}
        >
          {MEASURES.map(([one, name]) => (
            <option key={one} value={one}>
              {name}
            </option>
          ))}
        </select>
      </Labelled>
      {!countsLines(measure) && (
        <Labelled name="Field" className="w-52 max-sm:w-[calc(50%-0.5rem)]">
          <NameInput
            value={field ?? ''}
            onName={(name) => choose({ field: name === '' ? null : name })}
            placeholder={measure === 'distinct' ? 'source or a field' : 'duration_ms'}
            list="chart-fields"
            onFocus={ask}
          />
        </Labelled>
      )}
      {[0, 1].map(
        (place) =>
          (place === 0 || by.length > 0) && (
            <Labelled
              key={place}
              name={place === 0 ? 'By' : 'And by'}
              className="w-40 max-sm:w-[calc(50%-0.5rem)]"
            >
              <NameInput
                value={by[place] ?? ''}
                onName={(name) =>
                  choose({
                    by: (place === 0 ? [name, by[1] ?? ''] : [by[0] ?? '', name]).filter(
                      (one, index, all) => one !== '' && all.indexOf(one) === index,
                    ),
                  })
                }
                placeholder={place === 0 ? 'camera_id, a field …' : 'nothing else'}
                list="chart-groups"
                onFocus={ask}
              />
            </Labelled>
          ),
      )}
      <Choice label="Form" values={KINDS} value={choice.kind} onChange={(kind) => choose({ kind })} />
      <datalist id="chart-fields">
        {measure === 'distinct' && COLUMNS.map(([name]) => <option key={name} value={name} />)}
        {named.map(({ field: name }) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <datalist id="chart-groups">
        {COLUMNS.map(([name]) => (
          <option key={name} value={name} />
        ))}
        {fields
          .filter(({ distinct, is_distinct_cut }) => distinct <= FEW && !is_distinct_cut)
          .map(({ field: name }) => (
            <option key={name} value={name} />
          ))}
      </datalist>
    </div>
  )
}

function Labelled({
  name,
  className,
  children,
}: {
  name: string
  className: string
  children: React.ReactNode
}) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is what it is around
    <label className={`grid max-w-full gap-1 text-small font-medium text-muted ${className}`}>
      {name}
      {children}
    </label>
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

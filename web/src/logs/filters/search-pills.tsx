import { setTerm, splitSearch } from '../search/search-terms.ts'
import { Pill } from './filter-pill.tsx'

/** The terms of the search box: a pill for each filter in it, and a pill for the rest. */
export function SearchPills({ q, setQ }: { q: string; setQ: (q: string) => void }) {
  const { fields, rest } = splitSearch(q)
  const without = () => setQ(fields.map(({ text, inverted }) => (inverted ? `-${text}` : text)).join(' '))
  return (
    <>
      {rest !== '' && <Pill name="search" value={rest} onRemove={without} />}
      {fields.map(({ text, name, value, inverted }) => (
        <Pill
          key={`${inverted} ${text}`}
          name={name}
          value={value}
          inverted={inverted}
          onInvert={() => setQ(setTerm(q, text, inverted ? 'in' : 'out'))}
          onRemove={() => setQ(setTerm(q, text, 'unset'))}
        />
      ))}
    </>
  )
}

/** The parts of an OpenAPI 3.0 document that the page shows. */
export type ApiDescription = {
  info: { title: string; description?: string }
  paths: Record<string, Partial<Record<string, Operation>>>
}

type Operation = {
  tags?: string[]
  summary?: string
  description?: string
  parameters?: Parameter[]
  requestBody?: Body
  responses: Record<string, Body>
}
type Parameter = { name: string; in: string; required?: boolean; description?: string; schema?: Schema }
type Body = { content?: Record<string, { schema?: Schema }> }
type Schema = {
  type?: string
  description?: string
  nullable?: boolean
  enum?: unknown[]
  anyOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const

/** The description of the API as a page of its own: no scripts, nothing from elsewhere. */
export function apiPage({ info, paths }: ApiDescription): string {
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item?.[method]
      return operation ? [{ path, method, operation, tag: operation.tags?.[0] ?? '' }] : []
    }),
  )
  const byTag = [...Map.groupBy(operations, ({ tag }) => tag)].sort(([a], [b]) => (a < b ? -1 : 1))
  const links = byTag.map(([tag]) => `<a href="#${html(tag)}">${html(tag)}</a>`).join(' ')
  const sections = byTag.map(
    ([tag, of]) =>
      `<h2 id="${html(tag)}">${html(tag)}</h2>\n${of
        .map(({ path, method, operation }) => operationHtml(method, path, operation))
        .join('\n')}`,
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${html(info.title)}: API</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${html(info.title)}: API</h1>
<p>${html(info.description ?? '')} The same for programs: <a href="openapi.json">/openapi.json</a>.</p>
<nav>${links}</nav>
${sections.join('\n')}
</main>
</body>
</html>
`
}

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
main { max-width: 60rem; margin: 0 auto; padding: 1rem }
h2 { margin-top: 2rem; text-transform: capitalize }
nav a { margin-right: .75rem }
details { border: 1px solid color-mix(in srgb, currentColor 20%, transparent); border-radius: 6px; margin: .4rem 0 }
summary { cursor: pointer; padding: .4rem .6rem }
details > div { padding: 0 .9rem .6rem; overflow-x: auto }
code, pre { font-family: ui-monospace, monospace; font-size: .9em }
b.method { display: inline-block; min-width: 4.5rem; font-family: ui-monospace, monospace }
table { border-collapse: collapse }
td, th { text-align: left; vertical-align: top; padding: .15rem .8rem .15rem 0 }
`

function operationHtml(method: string, path: string, operation: Operation): string {
  const { summary = '', description = '', parameters = [], requestBody, responses } = operation
  const rows = parameters.map((one) => parameterRow(one))
  const table =
    rows.length === 0
      ? ''
      : `<table><tr><th>parameter</th><th>in</th><th>type</th><th></th></tr>${rows.join('')}</table>`
  const replies = Object.entries(responses)
    .filter(([status]) => status !== 'default')
    .map(([status, one]) => `<p>Answers ${html(status)}:</p>${contentHtml(one)}`)
  const body = requestBody ? `<p>Body:</p>${contentHtml(requestBody)}` : ''
  return `<details id="${method}-${html(path)}"><summary><b class="method">${method.toUpperCase()}</b><code>${html(path)}</code> ${html(summary)}</summary>
<div><p>${html(description)}</p>${table}${body}${replies.join('')}</div></details>`
}

function parameterRow({ name, in: place, required, schema, description }: Parameter): string {
  const mark = required ? ' (needed)' : ''
  const text = description ?? schema?.description ?? ''
  return `<tr><td><code>${html(name)}</code>${mark}</td><td>${html(place)}</td><td><code>${html(shapeOf(schema, 0))}</code></td><td>${html(text)}</td></tr>`
}

function contentHtml({ content = {} }: Body): string {
  return Object.entries(content)
    .map(([type, { schema }]) => `<p><code>${html(type)}</code></p><pre>${html(shapeOf(schema, 0))}</pre>`)
    .join('')
}

/** A schema in the notation of TypeScript. */
function shapeOf(schema: Schema | undefined, depth: number): string {
  if (!schema) return 'any'
  const shape = bareShape(schema, depth)
  return schema.nullable ? `${shape} | null` : shape
}

function bareShape(schema: Schema, depth: number): string {
  const { type, properties, required = [] } = schema
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  if (schema.anyOf) return schema.anyOf.map((one) => shapeOf(one, depth)).join(' | ')
  if (type === 'array') return `${shapeOf(schema.items, depth)}[]`
  if (!properties) return type ?? 'any'
  const indent = '  '.repeat(depth + 1)
  const lines = Object.entries(properties).map(([name, one]) => {
    const mark = required.includes(name) ? '' : '?'
    return `${indent}${name}${mark}: ${shapeOf(one, depth + 1)}`
  })
  return `{\n${lines.join('\n')}\n${'  '.repeat(depth)}}`
}

function html(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

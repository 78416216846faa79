import { expect, it } from 'vitest'
import { atOnce } from '../ingest/decoded.ts'
import { bodySteps } from './ingest.ts'

it.each<[string | undefined, string, string[], number]>([
  ['application/json', '{"message":"a"}', ['a'], 0],
  ['application/x-ndjson', '{"message":"a"}\n{"message":"b"}', ['a', 'b'], 0],
  ['application/x-www-form-urlencoded', '[{"message":"a"}]', ['a'], 0],
  ['application/x-www-form-urlencoded', '[error] a\nb', ['[error] a', 'b'], 0],
  ['application/octet-stream', '[error] a\nb', ['[error] a', 'b'], 0],
  ['application/octet-stream', '{"message":"a"}', ['a'], 0],
  [undefined, 'plain', [], 1],
  ['application/json', 'plain', [], 1],
  ['text/plain', 'plain\nlines', ['plain', 'lines'], 0],
  ['text/plain; charset=utf-8', '\uFEFF {"message":"a"}', ['a'], 0],
  ['text/plain', '[{"message":"a"}]', ['a'], 0],
  ['text/plain', '[error] a\n[notice] b', ['[error] a', '[notice] b'], 0],
  ['text/plain', '', [], 0],
])('%s: %j', (contentType, body, messages, rejected) => {
  const decoded = atOnce(bodySteps(Buffer.from(body), contentType, { now: '2025-06-01T12:00:00Z' }))
  expect(decoded.records.map(({ message }) => message)).toEqual(messages)
  expect(decoded.rejectedCount).toBe(rejected)
})

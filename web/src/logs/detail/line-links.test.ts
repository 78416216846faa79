import type { LogRow } from 'timelapser-logs/api'
import { expect, it } from 'vitest'
import { lineLinks } from './line-links.ts'

const LOG: LogRow = {
  ...{ id: 7, level: 'ERROR', message: 'a b&c=d#e', timestamp: '2026-11-30T10:00:00.123456Z' },
  ...{ camera_id: 3, camera_name: 'Tor/Süd', source: 'api', logger_name: null },
  extra_data: { request_id: 'r 1', user: { id: 5 }, up: '..', list: [1], half: '\ud800' },
}

it.each([
  [
    'https://app.example/cameras/{camera_id}?at={timestamp}',
    'https://app.example/cameras/3?at=2026-11-30T10%3A00%3A00.123456Z',
  ],
  ['https://app.example/{camera_name}#{message}', 'https://app.example/Tor%2FS%C3%BCd#a%20b%26c%3Dd%23e'],
  ['https://app.example/{extra_data.request_id}/{extra_data.user.id}', 'https://app.example/r%201/5'],
  ['https://app.example/{extra_data.half}', 'https://app.example/%EF%BF%BD'],
  ['https://app.example/loggers/{logger_name}', null],
  ['https://app.example/{extra_data.none}', null],
  ['https://app.example/{extra_data.list}', null],
  ['https://app.example/{extra_data.constructor}', null],
  ['https://app.example/a/{extra_data.up}/admin', null],
  ['javascript:alert({id})', null],
])('%s', (template, url) => {
  expect(lineLinks(LOG, { Open: template })).toEqual(url === null ? [] : [{ name: 'Open', url }])
})

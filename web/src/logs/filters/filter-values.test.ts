import { describe, expect, it } from 'vitest'
import { DEFAULT_VIEW } from '../view.ts'
import { setValue, stateOf } from './filter-values.ts'

describe('values of a filter', () => {
  it('are added beside the others, once', () => {
    const filters = { ...DEFAULT_VIEW, source: ['api'] }
    expect(setValue(filters, 'source', 'worker', 'in').source).toEqual(['api', 'worker'])
    expect(setValue(filters, 'source', 'api', 'in').source).toEqual(['api'])
  })

  it('move to the opposite and back', () => {
    const out = {
      ...DEFAULT_VIEW,
      ...setValue({ ...DEFAULT_VIEW, camera_id: [3, 4] }, 'camera_id', 3, 'out'),
    }
    expect(out).toMatchObject({ camera_id: [4], exclude_camera_id: [3] })
    expect(stateOf(out, 'camera_id', 3)).toBe('out')
    expect(setValue(out, 'camera_id', 3, 'in')).toEqual({ camera_id: [4, 3], exclude_camera_id: [] })
  })

  it('of the level replace “and above”', () => {
    const filters = { ...DEFAULT_VIEW, min_level: 'WARNING' as const }
    expect(setValue(filters, 'level', 'INFO', 'in')).toMatchObject({ level: ['INFO'], min_level: null })
  })

  it('of loggers and requests are left out by the search', () => {
    const out = {
      ...DEFAULT_VIEW,
      q: 'RTSP',
      ...setValue({ ...DEFAULT_VIEW, q: 'RTSP' }, 'logger_name', 'my app', 'out'),
    }
    expect(out).toMatchObject({ logger_name: [], q: 'RTSP -logger:"my app"' })
    expect(stateOf(out, 'logger_name', 'my app')).toBe('out')
    expect(setValue(out, 'logger_name', 'my app', 'in')).toEqual({ logger_name: ['my app'], q: 'RTSP' })
    const only = { ...DEFAULT_VIEW, request_id: 'r-1' }
    expect(stateOf(only, 'request_id', 'r-1')).toBe('in')
    expect(setValue(only, 'request_id', 'r-1', 'out')).toEqual({ request_id: null, q: '-request_id:r-1' })
  })
})

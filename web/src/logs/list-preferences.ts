import { createPreference } from '../app/preference.ts'

export const wrapPreference = createPreference('wrap', ['cut', 'wrap'] as const, 'cut')
export const densityPreference = createPreference('density', ['compact', 'roomy'] as const, 'compact')
export const facetsPreference = createPreference('facets', ['shown', 'hidden'] as const, 'shown')

/** Lines shown before and after one. */
export const SIDES = ['5', '10', '20', '50', '100'] as const
export const surroundingsPreference = createPreference('surroundings', SIDES, '10')

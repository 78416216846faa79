import { createPreference } from '../app/preference.ts'

export const wrapPreference = createPreference('wrap', ['cut', 'wrap'] as const, 'cut')
export const densityPreference = createPreference('density', ['compact', 'roomy'] as const, 'compact')
export const facetsPreference = createPreference('facets', ['shown', 'hidden'] as const, 'shown')

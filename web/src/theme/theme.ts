import { createPreference } from '../app/preference.ts'

/** The key and the class are also those of public/theme.js, which sets the theme before the first paint. */
export const themePreference = createPreference('theme', ['dark', 'light', 'system'] as const, 'system')

const systemDark = window.matchMedia('(prefers-color-scheme: dark)')

function apply(): void {
  const choice = themePreference.get()
  const dark = choice === 'dark' || (choice === 'system' && systemDark.matches)
  document.documentElement.classList.toggle('dark', dark)
}

themePreference.subscribe(apply)
systemDark.addEventListener('change', apply)

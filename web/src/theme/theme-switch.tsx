import { Monitor, Moon, Sun } from 'lucide-react'
import { createPreference, usePreference } from '../app/preference.ts'
import { IconButton } from '../controls/button.tsx'

/** The key and the class are also those of public/theme.js, which sets the theme before the first paint. */
const themePreference = createPreference('theme', ['dark', 'light', 'system'] as const, 'system')

const systemDark = window.matchMedia('(prefers-color-scheme: dark)')

function apply(): void {
  const choice = themePreference.get()
  const dark = choice === 'dark' || (choice === 'system' && systemDark.matches)
  document.documentElement.classList.toggle('dark', dark)
}

themePreference.subscribe(apply)
systemDark.addEventListener('change', apply)

const NEXT = { dark: 'light', light: 'system', system: 'dark' } as const
const NAME = { dark: 'dark', light: 'light', system: 'system' } as const
const ICON = { dark: Moon, light: Sun, system: Monitor } as const

export function ThemeSwitch() {
  const [theme, setTheme] = usePreference(themePreference)
  const Icon = ICON[theme]
  return (
    <IconButton
      label={`Theme: ${NAME[theme]}. Change to ${NAME[NEXT[theme]]}`}
      onClick={() => setTheme(NEXT[theme])}
    >
      <Icon size={16} aria-hidden />
    </IconButton>
  )
}

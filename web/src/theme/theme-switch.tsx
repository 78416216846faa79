import { Monitor, Moon, Sun } from 'lucide-react'
import { usePreference } from '../app/preference.ts'
import { IconButton } from '../controls/button.tsx'
import { themePreference } from './theme.ts'

const NEXT = { dark: 'light', light: 'system', system: 'dark' } as const
const NAME = { dark: 'dark', light: 'light', system: 'as the system' } as const
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

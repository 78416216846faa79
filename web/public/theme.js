// Runs before the first paint, so that the page never flashes in the wrong theme. A file of its own because the
// content security policy allows no inline script. The keys and classes are those of src/theme/theme.ts.
;(() => {
  let choice = null
  try {
    choice = localStorage.getItem('timelapser.theme')
  } catch {
    // Storage is off: follow the system.
  }
  const dark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.classList.toggle('dark', dark)
})()

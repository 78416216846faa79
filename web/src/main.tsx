import { QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { queryClient } from './api/query-client.ts'
import { App } from './app/app.tsx'
import { ErrorBoundary } from './app/error-boundary.tsx'
import './styles.css'
import './media.css'

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
const page = createRoot(root)

// A newer version of the server has other files: a page that was open meanwhile finds its own no more. Once a minute at
// most, or a file that is missing for another reason would have it load for ever.
addEventListener('vite:preloadError', (event) => {
  if (Date.now() - Number(sessionStorage.getItem('reloaded-at')) < 60_000) return
  sessionStorage.setItem('reloaded-at', String(Date.now()))
  event.preventDefault()
  // The part that was asked for is undefined from here on, and would be rendered as a defect until the page is gone.
  page.unmount()
  location.reload()
})

page.render(
  <StrictMode>
    <ErrorBoundary>
      <QueryClientProvider client={queryClient}>
        <App />
      </QueryClientProvider>
    </ErrorBoundary>
  </StrictMode>,
)

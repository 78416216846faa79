// Writes docs/errors.md from the catalogue: node scripts/run.mjs scripts/write-errors-doc.ts
import { writeFileSync } from 'node:fs'
import { ERRORS } from '../server/src/service/app-error.ts'

const rows = Object.entries(ERRORS).map(([code, { status, when }]) => `| \`${code}\` | ${status} | ${when} |`)
const text = `# Errors

Every error is answered as

\`\`\`json
{ "success": false, "message": "…", "status_code": 400, "code": "INVALID_LEVEL", "request_id": "…" }
\`\`\`

\`message\` is a sentence for people: what failed, with the value, and what to do. \`code\` is for programs. The request
id is also in the header \`x-request-id\`, and finds the server's own log line of an \`INTERNAL\` one.

| code | status | when |
|---|---|---|
${rows.join('\n')}
`
writeFileSync(new URL('../docs/errors.md', import.meta.url), text)

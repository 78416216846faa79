// Writes docs/errors.md from the catalogue: node scripts/run.mjs scripts/write-errors-doc.ts
import { writeFileSync } from 'node:fs'
import { ERRORS } from '../server/src/service/app-error.ts'

const rows = Object.entries(ERRORS).map(([code, { status, when }]) => `| \`${code}\` | ${status} | ${when} |`)
const text = `# Errors

Every error reply has this form:

\`\`\`json
{ "success": false, "message": "…", "status_code": 400, "code": "INVALID_LEVEL", "request_id": "…" }
\`\`\`

\`message\` is for people: it describes the failure, with the value, and the remedy. \`code\` is for programs. The request id
is also in the header \`x-request-id\`; use it to find the server's log line of an \`INTERNAL\` error.

| code | status | when |
|---|---|---|
${rows.join('\n')}
`
writeFileSync(new URL('../docs/errors.md', import.meta.url), text)

// Loaded before anything else of `npm start` and `npm test`: `node -r ./scripts/check-node.cjs …`.
'use strict'

require('../server/bin/check-node.cjs').checkToInstall()

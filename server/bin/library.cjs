// What `require('timelapser-logs')` loads, as library.mjs does for imports.
'use strict'

require('./check-node.cjs').checkToImport()
module.exports = require('../dist/index.js')

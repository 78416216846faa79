// `require('timelapser-logs')` loads this file, `import` loads library.mjs.
'use strict'

require('./check-node.cjs').checkToImport()
module.exports = require('../dist/index.js')

// Ends the program with a sentence where Node is too old. In a syntax of 2016: a Node that is too old has to read it.
'use strict'

/** Machines for which the workspace installs a Node of its own; that Node then runs everything but npm. */
const WITH_OWN_NODE = ['linux-x64', 'linux-arm64', 'win32-x64']
/**
 * The Node that the build tools in the workspace need: npm leaves out their programs when the Node that runs npm is
 * older.
 */
const TO_INSTALL = [
  [20, 19],
  [22, 12],
]
/** The Node that the server needs. */
const TO_RUN = [[22, 18]]

/** Whether the version is one of these minor versions or later, or of a later major version. */
function isEnough(version, minimums) {
  const [major, minor] = version.split('.').map(Number)
  if (major > minimums[minimums.length - 1][0]) return true
  return minimums.some((minimum) => major === minimum[0] && minor >= minimum[1])
}

/** Says that this Node is too old; undefined when it is not. */
function problem(minimums) {
  const version = process.versions.node
  if (isEnough(version, minimums)) return undefined
  const names = minimums.map((minimum) => minimum.join('.')).join(', ')
  return `Node ${version} is too old: Timelapser Logs needs Node ${names} or newer. Install Node 24 from https://nodejs.org and start again.`
}

function check(minimums, remark) {
  const sentence = problem(minimums)
  if (sentence === undefined) return
  console.error(sentence + remark)
  process.exit(1)
}

/** For a package that was installed from a registry or a file. */
exports.checkToRun = () => check(TO_RUN, '')

/** For an application that imports the package, which is not ours to end. */
exports.checkToImport = () => {
  const sentence = problem(TO_RUN)
  if (sentence !== undefined) throw new Error(sentence)
}

/** For a checkout, before anything is installed. */
exports.checkToInstall = () => check(exports.hasOwnNode() ? TO_INSTALL : TO_RUN, ' Nothing was installed.')

/** Whether the packages bring a Node for this machine; the Linux ones are built for glibc. */
exports.hasOwnNode = () =>
  WITH_OWN_NODE.indexOf(`${process.platform}-${process.arch}`) >= 0 && exports.libc() !== 'musl'

/** Whether this Node can run the server. */
exports.canRun = () => isEnough(process.versions.node, TO_RUN)

/** The C library on Linux, `glibc` or `musl`; `none` elsewhere. */
exports.libc = () => {
  if (process.platform !== 'linux') return 'none'
  // Older ones, which have no report, were built for glibc alone.
  if (!process.report) return 'glibc'
  process.report.excludeNetwork = true
  let report = process.report.getReport()
  // Node 12 writes it as text.
  if (typeof report === 'string') report = JSON.parse(report)
  return report.header.glibcVersionRuntime ? 'glibc' : 'musl'
}

'use strict'
// Runs cucumber-js through its public API, and tells its owner in lines what happens: Cucumber Messages as they come, and
// what messages cannot say under the key `maestro`. After a scenario that did not pass it waits until the owner wants the next, so
// that it never runs ahead of a stop or a further attempt. When it has discovered the scenarios it waits for the choice of those to
// run: starting Node and loading cucumber-js is most of what a short suite costs.
const fs = require('node:fs')
const path = require('node:path')
const { createRequire } = require('node:module')

// Ctrl-C would end Node at once. The owner hangs up instead, which is seen after the scenario that runs, and hooks are run.
process.on('SIGINT', () => {})

const spec = JSON.parse(process.env.MAESTRO_CUCUMBER)
delete process.env.MAESTRO_CUCUMBER
const up = /^\d+$/.test(spec.target) ? Number(spec.target) : fs.openSync(spec.target, 'a')
const NOT_TOLD = new Set(['meta', 'source', 'stepDefinition', 'parameterType', 'testStepStarted', 'testRunStarted'])

function tell(data) {
  let left = Buffer.from(JSON.stringify(data) + '\n')
  while (left.length) left = left.subarray(fs.writeSync(up, left))
}

// The API takes a file and profiles apart from the other arguments.
function splitArguments() {
  const taken = { '-c': 'file', '--config': 'file', '-p': 'profiles', '--profile': 'profiles' }
  const found = { file: undefined, profiles: [], provided: [] }
  for (let at = 0; at < spec.args.length; at++) {
    const [name, attached] = spec.args[at].split(/=(.*)/s)
    if (!(name in taken)) {
      found.provided.push(spec.args[at])
      continue
    }
    const value = attached ?? spec.args[++at]
    if (taken[name] === 'file') found.file = value
    else found.profiles.push(value)
  }
  return found
}

async function discover(api, run) {
  // This file is loaded already and defines nothing: discovery needs no support code, which may be slow or broken.
  const support = { requireModules: [], requirePaths: [__filename], importPaths: [], loaders: [] }
  let hasParseErrors = false
  await api.runCucumber(
    {
      ...run,
      support,
      runtime: { ...run.runtime, dryRun: true, parallel: 0, retry: 0 },
      formats: { stdout: 'rerun', files: {}, publish: false, options: {} }
    },
    {},
    (envelope) => {
      hasParseErrors ||= 'parseError' in envelope
      if ('gherkinDocument' in envelope || 'pickle' in envelope || 'parseError' in envelope || 'testCase' in envelope) tell(envelope)
    }
  )
  // cucumber-js chooses nothing when a file cannot be parsed.
  if (hasParseErrors) {
    const { plan } = await api.loadSources(run.sources)
    tell({ maestro: { plan: plan.map(({ uri, location }) => [uri, location.line]) } })
  }
}

async function execute(api, run) {
  // Loaded for the whole suite, also when only a part of it runs.
  const support = await api.loadSupport(run)
  const paths = spec.chosen.flatMap(([uri, lines]) => [...found(uri), [uri, ...lines].join(':')])
  const sources = { ...run.sources, paths, names: [], tagExpression: '', shard: undefined }
  const isBad = new Set()
  tell({ maestro: { strict: run.runtime.strict } })
  await api.runCucumber({ ...run, sources, support }, {}, (envelope) => {
    // The owner may be gone: then no further scenario runs, but the hooks after all do. cucumber-js reads this option anew for each.
    if ('testRunHookStarted' in envelope) run.runtime.dryRun = false
    if (!NOT_TOLD.has(Object.keys(envelope)[0])) tell(envelope)
    const { testStepFinished: step, testCaseFinished: end } = envelope
    if (step && !['PASSED', 'SKIPPED'].includes(step.testStepResult.status)) isBad.add(step.testCaseStartedId)
    if (spec.down === null || !end || end.willBeRetried || run.runtime.dryRun) return
    if (isOwnerGone(isBad.has(end.testCaseStartedId))) run.runtime.dryRun = true
  })
}

// cucumber-js takes each path for a glob to find files by, and for itself to choose lines by: `a[1].feature` finds no file.
function found(uri) {
  return /[?*()[\]{}]/.test(uri) ? [uri.replace(/[?*()[\]]/g, '[$&]').replace(/[{}]/g, '?')] : []
}

// What to run after all, and the file for the output of that; null when the owner wants nothing more.
async function hearChoice() {
  if (spec.down === null) return null
  const piece = Buffer.alloc(65536)
  const told = []
  for (;;) {
    const size = readAnswer(piece)
    if (size === 0) return null
    if (size === null) await new Promise((go) => setTimeout(go, 2))
    else told.push(Buffer.from(piece.subarray(0, size)))
    if (size && piece[size - 1] === 10) return JSON.parse(Buffer.concat(told).toString())
  }
}

// The lowest free number is given to a file that is opened: what writes to 1 and 2 writes there from now on.
function writeOutputTo(path) {
  for (const descriptor of [1, 2]) {
    fs.closeSync(descriptor)
    fs.openSync(path, 'a')
  }
}

// How many bytes came: 0 at the end of file, null when there are none yet.
function readAnswer(into) {
  try {
    return fs.readSync(spec.down, into)
  } catch (error) {
    if (error.code !== 'EAGAIN') throw error
    return null
  }
}

// Whether there is an end of file instead of an answer; with `waits` it waits for one of the two.
function isOwnerGone(waits) {
  const answer = Buffer.alloc(1)
  for (;;) {
    const size = readAnswer(answer)
    if (size !== null) return size === 0
    if (!waits) return false
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
  }
}

async function main() {
  const api = createRequire(path.join(process.cwd(), 'package.json'))('@cucumber/cucumber/api')
  const { runConfiguration: run } = await api.loadConfiguration(splitArguments())
  if (spec.paths.length) run.sources.paths = spec.paths
  if (spec.chosen === null) {
    await discover(api, run)
    tell({ maestro: { closed: true } })
    const choice = await hearChoice()
    if (choice === null) return
    spec.chosen = choice.chosen
    writeOutputTo(choice.log)
  }
  await execute(api, run)
  tell({ maestro: { closed: true } })
}

if (require.main === module) {
  main().then(
    () => process.exit(0),
    (error) => {
      const cause = error?.cause ?? error
      console.error(error)
      tell({ maestro: { broken: { type: cause?.name ?? 'Error', message: String(error?.message ?? error), trace: String(cause?.stack ?? '') } } })
      process.exit(1)
    }
  )
}

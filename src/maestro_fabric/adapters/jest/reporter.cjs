// Tells pytest-maestro, line by line in JSON, what Jest does (see maestro_fabric/adapters/node/messages.py).
// Only what Jest itself brings is used; nothing is written to standard output, which belongs to the tests.

'use strict';

const fs = require('fs');

const ASSERTION = /^\s*(\w*Error: )?(expect[.(]|assert[.(\w])|^\s*(JestAssertionError|AssertionError)/;

class MaestroReporter {
  constructor(globalConfig) {
    const target = process.env.MAESTRO_STREAM;
    this.out = /^\d+$/.test(target) ? Number(target) : fs.openSync(target, 'a');
    // A file may belong to several projects; their names then tell its tests apart.
    this.hasProjects = (globalConfig.projects || []).length > 1;
  }

  onRunStart(results) {
    this.tell({ kind: 'RunBegan', runs: results.numTotalTestSuites });
  }

  onTestFileStart(test) {
    this.tell({ kind: 'FileBegan', file: test.path });
  }

  onTestCaseStart(test, info) {
    this.tell({ kind: 'TestBegan', file: test.path, titles: [...info.ancestorTitles, info.title] });
  }

  onTestCaseResult(test, result) {
    this.tell({ kind: 'TestTried', file: test.path, test: this.describe(test, result) });
  }

  onTestFileResult(test, result) {
    const { start, end } = result.perfStats || {};
    this.tell({
      kind: 'FileEnded',
      file: test.path,
      error: result.testExecError ? result.failureMessage || result.testExecError.message || 'Jest gives no reason' : '',
      seconds: end > start ? (end - start) / 1000 : 0,
      output: (result.console || []).map((entry) => `${entry.type}: ${entry.message}`).join('\n'),
      obsolete: result.snapshot && result.snapshot.unchecked ? result.snapshot.uncheckedKeys || [] : [],
      tests: result.testResults.map((each) => this.describe(test, each)),
    });
  }

  onRunComplete() {
    this.tell({ kind: 'RunEnded', errors: [] });
  }

  describe(test, result) {
    const started = result.startedAt || result.startAt;
    const name = test.context.config.displayName;
    return {
      titles: [...result.ancestorTitles, result.title],
      project: this.hasProjects && name ? name.name || String(name) : '',
      status: { passed: 'passed', failed: 'failed', todo: 'todo' }[result.status] || 'skipped',
      seconds: (result.duration || 0) / 1000,
      started_at: started ? started / 1000 : null,
      line: result.location ? result.location.line : null,
      column: result.location ? result.location.column : null,
      number: result.invocations || 1,
      failures: (result.failureMessages || []).map((text, index) => {
        const details = (result.failureDetails || [])[index] || {};
        return { text, is_assertion: Boolean(details.matcherResult) || ASSERTION.test(text) };
      }),
    };
  }

  tell(message) {
    fs.writeSync(this.out, JSON.stringify(message) + '\n');
  }
}

module.exports = MaestroReporter;

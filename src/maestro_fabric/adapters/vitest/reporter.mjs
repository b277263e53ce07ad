// Tells pytest-maestro, line by line in JSON, what Vitest does (see maestro_fabric/adapters/node/messages.py).
// Nothing is written to standard output, which belongs to the tests.

import fs from 'node:fs';

const ASSERTION_NAMES = new Set(['AssertionError', 'JestAssertionError']);

export default class MaestroReporter {
  constructor() {
    const target = process.env.MAESTRO_STREAM;
    this.out = /^\d+$/.test(target) ? Number(target) : fs.openSync(target, 'a');
    this.logs = new Map();
    this.hasProjects = false;
  }

  onInit(vitest) {
    this.hasProjects = vitest.projects.length > 1;
  }

  onTestRunStart(specifications) {
    this.tell({ kind: 'RunBegan', runs: specifications.length });
  }

  // A worker begins with the file: it is not loaded yet.
  onTestModuleQueued(module) {
    this.logs.set(module.id, []);
    this.tell({ kind: 'FileBegan', file: module.moduleId });
  }

  onUserConsoleLog(log) {
    // A task's id begins with that of its module.
    for (const [id, lines] of this.logs) {
      if (log.taskId === id || (log.taskId || '').startsWith(`${id}_`)) lines.push(log.content.trimEnd());
    }
  }

  onTestCaseReady(test) {
    this.tell({ kind: 'TestBegan', file: test.module.moduleId, titles: titlesOf(test) });
  }

  onTestCaseResult(test) {
    this.tell({ kind: 'TestTried', file: test.module.moduleId, test: this.describe(test) });
  }

  onTestModuleEnd(module) {
    const tests = [...module.children.allTests()];
    const told = new Set(tests.filter(wasPrevented).flatMap(hookErrorsOf));
    const own = [module, ...module.children.allSuites()].flatMap((each) => each.errors()).filter((error) => !told.has(error));
    this.tell({
      kind: 'FileEnded',
      file: module.moduleId,
      error: own.map((error) => textOf(error)).join('\n\n'),
      seconds: (module.diagnostic().duration + module.diagnostic().collectDuration) / 1000,
      output: (this.logs.get(module.id) || []).join('\n'),
      tests: tests.map((test) => this.describe(test)),
    });
  }

  onTestRunEnd(modules, errors) {
    this.tell({ kind: 'RunEnded', errors: errors.map((error) => textOf(error) + (error.VITEST_TEST_PATH ? `\nwhile ${error.VITEST_TEST_PATH} ran` : '')) });
  }

  describe(test) {
    const result = test.result();
    const prevented = wasPrevented(test) ? hookErrorsOf(test) : [];
    const state = prevented.length ? 'failed' : result.state;
    const errors = prevented.length ? prevented : result.errors || [];
    const diagnostic = test.diagnostic() || {};
    const tries = (diagnostic.retryCount || 0) + 1;
    const failures = errors.map((error) => ({ text: textOf(error), is_assertion: ASSERTION_NAMES.has(error.name) }));
    const isTodo = test.options.mode === 'todo';
    // The errors of all tries come in one list, the first try's first.
    const earlier = failures.slice(0, tries - 1);
    return {
      titles: titlesOf(test),
      project: this.hasProjects ? test.project.name : '',
      status: state === 'passed' || state === 'failed' ? state : isTodo ? 'todo' : 'skipped',
      seconds: (diagnostic.duration || 0) / 1000,
      started_at: diagnostic.startTime ? diagnostic.startTime / 1000 : null,
      line: test.location ? test.location.line : null,
      column: test.location ? test.location.column : null,
      number: tries,
      earlier,
      failures: state === 'failed' ? failures.slice(earlier.length) : [],
      reason: result.note || '',
    };
  }

  tell(message) {
    fs.writeSync(this.out, JSON.stringify(message) + '\n');
  }
}

// A test below a set-up that failed is only skipped, says Vitest; it could not be judged.
function wasPrevented(test) {
  return test.result().state === 'skipped' && test.options.mode === 'run' && !test.diagnostic();
}

function hookErrorsOf(test) {
  const errors = [];
  for (let each = test.parent; each; each = each.parent) errors.push(...each.errors());
  return errors;
}

function titlesOf(test) {
  const titles = [];
  for (let each = test; each.type !== 'module'; each = each.parent) titles.unshift(each.name);
  return titles;
}

function textOf(error) {
  const heading = `${error.name || 'Error'}: ${error.message || ''}`;
  const diff = error.diff ? `\n\n${error.diff}` : '';
  const frames = (error.stacks || []).map((frame) => `    at ${frame.method || '<anonymous>'} (${frame.file}:${frame.line}:${frame.column})`);
  return [heading + diff, ...frames].join('\n');
}

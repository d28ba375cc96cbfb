import { takeCoverage } from 'node:v8'
import { afterAll } from 'vitest'

// Vitest ends its worker processes without the exit at which Node would write this thread's coverage.
if (process.env['NODE_V8_COVERAGE'] !== undefined) afterAll(() => takeCoverage())

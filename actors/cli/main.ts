#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { runProgram } from './program.ts'

/** Seen from dist/actors/cli. */
const manifest = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

// `2>&1 | head`: nobody reads what is wrong, which is no reason to fail otherwise than it would have.
process.stderr.on('error', () => {})
process.exitCode = await runProgram(process.argv.slice(2), process, manifest.version)

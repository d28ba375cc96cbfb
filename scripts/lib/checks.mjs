import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand, runNpm, runTool } from './command.mjs'

/** What can be said about the project without running it. Each answers { code, text }; code 0 is good. */
export const checks = {
  types: () => runTool('typescript/bin/tsc', ['--noEmit', '-p', 'tsconfig.json'], collect),
  format: async () => biome(['check', '--error-on-warnings', '--max-diagnostics=50', ...(await trackedSources())]),
  lint: async () => runTool('oxlint/bin/oxlint', ['--deny-warnings', ...(await trackedSources('ts', 'mjs'))], collect),
  'dead-code': () => runTool('knip/bin/knip.js', ['--include', KNIP_ISSUES, '--no-config-hints'], collect),
  package: checkPackage,
}

export const biome = (args) => runTool('@biomejs/biome/bin/biome', args, collect)

const collect = { output: 'collect' }
const KNIP_ISSUES = 'files,dependencies,unlisted,unresolved'
/** Of TypeScript's ways to resolve an import, those that a package without CommonJS does not serve. */
const OTHER_RESOLUTIONS = ['node10', 'node16-cjs']
/** What biome formats. */
const SOURCE_EXTENSIONS = ['ts', 'mjs', 'json']

/** The project's own files of these kinds, known to git; everything ('.') where there is no repository. */
export async function trackedSources(...extensions) {
  const patterns = (extensions.length > 0 ? extensions : SOURCE_EXTENSIONS).map((extension) => `*.${extension}`)
  const { code, text } = await runCommand('git', ['ls-files', '-z', '--', ...patterns], collect)
  if (code !== 0) return ['.']
  return text.split('\0').filter((path) => path !== '' && path !== 'package-lock.json')
}

/** Packs what would be published, and has two tools look at how Node and TypeScript will find it. */
async function checkPackage() {
  const folder = mkdtempSync(join(tmpdir(), 'troupe-package-'))
  try {
    const packed = await runNpm(['pack', '--ignore-scripts', '--json', '--pack-destination', folder], collect)
    if (packed.code !== 0) return packed
    const tarball = join(folder, packed.text.match(/"filename": "([^"]+\.tgz)"/)[1])
    const publint = await runTool('publint/src/cli.js', ['run', tarball, '--strict'], collect)
    const types = await problemsOfTypes(tarball, join(folder, 'types.json'))
    return { code: publint.code || types.length, text: `${publint.text}\n${types.join('\n')}` }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * What TypeScript would stumble over, as it resolves imports from ES modules. The exit code of the tool also counts what
 * its oldest kind of resolution meets inside of a file, even where that kind is ignored. It ends before a pipe has taken all that
 * it says: it is given a file.
 */
async function problemsOfTypes(tarball, file) {
  const args = [tarball, '--profile', 'esm-only', '--no-definitely-typed', '--format', 'json']
  const output = openSync(file, 'w')
  await runTool('@arethetypeswrong/cli/dist/index.js', args, { output })
  closeSync(output)
  const text = readFileSync(file, 'utf8')
  const problems = JSON.parse(text.slice(text.indexOf('{'))).analysis?.problems
  if (problems === undefined) return ['the package has no types']
  const isOurs = ({ resolutionKind, resolutionOption }) =>
    !OTHER_RESOLUTIONS.includes(resolutionKind ?? resolutionOption)
  return problems.filter(isOurs).map((problem) => JSON.stringify({ ...problem, trace: undefined }))
}

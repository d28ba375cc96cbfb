import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand, runNpm, runTool } from './command.mjs'
import { root } from './root.mjs'

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
const KNIP_ISSUES = 'files,dependencies,unlisted,unresolved,duplicates'
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
    const attwArgs = [tarball, '--profile', 'esm-only', '--no-color', '--no-emoji', '--no-definitely-typed']
    const attw = await runTool('@arethetypeswrong/cli/dist/index.js', attwArgs, collect)
    return { code: publint.code || attw.code, text: `${publint.text}\n${attw.text}`.replaceAll(root, '.') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

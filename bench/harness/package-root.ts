import { existsSync } from 'node:fs'

/** The folder of package.json: two above this file in the sources, three when built. */
export const packageRoot = findRoot(new URL('..', import.meta.url))

function findRoot(from: URL): URL {
  if (existsSync(new URL('package.json', from))) return from
  const above = new URL('..', from)
  if (above.href === from.href) throw new Error('no package.json above the benches')
  return findRoot(above)
}

/** The address of a module beside another one, whether both are sources or built. */
export function siblingModule(name: string, beside: string): string {
  const extension = beside.endsWith('.ts') ? 'ts' : 'js'
  return new URL(`./${name}.${extension}`, beside).href
}

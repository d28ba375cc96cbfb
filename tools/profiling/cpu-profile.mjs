/** Frames that are no code of anybody's. */
const IDLE = new Set(['(idle)', '(program)', '(root)'])

/**
 * A CPU profile as V8 writes it, as a tree: { name, where, selfMs, totalMs, children }, calls of the same function from the
 * same place put together, the largest first.
 */
export function callTree(profile) {
  const nodes = new Map(profile.nodes.map((node) => [node.id, { ...node, selfMs: 0 }]))
  for (const [n, id] of profile.samples.entries()) nodes.get(id).selfMs += profile.timeDeltas[n] / 1_000
  const grow = (node) => {
    const children = merged((node.children ?? []).map((id) => grow(nodes.get(id))))
    const totalMs = children.reduce((sum, child) => sum + child.totalMs, node.selfMs)
    const { functionName, url, lineNumber } = node.callFrame
    return {
      name: functionName || '(anonymous)',
      where: place(url, lineNumber),
      selfMs: node.selfMs,
      totalMs,
      children,
    }
  }
  return grow(nodes.get(profile.nodes[0].id))
}

/** Milliseconds in code, that is neither asleep nor outside of JavaScript. */
export function busyMs(tree) {
  let sum = 0
  visit(tree, (node) => {
    if (!IDLE.has(node.name)) sum += node.selfMs
  })
  return sum
}

/** Functions by the time they took themselves, largest first. */
export function hottest(tree, count) {
  const byFunction = new Map()
  visit(tree, (node) => {
    if (IDLE.has(node.name)) return
    const key = `${node.name} ${node.where}`
    const known = byFunction.get(key) ?? { name: node.name, where: node.where, selfMs: 0 }
    known.selfMs += node.selfMs
    byFunction.set(key, known)
  })
  return [...byFunction.values()].sort((a, b) => b.selfMs - a.selfMs).slice(0, count)
}

/** Handlers of actors by the time that they and all they called took, largest first. `isHandler` judges a name and place. */
export function handlers(tree, isHandler) {
  const byName = new Map()
  visit(tree, (node) => {
    if (isHandler(node)) byName.set(node.name, (byName.get(node.name) ?? 0) + node.totalMs)
  })
  return [...byName].map(([name, totalMs]) => ({ name, totalMs })).sort((a, b) => b.totalMs - a.totalMs)
}

/** What `handler-names.mjs` makes has a dot in its name and no file: it was made from text. */
export function isHandler({ name, where }) {
  return where === '' && /^[\w.-]+\.\w+$/.test(name)
}

function visit(node, look) {
  look(node)
  for (const child of node.children) visit(child, look)
}

function merged(nodes) {
  const byFunction = new Map()
  for (const node of nodes) {
    const key = `${node.name} ${node.where}`
    const same = byFunction.get(key)
    if (same === undefined) byFunction.set(key, node)
    else {
      same.selfMs += node.selfMs
      same.totalMs += node.totalMs
      same.children = merged([...same.children, ...node.children])
    }
  }
  return [...byFunction.values()].sort((a, b) => b.totalMs - a.totalMs)
}

function place(url, lineNumber) {
  if (url === '') return ''
  return `${url.replace(/^file:\/\//, '').replace(/^.*\/(?=(?:src|dist|node_modules)\/)/, '')}:${lineNumber + 1}`
}

import { isHandler } from './cpu-profile.mjs'

/** What takes less of the whole than this is left out. */
const SHARE_MIN = 0.0005

/** A page of its own, without anything from elsewhere, that shows a call tree as a flame graph: click to look closer. */
export function flamePage(title, tree) {
  const shown = pruned(tree, tree.totalMs * SHARE_MIN)
  const data = JSON.stringify(shown).replaceAll('<', '\\u003c')
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title><style>
body { font: 12px system-ui, sans-serif; margin: 1em; background: #fff; color: #222 }
h1 { font-size: 15px } #flame { position: relative } #about { height: 1.5em }
.frame { position: absolute; height: 17px; overflow: hidden; white-space: nowrap; box-sizing: border-box;
  border: 1px solid #fff; border-radius: 2px; padding: 0 3px; cursor: pointer; background: #f6c28b }
.frame.handler { background: #7fb8e6; font-weight: 600 } .frame.asleep { background: #e4e4e4; color: #777 }
.frame:hover { border-color: #222 } .frame:focus-visible { outline: 2px solid #222 }
</style></head><body>
<h1>${escaped(title)}</h1>
<p>Width is time; callers are above what they call. Blue: handlers of actors. Click or Enter on a frame to look closer.</p>
<p id="about"></p><div id="flame"></div>
<script>
const tree = ${data}
const flame = document.getElementById('flame'), about = document.getElementById('about')
const ms = (value) => value.toFixed(1) + ' ms'
function show(top, above) {
  flame.replaceChildren()
  let depthMax = 0
  const add = (node, left, width, depth, path) => {
    depthMax = Math.max(depthMax, depth)
    const frame = document.createElement('div')
    frame.className = 'frame ' + node.kind
    frame.style.cssText = 'left:' + left + '%;width:' + width + '%;top:' + depth * 18 + 'px'
    frame.textContent = node.name
    frame.tabIndex = 0
    frame.title = node.name + ' ' + node.where + '\\n' + ms(node.totalMs) + ' in all, ' + ms(node.selfMs) + ' itself, ' +
      (100 * node.totalMs / tree.totalMs).toFixed(1) + ' %'
    frame.onmouseenter = frame.onfocus = () => { about.textContent = frame.title.replace('\\n', ': ') }
    frame.onclick = () => show(node, path)
    frame.onkeydown = (event) => { if (event.key === 'Enter') show(node, path) }
    flame.append(frame)
    if (depth < path.length) return
    let at = left
    for (const child of node.children) {
      const share = width * child.totalMs / node.totalMs
      if (share > 0.1) add(child, at, share, depth + 1, [...path, node])
      at += share
    }
  }
  above.forEach((node, depth) => add(node, 0, 100, depth, above.slice(0, depth)))
  flame.lastChild === null ? add(top, 0, 100, 0, []) : add(top, 0, 100, above.length, above)
  flame.style.height = (depthMax + 1) * 18 + 'px'
}
show(tree, [])
</script></body></html>
`
}

/** The page that leads to the others. */
export function indexPage(threads) {
  const rows = threads.map(({ title, page, busyMs, sampledMs, handlers }) => {
    const top = handlers.slice(0, 5).map(({ name, totalMs }) => `${escaped(name)} ${totalMs.toFixed(0)} ms`)
    const share = sampledMs === 0 ? 0 : (100 * busyMs) / sampledMs
    return `<tr><td><a href="${encodeURI(page)}">${escaped(title)}</a></td><td>${share.toFixed(1)} %</td><td>${top.join('<br>')}</td></tr>`
  })
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Threads</title><style>
body { font: 13px system-ui, sans-serif; margin: 1em } td, th { text-align: left; vertical-align: top; padding: 3px 12px }
</style></head><body><h1>Threads</h1>
<table><tr><th>thread</th><th>busy</th><th>handlers</th></tr>
${rows.join('\n')}
</table></body></html>
`
}

function pruned(node, leastMs) {
  const children = node.children.filter((child) => child.totalMs >= leastMs).map((child) => pruned(child, leastMs))
  const kind = isHandler(node) ? 'handler' : /^\((idle|program|garbage collector)\)$/.test(node.name) ? 'asleep' : ''
  return { ...node, selfMs: round(node.selfMs), totalMs: round(node.totalMs), kind, children }
}

const round = (value) => Math.round(value * 100) / 100

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}

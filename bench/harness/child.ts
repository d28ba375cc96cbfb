import type { Work, WorkSize } from './bench-case.ts'
import { formatOutcome } from './outcome-line.ts'

/**
 * The process in which one program runs once: `node child.js MODULE-URL WORK SIZE-JSON TIME-LIMIT-MS`. It ends itself at the
 * time limit too, so that nothing is left behind when the harness was killed.
 */
async function main([moduleUrl, workName, sizeJson, timeLimitMs]: string[]): Promise<void> {
  if (moduleUrl === undefined || workName === undefined || sizeJson === undefined) {
    throw new Error('usage: child.js MODULE-URL WORK SIZE-JSON TIME-LIMIT-MS')
  }
  setTimeout(() => process.exit(3), Number(timeLimitMs)).unref()
  const module = (await import(moduleUrl)) as { works?: Record<string, Work<WorkSize>> }
  const work = module.works?.[workName]
  if (work === undefined) throw new Error(`${moduleUrl} exports no work '${workName}'`)
  const outcome = await work(JSON.parse(sizeJson) as WorkSize)
  process.stdout.write(formatOutcome(outcome), () => process.exit(0))
}

await main(process.argv.slice(2))

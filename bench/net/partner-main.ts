import { parentPort, workerData } from 'node:worker_threads'
import type { PartnerAnswer, PartnerCall, PartnerRole } from './partner.ts'

/** The process or thread of a partner: starts its end and does what it is called for. */
async function main({ moduleUrl, role, args: roleArgs }: PartnerRole): Promise<void> {
  const module = (await import(moduleUrl)) as { ends?: Record<string, (...args: unknown[]) => Promise<object>> }
  const start = module.ends?.[role]
  if (start === undefined) throw new Error(`${moduleUrl} exports no end '${role}'`)
  const end = (await start(...roleArgs)) as Record<string, (...args: unknown[]) => Promise<unknown>>
  onCall(({ id, method, args }) => {
    end[method]!(...args).then(
      (value) => answer({ id, value }),
      (error) => answer({ id, error: String(error) }),
    )
  })
  answer({ id: 0 })
}

function onCall(listener: (call: PartnerCall) => void): void {
  if (parentPort !== null) {
    parentPort.on('message', listener)
    return
  }
  process.on('message', listener as (message: unknown) => void)
  process.once('disconnect', () => process.exit(0))
}

function answer(message: PartnerAnswer): void {
  if (parentPort === null) process.send!(message)
  else parentPort.postMessage(message)
}

await main(parentPort === null ? (JSON.parse(process.argv[2]!) as PartnerRole) : (workerData as PartnerRole))

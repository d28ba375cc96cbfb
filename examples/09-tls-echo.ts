// prints: HELLO
// prints: a client that does not trust the authority is refused
// prints: reloaded: the new certificates are no use, the old ones stay: io
//
// An echo over TLS, a client that knows the authority, one that does not, and certificates that are read again while connections
// are open. The certificates lie in examples/tls.

import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSystem, type TroupeError } from 'troupe'
import { dial, listen } from 'troupe/actors'
import { Client, Witness } from './chat.actor.ts'
import { Shouter } from './shouter.actor.ts'

// The working directory of an example is the project's.
const folder = mkdtempSync(join(tmpdir(), 'troupe-tls-'))
for (const file of ['ca.pem', 'server.pem', 'server-key.pem'])
  copyFileSync(join('examples/tls', file), join(folder, file))
const file = (name: string): string => join(folder, name)

const system = await createSystem({ threads: 2, log: 'silent' }) // the stranger's failure is expected
const certificate = `certFile=${file('server.pem')}&keyFile=${file('server-key.pem')}`
const listener = listen(system, Shouter, `tls://127.0.0.1:0?${certificate}`, [])
const [address] = (await listener.ask.endpoint()).split('?')

const witness = system.spawn(Witness, [])
dial(system, Client, `${address}?caFile=${file('ca.pem')}`, ['hello', witness])
console.log(...(await witness.ask.lines(1)))

const stranger = dial(system, Client, `${address}`, ['hello', witness], { restart: 'temporary' })
await stranger.ready().catch(() => console.log('a client that does not trust the authority is refused'))

rmSync(file('server.pem'))
const refusal = (await listener.ask.reloadCertificates()) as TroupeError | undefined
console.log(`reloaded: the new certificates are no use, the old ones stay: ${refusal?.code}`)

await system.shutdown()
rmSync(folder, { recursive: true })

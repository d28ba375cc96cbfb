// prints: * Ada is here
// prints: * Ben is here
// prints: Ada: hello
// prints: Ben: hello yourself
// prints: * Ben has left
//
// A room behind a Unix socket: each line that somebody says goes to all who are there. Try it by hand with
// `troupe send unix:///tmp/room.sock --framing line`, which sends what is typed and prints what comes.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSystem } from 'troupe'
import { dial, listen } from 'troupe/actors'
import { Client, Room, Visitor, Witness } from './chat.actor.ts'

const folder = mkdtempSync(join(tmpdir(), 'troupe-chat-'))
const system = await createSystem({ threads: 2 })
const link = { framing: { kind: 'line', messageBytesMax: 1_000 } } as const

const room = system.spawn(Room, [], { name: 'room' })
const door = listen(system, Visitor, `unix://${join(folder, 'room.sock')}`, [room], { link })
const url = await door.ask.endpoint()

const [heardByAda, heardByBen] = [system.spawn(Witness, []), system.spawn(Witness, [])]
const ada = dial(system, Client, url, ['Ada', heardByAda], { link })
await heardByAda.ask.lines(1)
const ben = dial(system, Client, url, ['Ben', heardByBen], { link })
await heardByAda.ask.lines(2)
ada.tell.say('hello')
await heardByBen.ask.lines(2)
ben.tell.say('hello yourself')
await heardByBen.ask.lines(3)
ben.tell.endLink()

for (const line of await heardByAda.ask.lines(5)) console.log(line)

await system.shutdown()
rmSync(folder, { recursive: true })

import { type ActorRef, implement } from 'troupe'
import { implementConnection } from 'troupe/actors'

export interface VisitorProtocol {
  /** Sends a line to whom this connection leads to. */
  show(line: string): void
}

export interface RoomProtocol {
  enter(name: string, visitor: ActorRef<VisitorProtocol>): void
  say(name: string, text: string): void
  leave(name: string): void
}

/** Who is there; what one says, all hear. */
export const Room = implement<RoomProtocol>()({
  name: 'Room',
  module: import.meta.url,
  start: () => ({ visitors: new Map<string, ActorRef<VisitorProtocol>>() }),
  on: {
    enter({ state }, name, visitor) {
      state.visitors.set(name, visitor)
      tellAll(state.visitors, `* ${name} is here`)
    },
    say: ({ state }, name, text) => tellAll(state.visitors, `${name}: ${text}`),
    leave({ state }, name) {
      if (state.visitors.delete(name)) tellAll(state.visitors, `* ${name} has left`)
    },
  },
})

function tellAll(visitors: ReadonlyMap<string, ActorRef<VisitorProtocol>>, line: string): void {
  for (const visitor of visitors.values()) visitor.tell.show(line)
}

interface VisitorState {
  readonly room: ActorRef<RoomProtocol>
  readonly show: (line: string) => void
  name: string | undefined
}

/** The server's side of one connection. The first line is the visitor's name. */
export const Visitor = implementConnection<VisitorProtocol>()({
  name: 'Visitor',
  module: import.meta.url,
  start: (_self, link, room: ActorRef<RoomProtocol>): VisitorState => ({
    room,
    show: (line) => void link.send(Buffer.from(line)),
    name: undefined,
  }),
  frame({ state, ref }, _link, message) {
    const text = Buffer.from(message).toString()
    if (state.name !== undefined) return void state.room.tell.say(state.name, text)
    state.name = text
    state.room.tell.enter(text, ref)
  },
  closed({ state }) {
    if (state.name !== undefined) state.room.tell.leave(state.name)
  },
  on: {
    show: ({ state }, line) => state.show(line),
  },
})

export interface ClientProtocol {
  say(text: string): void
}

export interface WitnessProtocol {
  heard(line: string): void
  /** Resolves with all lines when there are so many. */
  lines(count: number): Promise<readonly string[]>
}

/** Remembers what a client hears; who asks for more lines than there are waits for them. */
export const Witness = implement<WitnessProtocol>()({
  name: 'Witness',
  module: import.meta.url,
  concurrency: 2, // lines go on coming while somebody waits for them
  start: () => ({ lines: [] as string[], onLine: () => {} }),
  on: {
    heard({ state }, line) {
      state.lines.push(line)
      state.onLine()
    },
    lines: ({ state }, count) =>
      new Promise((resolve) => {
        state.onLine = () => {
          if (state.lines.length >= count) resolve(state.lines)
        }
        state.onLine()
      }),
  },
})

/** A visitor's side: gives its name, says what it is told to, passes on what it hears. */
export const Client = implementConnection<ClientProtocol>()({
  name: 'Client',
  module: import.meta.url,
  start(_self, link, name: string, witness: ActorRef<WitnessProtocol>) {
    link.send(Buffer.from(name))
    return { say: (text: string) => void link.send(Buffer.from(text)), witness }
  },
  frame: ({ state }, _link, message) => void state.witness.tell.heard(Buffer.from(message).toString()),
  on: {
    say: ({ state }, text) => state.say(text),
  },
})

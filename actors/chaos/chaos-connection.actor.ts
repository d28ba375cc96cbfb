import { type TroupeError, UnreachableError } from 'troupe'
import { implementConnection } from '../connection/implement-connection.ts'
import type { Link } from '../connection/link.ts'
import { RawFraming } from '../connection/raw-framing.ts'
import { type ChaosHub, chaosHubs } from './chaos-hub.ts'
import type { ChaosPair } from './chaos-pair.ts'

interface State {
  readonly pair: ChaosPair
  readonly link: Link
}

interface WithState {
  readonly state: State
}

const near = {
  module: import.meta.url,
  start(_self: unknown, link: Link, hubKey: string): State {
    const pair = hubOf(hubKey).accepted()
    pair.opened('near', link)
    return { pair, link }
  },
  frame: ({ state }: WithState, _link: Link, message: Uint8Array) => state.pair.take('near', message),
  ended: ({ state }: WithState) => state.pair.ended('near'),
  closed: ({ state }: WithState, _link: Link, error: TroupeError | undefined) =>
    state.pair.closed('near', error !== undefined),
  on: {},
  // Whoever stops it wants it gone, not sent.
  stop({ state }: WithState) {
    state.link.reset()
    state.pair.closed('near', true)
  },
}

const far = {
  module: import.meta.url,
  start(_self: unknown, link: Link, hubKey: string, number: number): State {
    const pair = hubOf(hubKey).pair(number)
    if (pair === undefined) throw new UnreachableError('connection-closed', 'the other connection is gone')
    pair.opened('far', link)
    return { pair, link }
  },
  frame: ({ state }: WithState, _link: Link, message: Uint8Array) => state.pair.take('far', message),
  ended: ({ state }: WithState) => state.pair.ended('far'),
  closed: ({ state }: WithState, _link: Link, error: TroupeError | undefined) =>
    state.pair.closed('far', error !== undefined),
  on: {},
  stop({ state }: WithState) {
    state.link.reset()
    state.pair.closed('far', true)
  },
}

/** A connection that a chaos actor has accepted; the framing is an option of its link. */
export const ChaosNear = implementConnection()({ ...near, name: 'ChaosNear' })
/** The one that it has dialled for that. */
export const ChaosFar = implementConnection()({ ...far, name: 'ChaosFar' })
/** The same for bytes that are no messages. */
export const RawChaosNear = implementConnection()({ ...near, name: 'RawChaosNear', framing: () => new RawFraming() })
export const RawChaosFar = implementConnection()({ ...far, name: 'RawChaosFar', framing: () => new RawFraming() })

function hubOf(key: string): ChaosHub {
  const hub = chaosHubs.get(key)
  if (hub === undefined) throw new UnreachableError('connection-closed', 'the chaos actor has ended')
  return hub
}

import type { ReadStream } from 'node:tty'

export type KeyAction = 'toggle-group' | 'kill-thread' | 'more-loss' | 'less-loss' | 'quit'

const CTRL_C = '\x03'
const CTRL_D = '\x04'

const actions: Readonly<Record<string, KeyAction>> = {
  g: 'toggle-group',
  k: 'kill-thread',
  '+': 'more-loss',
  '=': 'more-loss', // + without shift
  '-': 'less-loss',
  q: 'quit',
  [CTRL_D]: 'quit',
}

/** What a terminal needs of standard input. */
export type KeyInput = Pick<ReadStream, 'setRawMode' | 'on' | 'off' | 'pause' | 'resume'> & { readonly isTTY?: boolean }

/**
 * Calls `act` for each key that means something, until the function that it answers is called. Does nothing where standard input is no
 * terminal. In raw mode Ctrl-C is a key like others: `interrupt` does then what the signal would.
 */
export function listenToKeys(input: KeyInput, act: (action: KeyAction) => void, interrupt: () => void): () => void {
  if (input.isTTY !== true) return () => {}
  const onData = (keys: Buffer | string) => {
    for (const key of String(keys)) {
      if (key === CTRL_C) interrupt()
      else if (Object.hasOwn(actions, key)) act(actions[key]!)
    }
  }
  input.setRawMode(true)
  input.on('data', onData)
  input.resume()
  return () => {
    input.off('data', onData)
    input.setRawMode(false)
    input.pause()
  }
}

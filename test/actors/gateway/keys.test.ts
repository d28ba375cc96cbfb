import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { type KeyAction, type KeyInput, listenToKeys } from '#actors/gateway/keys'

class Terminal extends EventEmitter {
  readonly isTTY: boolean
  isRaw = false
  isPaused = true

  constructor(isTTY = true) {
    super()
    this.isTTY = isTTY
  }

  setRawMode(isRaw: boolean): void {
    this.isRaw = isRaw
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
  }
}

function listen(terminal: Terminal) {
  const seen: (KeyAction | 'interrupt')[] = []
  const stop = listenToKeys(
    terminal as unknown as KeyInput,
    (action) => void seen.push(action),
    () => void seen.push('interrupt'),
  )
  return { seen, stop }
}

describe('keys', () => {
  it.each([
    ['g', 'toggle-group'],
    ['k', 'kill-thread'],
    ['+', 'more-loss'],
    ['=', 'more-loss'],
    ['-', 'less-loss'],
    ['q', 'quit'],
    ['\x04', 'quit'],
    ['\x03', 'interrupt'],
  ])('%j means %s', (key, action) => {
    const terminal = new Terminal()
    const { seen } = listen(terminal)
    terminal.emit('data', Buffer.from(key))
    expect(seen).toEqual([action])
  })

  it('are told one by one when several come in one read, and those without a meaning are not', () => {
    const terminal = new Terminal()
    const { seen } = listen(terminal)
    terminal.emit('data', Buffer.from('k\x1b[A?gtoString'))
    expect(seen).toEqual(['kill-thread', 'toggle-group', 'toggle-group'])
  })

  it('leave the terminal as it was', () => {
    const terminal = new Terminal()
    const { seen, stop } = listen(terminal)
    expect([terminal.isRaw, terminal.isPaused]).toEqual([true, false])
    stop()
    terminal.emit('data', Buffer.from('k'))
    expect([terminal.isRaw, terminal.isPaused, seen]).toEqual([false, true, []])
  })

  it('are not listened to where there is no terminal', () => {
    const terminal = new Terminal(false)
    const { stop } = listen(terminal)
    stop()
    expect([terminal.isRaw, terminal.isPaused, terminal.listenerCount('data')]).toEqual([false, true, 0])
  })
})

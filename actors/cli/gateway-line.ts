import { UsageError } from 'troupe'
import type { CyncCommand } from '../device/cync/command.ts'
import { lightShows } from '../device/cync/light-show.ts'
import type { CommandRequest, CommandTarget } from '../device/gateway/command-request.ts'

/** How a command is written, for help and errors. */
export const COMMAND_FORMS = [
  '[home H] VERB ADDRESS VALUE [confirm], or with group N, all, or controller ID in front of the verb, and no address',
  'power on|off, brightness 1-100, white 0-100, rgb R G B, show NAME, fade 0-100 MS',
  'query, for the states of all devices of a home',
] as const

const verbs: readonly string[] = ['power', 'brightness', 'white', 'rgb', 'show', 'fade']

type Place = Pick<CommandTarget, 'home'>

/**
 * One line of commands: `power 12 on`, `group 3 brightness 40`, `home kitchen all rgb 255 0 0`, `controller 257 power off confirm`. Throws
 * `UsageError` (`invalid-line`).
 */
export function parseCommandLine(line: string): CommandRequest {
  const words = new Words(line)
  const home = words.take('home') ? words.next('the name of a home') : undefined
  const place = home === undefined ? {} : { home }
  const request = requestOf(words, place)
  const confirm = words.take('confirm')
  words.end()
  return confirm ? { ...request, confirm } : request
}

function requestOf(words: Words, place: Place): CommandRequest {
  if (words.take('query')) {
    const command = { kind: 'mesh-query' } as const
    return place.home === undefined ? { command } : { command, to: { kind: 'broadcast', ...place } }
  }
  const target = manyOf(words, place)
  const verb = words.next('a verb')
  if (!verbs.includes(verb)) throw refusal(`there is no verb '${verb}'`)
  const to = target ?? { kind: 'device', meshAddress: words.number('a mesh address'), ...place }
  return { to, command: commandOf(verb, words) }
}

function manyOf(words: Words, place: Place): CommandTarget | undefined {
  if (words.take('group')) return { kind: 'group', group: words.number('the number of a group'), ...place }
  if (words.take('all')) return { kind: 'broadcast', ...place }
  if (words.take('controller')) return { kind: 'controller', deviceId: words.number('the device id of a controller') }
  return undefined
}

function commandOf(verb: string, words: Words): CyncCommand {
  switch (verb) {
    case 'power':
      return { kind: 'power', isOn: words.choice(['on', 'off']) === 'on' }
    case 'brightness':
      return { kind: 'brightness', brightness: words.number('a brightness') }
    case 'white':
      return { kind: 'white', temperature: words.number('a white temperature') }
    case 'rgb':
      return { kind: 'rgb', rgb: [words.number('red'), words.number('green'), words.number('blue')] }
    case 'show':
      return { kind: 'light-show', show: words.choice(lightShows) }
    case 'fade':
      return { kind: 'fade', brightness: words.number('a brightness'), durationMs: words.number('milliseconds') }
    default:
      throw refusal(`there is no verb '${verb}'`)
  }
}

class Words {
  readonly #words: string[]

  constructor(line: string) {
    this.#words = line.trim().split(/\s+/)
  }

  take(word: string): boolean {
    if (this.#words[0] !== word) return false
    this.#words.shift()
    return true
  }

  next(what: string): string {
    const word = this.#words.shift()
    if (word === undefined || word === '') throw refusal(`${what} is missing`)
    return word
  }

  /** Decimal, or hexadecimal behind `0x`. Its range is checked with the command. */
  number(what: string): number {
    const word = this.next(what)
    if (/^(\d{1,10}(\.\d{1,3})?|0x[\da-f]{1,8})$/i.test(word)) return Number(word)
    throw refusal(`${what} must be a number, got '${word}'`)
  }

  choice<T extends string>(choices: readonly T[]): T {
    const word = this.next(`one of ${choices.join(', ')}`)
    const found = choices.find((choice) => choice === word)
    if (found === undefined) throw refusal(`'${word}' must be one of ${choices.join(', ')}`)
    return found
  }

  end(): void {
    if (this.#words.length > 0) throw refusal(`'${this.#words.join(' ')}' is too much`)
  }
}

function refusal(text: string): UsageError {
  return new UsageError('invalid-line', `${text}; a command is ${COMMAND_FORMS.join('; ')}`)
}
